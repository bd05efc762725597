import { describe, expect, it } from "vitest";
import { isEmptyFile } from "../../src/edit/parse.ts";
import { removeKey } from "../../src/edit/remove.ts";
import { textOf, whyOf } from "./read.ts";

describe("removeKey in block maps", () => {
  it("takes the line and the comments directly above, and leaves the rest alone", () => {
    const before = "a: 1 # one\n# about b\n# more\nb: 2\n# about c\nc: 3\n";
    expect(textOf(removeKey(before, ["b"]))).toBe("a: 1 # one\n# about c\nc: 3\n");
  });

  it("keeps a comment that stands apart, in another column, or opens the file", () => {
    expect(textOf(removeKey("# head\na: 1\nb: 2\n", ["a"]))).toBe("# head\nb: 2\n");
    expect(textOf(removeKey("a: 1\n# section\n\nb: 2\nc: 3\n", ["b"]))).toBe("a: 1\n# section\n\nc: 3\n");
    expect(textOf(removeKey("a:\n  x: 1\n  # tail of a\nb: 2\n", ["b"]))).toBe("a:\n  x: 1\n  # tail of a\n");
    const modeline = "---\n# yaml-language-server: $schema=x\n# about a\na: 1\nb: 2\n";
    expect(textOf(removeKey(modeline, ["a"]))).toBe("---\n# yaml-language-server: $schema=x\nb: 2\n");
  });

  it("takes a whole subtree with its comments, and one of two gaps", () => {
    const before = "a: 1\n\n# b\nb:\n  # inside\n  c: |\n    x\n\n    y\n  d: [1,\n    2]\n  # tail\n\ne: 1\n";
    expect(textOf(removeKey(before, ["b"]))).toBe("a: 1\n\ne: 1\n");
  });

  it("takes maps that became empty with it", () => {
    const before = "x: 1\na:\n  # why\n  b:\n    c: 1\n";
    expect(textOf(removeKey(before, ["a", "b", "c"]))).toBe("x: 1\n");
  });

  it("may leave an empty file", () => {
    const text = textOf(removeKey("# staging\nfeatures:\n  beta: true\n", ["features", "beta"]));
    expect(text).toBe("# staging\n");
    expect(isEmptyFile(text)).toBe(true);
    expect(isEmptyFile("a: 1\n")).toBe(false);
  });

  it("keeps blank lines that belong to the value above", () => {
    expect(textOf(removeKey("a: |+\n  x\n\nb: 1\n\nc: 1\n", ["b"]))).toBe("a: |+\n  x\n\nc: 1\n");
    expect(textOf(removeKey("a: |+\n  x\n\nb: 1\n", ["b"]))).toBe("a: |+\n  x\n\n");
  });

  it("finds quoted keys and keys with dots", () => {
    expect(textOf(removeKey("\"a.b/c\": 1\n'd': 2\n", ["a.b/c"]))).toBe("'d': 2\n");
  });
});

describe("removeKey in flow maps", () => {
  it.each([
    ["p: { min: 2, max: 10 } # c\n", "min", "p: { max: 10 } # c\n"],
    ["p: { min: 2, max: 10 } # c\n", "max", "p: { min: 2 } # c\n"],
    ["p: {min: 2,max: 10,x}\n", "max", "p: {min: 2,x}\n"],
    ["p: {min: 2,max: 10,x}\n", "x", "p: {min: 2,max: 10}\n"],
    ["p: {\n  a: 1, # one\n  # about b\n  b: 2,\n  c: 3\n  }\n", "b", "p: {\n  a: 1, # one\n  c: 3\n  }\n"],
    ["p: {\n  a: 1, # one\n  c: 3 # three\n  }\n", "c", "p: {\n  a: 1, # one\n  }\n"],
  ])("%j without %s", (before, key, after) => {
    expect(textOf(removeKey(before, ["p", key]))).toBe(after);
  });

  it("takes the whole map with its last key", () => {
    expect(textOf(removeKey("a: 1\np: { max: 10 }\n", ["p", "max"]))).toBe("a: 1\n");
    expect(textOf(removeKey("{ p: { max: 10 } }\n", ["p", "max"]))).toBe("{  }\n");
  });
});

describe("removeKey refuses", () => {
  it.each([
    ["what is not there", "a: 1\n", ["b"], "not in the file"],
    ["a path into a list", "a: [1]\n", ["a", "0"], "list"],
    ["a path through an alias", "x: &x {b: 1, c: 2}\na: *x\n", ["a", "b"], "alias"],
    ["a value that an alias repeats", "x: &x {b: 1, c: 2}\na: *x\n", ["x", "b"], "other values too"],
    ["an anchor that is in use", "x: &x {b: 1}\na: *x\n", ["x"], "not be valid YAML"],
    ["a file with a mistake", "a: 1\na: 2\n", ["a"], "cannot be edited as it is"],
  ])("%s", (_, text, path, why) => {
    expect(whyOf(removeKey(text, path))).toContain(why);
  });
});
