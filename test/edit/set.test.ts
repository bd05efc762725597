import { describe, expect, it } from "vitest";
import { setValue } from "../../src/edit/set.ts";
import { read, textOf, whyOf } from "./read.ts";

const BASE = `# orders, the values of most places
# yaml-language-server: $schema=./schema.yaml
http:   # public
  port: 8080
  timeout_ms: 3000 # milliseconds

# the main database
database:
  host: "{{env}}.db"
  user: 'orders'
  pool: { min: 2, max: 10 } # load test of May
  # read_host: later

hosts:
  - a
  - b
`;

/** Lines of `after` that `before` does not have, and the other way round. */
function changed(before: string, after: string): { minus: string[]; plus: string[] } {
  const [left, right] = [before.split("\n"), after.split("\n")];
  return { minus: left.filter((line) => !right.includes(line)), plus: right.filter((line) => !left.includes(line)) };
}

describe("setValue on a key that exists", () => {
  it.each([
    ["http.port", 9090, ["  port: 8080"], ["  port: 9090"]],
    ["http.timeout_ms", 1200, ["  timeout_ms: 3000 # milliseconds"], ["  timeout_ms: 1200 # milliseconds"]],
    ["database.host", "db.example.com", ['  host: "{{env}}.db"'], ['  host: "db.example.com"']],
    ["database.user", "it's", ["  user: 'orders'"], ["  user: 'it''s'"]],
    [
      "database.pool.max",
      40,
      ["  pool: { min: 2, max: 10 } # load test of May"],
      ["  pool: { min: 2, max: 40 } # load test of May"],
    ],
    ["database.pool", null, ["  pool: { min: 2, max: 10 } # load test of May"], ["  pool: null # load test of May"]],
    ["hosts", "none", ["hosts:", "  - a", "  - b"], ["hosts: none"]],
    ["hosts", ["c", "on"], ["  - a", "  - b"], ["  - c", '  - "on"']],
  ])("%s: only its own characters change", (path, value, minus, plus) => {
    const text = textOf(setValue(BASE, path.split("."), value));
    expect(changed(BASE, text)).toEqual({ minus, plus });
  });

  it("replaces a map by a value and keeps the comment on the line of the key", () => {
    const text = textOf(setValue(BASE, ["http"], false));
    expect(text).toContain("\nhttp: false   # public\n\n# the main database\n");
  });

  it("replaces a value by a map below the key", () => {
    const text = textOf(setValue(BASE, ["http", "timeout_ms"], { read: 1, write: [{ a: 1 }] }));
    expect(text).toContain("  timeout_ms: # milliseconds\n    read: 1\n    write:\n      - a: 1\n");
  });

  it("writes text of several lines as a block, and replaces such a block", () => {
    const pem = textOf(setValue(BASE, ["database", "user"], "-----BEGIN\nabc\n"));
    expect(pem).toContain("  user: |\n    -----BEGIN\n    abc\n  pool:");
    expect(textOf(setValue(pem, ["database", "user"], "orders"))).toContain("  user: orders\n  pool:");
  });

  it("fills a key that has no value, also in a flow map", () => {
    expect(textOf(setValue("a: # soon\nb: 1\n", ["a"], "x"))).toBe("a: x # soon\nb: 1\n");
    expect(textOf(setValue("a: {b, c: }\n", ["a", "b"], 1))).toBe("a: {b: 1, c: }\n");
    expect(textOf(setValue("a: {b, c: }\n", ["a", "c"], 1))).toBe("a: {b, c: 1 }\n");
  });
});

describe("setValue on a key that does not exist", () => {
  it("adds it below its brothers, in their column, before the comments that follow", () => {
    const text = textOf(setValue(BASE, ["http", "host"], "::1"));
    expect(text).toContain('  timeout_ms: 3000 # milliseconds\n  host: "::1"\n\n# the main database\n');
  });

  it("adds it to a flow map, and makes the maps on the way", () => {
    const text = textOf(setValue(BASE, ["database", "pool", "idle", "seconds"], 30));
    expect(text).toContain("pool: { min: 2, max: 10, idle: { seconds: 30 } } # load test of May");
    expect(textOf(setValue(BASE, ["logging", "level"], "debug"))).toMatch(/ {2}- b\nlogging:\n {2}level: debug\n$/u);
  });

  it("uses the indentation of the file", () => {
    const wide = "a:\n    b: 1\nl:\n- x\n";
    expect(textOf(setValue(wide, ["c", "d"], [{ e: 1 }]))).toBe(`${wide}c:\n    d:\n    - e: 1\n`);
  });

  it("starts an empty file, keeping its comments", () => {
    expect(textOf(setValue("", ["a", "b"], 1))).toBe("a:\n  b: 1\n");
    expect(textOf(setValue("# why: #12", ["a"], "no"))).toBe('# why: #12\na: "no"\n');
    expect(textOf(setValue("---\n", ["a"], 1))).toBe("---\na: 1\n");
    expect(textOf(setValue("{}\n", ["a", "b"], 1))).toBe("a:\n  b: 1\n");
  });

  it("takes a null on the way for an empty map", () => {
    expect(textOf(setValue("a:\n  # later\nb: ~\n", ["a", "x"], 1))).toBe("a:\n  x: 1\n  # later\nb: ~\n");
    expect(textOf(setValue("a: null # off\n", ["a", "x"], 1))).toBe("a: # off\n  x: 1\n");
  });

  it("keeps Windows line ends and a missing line end", () => {
    expect(textOf(setValue("a: 1\r\nb:\r\n  c: 1\r\n", ["b", "d"], 2))).toBe("a: 1\r\nb:\r\n  c: 1\r\n  d: 2\r\n");
    expect(textOf(setValue("a: 1", ["b"], 2))).toBe("a: 1\nb: 2");
  });

  it("does not reach into a block scalar that stands before", () => {
    const keep = "a: |+\n  x\n\n\nb: 1\n";
    expect(read(textOf(setValue(keep, ["c"], 1)))).toEqual({ a: "x\n\n\n", b: 1, c: 1 });
    expect(textOf(setValue("m:\n  a: |\n    x\n\nb: 1\n", ["m", "c"], 2))).toBe("m:\n  a: |\n    x\n  c: 2\n\nb: 1\n");
    expect(read(textOf(setValue("m:\n  a: |+\n    x\n\nb: 1\n", ["m", "c"], 2)))).toEqual({
      m: { a: "x\n\n", c: 2 },
      b: 1,
    });
  });
});

describe("setValue refuses", () => {
  it.each([
    ["a path into a list", "a: [1]\n", ["a", "0"], "list"],
    ["a path into a value", "a: 1\n", ["a", "b"], "not a map"],
    ["a path through an alias", "x: &x {b: 1}\na: *x\n", ["a", "b"], "alias"],
    ["a value that an alias repeats", "x: &x {b: 1}\na: *x\n", ["x", "b"], "other values too"],
    ["a file with a mistake", "a: [1\n", ["b"], "cannot be edited as it is"],
    ["a file of two documents", "a: 1\n---\nb: 1\n", ["a"], "more than one"],
    ["a list at the top", "- a\n", ["a"], "not a map"],
    ["__proto__", "a: 1\n", ["__proto__", "x"], "cannot be a key"],
    ["an anchor that would go away", "a: &x 1\nb:\n  c: *x\n", ["a"], "other values too"],
  ])("%s", (_, text, path, why) => {
    expect(whyOf(setValue(text, path, 2))).toContain(why);
  });

  it("numbers that JSON does not know", () => {
    expect(whyOf(setValue("a: 1\n", ["a"], Number.NaN))).toContain("number");
  });
});
