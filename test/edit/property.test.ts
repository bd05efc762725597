import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quoteTemplates } from "../../src/edit/quote.ts";
import { removeKey } from "../../src/edit/remove.ts";
import { setValue } from "../../src/edit/set.ts";
import type { KeyPath, Plain } from "../../src/model.ts";
import { type Drawn, TRICKY, documents, scalars } from "./documents.ts";
import { read, readOld, textOf } from "./read.ts";

const RUNS = { numRuns: 400 };

function set(value: Plain, path: KeyPath, leaf: Plain): Plain {
  const [key, ...rest] = path;
  if (key === undefined) return leaf;
  const map = (typeof value === "object" && value !== null ? value : {}) as { [key: string]: Plain };
  return { ...map, [key]: set(map[key] ?? null, rest, leaf) };
}

function drop(value: Plain, path: KeyPath): Plain {
  const map = value as { [key: string]: Plain };
  const [key = "", ...rest] = path;
  const { [key]: mine, ...others } = map;
  if (rest.length === 0) return others;
  const inner = drop(mine ?? null, rest) as { [key: string]: Plain };
  return Object.keys(inner).length === 0 ? others : { ...map, [key]: inner };
}

const under = (path: KeyPath, key: KeyPath | undefined) =>
  key !== undefined && path.every((part, i) => part === key[i]);

/** Comments that are not about the key or anything in it. */
function elsewhere(drawn: Drawn, path: KeyPath): string[] {
  return drawn.comments.filter(({ key }) => !under(path, key)).map(({ text }) => text);
}

/** The shortest path that goes when the key goes: maps that become empty go too. */
function goes(value: Plain, path: KeyPath): KeyPath {
  let cut = path.length;
  while (cut > 1 && Object.keys(at(value, path.slice(0, cut - 1)) as object).length === 1) cut--;
  return path.slice(0, cut);
}

function at(value: Plain, path: KeyPath): Plain {
  return path.reduce((map, key) => (map as { [key: string]: Plain })[key] ?? null, value);
}

const drawnWithKey = documents.chain((drawn) =>
  fc.record({ drawn: fc.constant(drawn), path: fc.constantFrom(...drawn.keys) }),
);

describe("random documents", () => {
  it("are what their generator says", () => {
    fc.assert(
      fc.property(documents, (drawn) => {
        expect(read(drawn.text)).toEqual(drawn.value);
      }),
      RUNS,
    );
  });

  it("setValue on an existing key changes that value and no comment elsewhere", () => {
    fc.assert(
      fc.property(drawnWithKey, scalars, ({ drawn, path }, value) => {
        const text = textOf(setValue(drawn.text, path, value));
        expect(read(text)).toEqual(set(drawn.value, path, value));
        for (const comment of elsewhere(drawn, path)) expect(text).toContain(comment);
      }),
      RUNS,
    );
  });

  it("setValue on a new key keeps every line that was there", () => {
    const added = fc.constantFrom<Plain>("x", 1, ["p", "q"], { m: { n: [{ o: 1 }] } }, {}, [], "l1\nl2");
    fc.assert(
      fc.property(documents, fc.nat(), fc.boolean(), added, ({ text, value, keys, comments }, n, deep, leaf) => {
        const maps = [[], ...keys.filter((key) => isMap(at(value, key)))];
        const path = [...(maps[n % maps.length] ?? []), "new", ...(deep ? ["deeper"] : [])];
        const edited = textOf(setValue(text, path, leaf));
        expect(read(edited)).toEqual(set(value, path, leaf));
        for (const comment of comments) expect(edited).toContain(comment.text);
        const lines = text.split("\n").filter((line) => !edited.split("\n").includes(line));
        // A flow map grows in its own line; a last line may get a line end.
        expect(lines.length).toBeLessThanOrEqual(1);
        expect(text.includes("\r\n")).toBe(edited.includes("\r\n") && !/[^\r]\n/u.test(edited.replaceAll("\r\n", "")));
      }),
      RUNS,
    );
  });

  it("setValue and back again gives the same value", () => {
    fc.assert(
      fc.property(drawnWithKey, scalars, ({ drawn, path }, value) => {
        const there = textOf(setValue(drawn.text, path, value));
        const back = textOf(setValue(there, path, at(drawn.value, path)));
        expect(read(back)).toEqual(drawn.value);
      }),
      RUNS,
    );
  });

  it("removeKey drops the key, what became empty, and no comment elsewhere", () => {
    fc.assert(
      fc.property(drawnWithKey, ({ drawn, path }) => {
        const text = textOf(removeKey(drawn.text, path));
        expect(read(text)).toEqual(drop(drawn.value, path));
        const gone = goes(drawn.value, path);
        for (const comment of elsewhere(drawn, gone)) expect(text).toContain(comment);
        for (const { text: comment, key } of drawn.comments) if (under(gone, key)) expect(text).not.toContain(comment);
      }),
      RUNS,
    );
  });

  it("quoteTemplates changes no value that could be read, and is done after one time", () => {
    fc.assert(
      fc.property(documents, (drawn) => {
        const once = textOf(quoteTemplates(drawn.text));
        expect(read(once)).toEqual(drawn.value);
        expect(textOf(quoteTemplates(once))).toBe(once);
      }),
      RUNS,
    );
  });

  it("quoteTemplates restores the quotes of templates that lost them", () => {
    fc.assert(
      fc.property(documents, (drawn) => {
        const bare = drawn.text.replaceAll('"{{env}}.db"', "{{env}}.db").replaceAll("'{{env}}.db'", "{{env}}.db");
        expect(read(textOf(quoteTemplates(bare)))).toEqual(drawn.value);
      }),
      RUNS,
    );
  });
});

describe("strings", () => {
  it.each(TRICKY)("%j is the same for every dialect, in blocks and in flow", (text) => {
    const block = textOf(setValue("a: 1\n", ["a"], text));
    expect([read(block), readOld(block)]).toEqual([{ a: text }, { a: text }]);
    const flow = textOf(setValue("m: { a: 1 }\n", ["m", "a"], text));
    expect([read(flow), readOld(flow)]).toEqual([{ m: { a: text } }, { m: { a: text } }]);
    if (text === "__proto__") return;
    const key = textOf(setValue("a: 1\n", [text], 1));
    expect([read(key), readOld(key)]).toEqual([
      { a: 1, [text]: 1 },
      { a: 1, [text]: 1 },
    ]);
  });

  it("any text survives, for YAML 1.2 and 1.1 readers alike", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[\d.:_+\-exob]{1,6}$/u)), (text) => {
        const yaml = textOf(setValue("", ["a"], text));
        expect(read(yaml)).toEqual({ a: text });
        expect(readOld(yaml)).toEqual({ a: text });
      }),
      RUNS,
    );
  });
});

describe("numbers", () => {
  it("are the same for YAML 1.2 and 1.1 readers", () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })), (n) => {
        fc.pre(!Object.is(n, -0));
        const yaml = textOf(setValue("", ["a"], n));
        expect(read(yaml)).toEqual({ a: n });
        expect(readOld(yaml)).toEqual({ a: n });
      }),
      RUNS,
    );
  });
});

function isMap(value: Plain): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
