/** The part of the contract about what a read gives back: nothing more, nothing less, nothing bent. */
import { describe, expect, it } from "vitest";
import type { Entry, Key } from "../../src/model.ts";
import {
  apply,
  failureOf,
  group,
  look,
  nextHead,
  put,
  putSecret,
  readAll,
  remove,
  run,
  versionOf,
} from "./contract-moves.ts";
import type { Harness } from "./contract-moves.ts";

/** Names that some store, somewhere, has bent, merged or lost. */
const SEGMENTS = [
  "with.dots.",
  ".hidden",
  "UPPER_lower-9",
  "with space",
  " leading and trailing ",
  "ünïcødé-日本語-🙂",
  "100%",
  "%2E",
  "%2E%2E",
  "%2F",
  'it\'s "quoted"',
  "back`tick$(x);|&<>*?",
  "colon:at@equals=comma,plus+hash#",
  "[brackets]{braces}~tilde^",
  "tab\tinside",
  "nul",
  "COM1.txt",
  "__proto__",
  "constructor",
  "-rf",
  "index.json",
  "head",
  "%self",
  "x".repeat(200),
  "é".repeat(120),
];

const TEXTS = {
  empty: "",
  space: " ",
  newline: "\n",
  lines: "first\nsecond\n",
  windows: "first\r\nsecond\r\n",
  unicode: "ünïcødé 日本語 🙂 \u200b \ufeff",
  byteOrderMark: "\ufefftext",
  json: '{"a":[1,2.50,null,"\\u0000"]}',
  quotes: `'"\`$(id)\\`,
  long: "0123456789".repeat(10_000),
};

const texts = (entries: ReadonlyMap<Key, Entry>) => new Map([...entries].map(([key, entry]) => [key, entry.value]));

export function describeReading(harness: () => Harness): void {
  describe("read", () => {
    it("gives nothing where nothing is", async () => {
      const h = harness();
      expect(await readAll(h.store, { prefixes: [h.prefix], keys: [`${h.prefix}missing`] })).toEqual(new Map());
    });

    it("sees what a person wrote, changed and deleted", async () => {
      const h = harness();
      const [a, b] = [`${h.prefix}app/a`, `${h.prefix}app/b`];
      await h.handPut(a, "1");
      await h.handPut(b, "1");
      const first = await look(h);
      expect(texts(first.entries)).toEqual(
        new Map([
          [a, "1"],
          [b, "1"],
        ]),
      );
      await h.handPut(a, "2");
      await h.handDelete(b);
      const second = await look(h);
      expect(second.entries.get(a)?.value).toBe("2");
      expect(versionOf(second, a)).not.toBe(versionOf(first, a));
      expect(second.entries.has(b)).toBe(false);
      expect((await look(h)).entries).toEqual(second.entries);
    });

    it("keeps siblings of a prefix out", async () => {
      const h = harness();
      const keys = ["x/a", "x/y/b", "xy", "xy/a", "x", "w/a"].map((name) => h.prefix + name);
      await apply(h, { app: keys.map((key) => put(key, key)) });
      const found = await readAll(h.store, { prefixes: [`${h.prefix}x/`] });
      expect([...found.keys()].toSorted()).toEqual([`${h.prefix}x/a`, `${h.prefix}x/y/b`]);
      const two = await readAll(h.store, { prefixes: [`${h.prefix}xy/`, `${h.prefix}w/`, `${h.prefix}none/`] });
      expect([...two.keys()].toSorted()).toEqual([`${h.prefix}w/a`, `${h.prefix}xy/a`]);
    });

    it("reads exact keys, and leaves a missing one out", async () => {
      const h = harness();
      const [a, deep] = [`${h.prefix}app/a`, `${h.prefix}app/a/b/c`];
      await apply(h, { app: [put(a, "1"), put(deep, "2"), put(`${h.prefix}app/ab`, "3")] });
      const found = await readAll(h.store, {
        keys: [a, deep, `${h.prefix}app`, `${h.prefix}app/a/b`, `${h.prefix}app/nothing`],
        prefixes: [`${h.prefix}app/a/b/`],
      });
      expect(texts(found)).toEqual(
        new Map([
          [a, "1"],
          [deep, "2"],
        ]),
      );
    });

    it("holds a key that is also the parent of others", async () => {
      const h = harness();
      const [a, b, c] = [`${h.prefix}app/a`, `${h.prefix}app/a/b`, `${h.prefix}app/a/b/c`];
      let known = await apply(h, { app: [put(b, "b")] });
      known = await apply(h, { app: [put(a, "a"), put(c, "c")] });
      expect(texts(known.entries)).toEqual(
        new Map([
          [a, "a"],
          [b, "b"],
          [c, "c"],
        ]),
      );
      known = await apply(h, { app: [remove(b, versionOf(known, b)), put(a, "A", versionOf(known, a))] });
      expect([...known.entries.keys()].toSorted()).toEqual([a, c]);
      known = await apply(h, { app: [remove(c, versionOf(known, c))] });
      expect(texts(known.entries)).toEqual(new Map([[a, "A"]]));
      known = await apply(h, { app: [put(b, "again"), remove(a, versionOf(known, a))] });
      expect(texts(known.entries)).toEqual(new Map([[b, "again"]]));
    });

    it("holds unusual keys unbent", async () => {
      const h = harness();
      const keys = SEGMENTS.flatMap((segment) => [`${h.prefix}odd/${segment}`, `${h.prefix}odd/in/${segment}/leaf`]);
      const taken = keys.filter((key) => h.limits.refuses({ key, secret: false }, "x") === undefined);
      expect(taken.length).toBeGreaterThan(20);
      const known = await apply(h, { app: taken.map((key) => put(key, `text of ${key}`)) });
      expect(texts(known.entries)).toEqual(new Map(taken.map((key) => [key, `text of ${key}`])));
      const raw = await h.readRaw(`${h.prefix}odd/`);
      expect(raw).toEqual(new Map(taken.map((key) => [key, `text of ${key}`])));
      const exact = await readAll(h.store, { keys: taken });
      expect([...exact.keys()].toSorted()).toEqual(taken.toSorted());
      const empty = await apply(h, { app: taken.map((key) => remove(key, versionOf(known, key))) });
      expect(empty.entries.size).toBe(0);
    });

    it("never loses one of two keys that look alike", async () => {
      const h = harness();
      const twins = ["twin/Key", "twin/key", "twin/caf\u00e9", "twin/cafe\u0301"].map((name) => h.prefix + name);
      const known = await look(h);
      const events = await run(h, nextHead(h, known), [
        group(
          h,
          known,
          "app",
          twins.map((key) => put(key, key)),
        ),
      ]);
      const after = (await look(h)).entries;
      if (events[0]?.kind === "failed") expect(after.size).toBe(0);
      else expect(texts(after)).toEqual(new Map(twins.map((key) => [key, key])));
    });

    it("holds unusual texts unbent", async () => {
      const h = harness();
      const all = Object.entries(TEXTS).map(([name, text]) => [`${h.prefix}text/${name}`, text] as const);
      const taken = all.filter(([key, text]) => h.limits.refuses({ key, secret: false }, text) === undefined);
      expect(taken.length).toBeGreaterThan(5);
      const known = await apply(h, { app: taken.map(([key, text]) => put(key, text)) });
      expect(texts(known.entries)).toEqual(new Map(taken));
      expect(await h.readRaw(`${h.prefix}text/`)).toEqual(new Map(taken));
    });

    it("gives values of secrets only when asked for them", async () => {
      const h = harness();
      const [plain, hidden] = [`${h.prefix}app/plain`, `${h.prefix}app/hidden`];
      await apply(h, { app: [put(plain, "open"), putSecret(hidden, "s3cr3t")] });
      const secretKeys = new Set<Key>([hidden]);
      for (const where of [{ prefixes: [`${h.prefix}app/`] }, { keys: [plain, hidden] }]) {
        const versions = await readAll(h.store, { ...where, secrets: "versions", secretKeys });
        expect(versions.get(plain)).toMatchObject({ secret: false, value: "open" });
        expect(versions.get(hidden)).toMatchObject({ secret: true });
        expect(versions.get(hidden)).not.toHaveProperty("value");
        expect(JSON.stringify([...versions])).not.toContain("s3cr3t");
        const values = await readAll(h.store, { ...where, secrets: "values", secretKeys });
        expect(values.get(hidden)).toMatchObject({ secret: true, value: "s3cr3t" });
        expect(values.get(hidden)?.version).toBe(versions.get(hidden)?.version);
      }
      expect((await h.readRaw(`${h.prefix}app/`)).get(hidden)).toBe("s3cr3t");
    });

    it("fails rather than look like a shorter store", async () => {
      const h = harness();
      await apply(h, { app: [put(`${h.prefix}app/a`, "1")] });
      await h.failReads();
      await failureOf(readAll(h.store, { prefixes: [h.prefix] }));
      await failureOf(readAll(h.store, { keys: [`${h.prefix}app/a`] }));
    });

    it("that was aborted fails", async () => {
      const h = harness();
      await apply(h, { app: [put(`${h.prefix}app/a`, "1")] });
      await failureOf(readAll(h.store, { prefixes: [h.prefix] }, AbortSignal.abort()), "INTERRUPTED");
    });
  });
}
