/** Secrets as text in an editor: any value comes back as it was, and nothing that is wrong is quoted. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Sealed } from "../../src/secret.ts";
import { editText, readEdited } from "../../src/secrets/edited.ts";

const NAMES = ["db", "api-key", "_x", "yes", "null", "n"];
const sealed = (values: Readonly<Record<string, string>>): Map<string, Sealed> =>
  new Map(Object.entries(values).map(([name, value]) => [name, new Sealed(value)]));
const back = (text: string): unknown => {
  const read = readEdited(text, NAMES);
  if ("faults" in read) return read.faults;
  return Object.fromEntries([...read.values].map(([name, value]) => [name, value.reveal()]));
};
const there = (values: Readonly<Record<string, string>>): string => editText(sealed(values), { title: "T", open: [] });

describe("the text for the editor", () => {
  it("gives back any value", () => {
    const pieces = fc.constantFrom(
      "\n",
      " ",
      "#",
      " #",
      ": ",
      "|",
      "'",
      '"',
      "\\",
      "\t",
      "\r\n",
      "&",
      "*x",
      "- ",
      "é",
      "\u2028",
      "a",
      "0",
      "%",
      "{{",
    );
    const value = fc.oneof(
      fc.string({ minLength: 1, unit: "grapheme" }),
      fc.array(pieces, { minLength: 1 }).map((all) => all.join("")),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...NAMES), value), (values) => {
        fc.pre(Object.keys(values).length > 0);
        expect(back(there(values))).toEqual({ ...values });
      }),
      { numRuns: 2000 },
    );
  });

  it("shows what has lines as lines, and words as they are", () => {
    expect(there({ db: "a b", "api-key": "one\ntwo\n", _x: "one\ntwo", n: "true" }).replace(/^#.*\n/gmu, "")).toBe(
      'db: a b\napi-key: |\n  one\n  two\n_x: |-\n  one\n  two\nn: "true"\n',
    );
  });
});

describe("what people make of it", () => {
  it("is text, whatever YAML would make of it elsewhere", () => {
    expect(back("db: 007\nn: yes\nyes: ~\nnull: 1e3\n_x: 'it''s'\napi-key: >-\n  a\n  b\n")).toEqual({
      db: "007",
      n: "yes",
      yes: "~",
      null: "1e3",
      _x: "it's",
      "api-key": "a b",
    });
  });

  it("is refused with the line alone where it is wrong", () => {
    const faults = back("db: hidden-1\nhidden-2: x\nn: [hidden-3]\n_x:\n");
    expect(faults).toMatchObject([{ line: 2 }, { line: 3 }, { line: 4 }]);
    expect(JSON.stringify(faults)).not.toContain("hidden");
    expect(back("hidden-1")).toEqual([{ line: undefined, message: "this is no list of names and values" }]);
    expect(back("db: a\n---\nn: b\n")).toMatchObject([{ message: expect.stringContaining("not YAML") }]);
  });
});
