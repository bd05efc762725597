import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodePath, encodePath, encodeSegment, keyFault } from "../../../src/map/keys.ts";
import { formatPath, globMatcher, parsePath } from "../../../src/address.ts";
import { composeText, decomposeText, memberName, toEnvName } from "../../../src/setting.ts";
import type { Plain } from "../../../src/model.ts";

const segment = fc.oneof(
  fc.constantFrom("a", ".", "..", "...", "", "a.b", "a/b", "%", "%2F", "%25", "/", "é", '"', "a b"),
  fc.string({ maxLength: 8 }),
);

describe("physical keys", () => {
  it("carry any key path to the store and back", () => {
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 5 }), (path) => {
        expect(decodePath(encodePath(path))).toEqual(path);
      }),
    );
  });

  it("leave ordinary names as they are", () => {
    expect(encodePath(["ingress", "annotations", "alb.ingress.kubernetes.io/group.name"])).toBe(
      "ingress/annotations/alb.ingress.kubernetes.io%2Fgroup.name",
    );
    expect(encodeSegment("..")).toBe("%2E%2E");
    expect(encodeSegment("100%")).toBe("100%25");
    expect(encodeSegment("")).toBe("%");
  });

  it.each([
    ["/a/b", undefined],
    ["/a b/c", undefined],
    ["a", "does not start with a slash"],
    ["/a/", "ends with a slash"],
    ["/a//b", "has an empty level"],
    ["/a/./b", "has a level . or .."],
    ["/a/..", "has a level . or .."],
    ["/a/\u0000b", "has an invisible character, or a space at the edge of a level"],
    ["/a/ b", "has an invisible character, or a space at the edge of a level"],
    ["/a/\u202eb", "has an invisible character, or a space at the edge of a level"],
  ])("judges %j", (key, fault) => {
    expect(keyFault(key)).toBe(fault);
  });
});

describe("addresses", () => {
  it("write and read any path", () => {
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 5 }), (path) => {
        expect(parsePath(formatPath(path))).toEqual(path);
      }),
    );
  });
});

describe("globs", () => {
  it("mean what they say", () => {
    const cases = [
      ["*", "a", true], ["*", "a.b", false], ["**", "a.b\n", true], ["a*", "a", true], ["a.*", "a.", true], ["a.**.z", "a.b.c.z", true],
      ["a.**.z", "a.z", false], ["a?c", "a.c", false], ["a?c", "a😀c", true], ["***", "a.b", true], ["a+(b)", "a+(b)", true], ["*.x", ".x", true],
      ["", "", true], ["", "a", false], ["?", "", false], ["*b*", "aabaa", true], ["*b", "aba", false],
    ] as const; // prettier-ignore
    for (const [glob, text, matches] of cases)
      expect([glob, text, globMatcher(glob)(text)]).toEqual([glob, text, matches]);
  });

  it("mean what a regular expression would mean, where that ends", () => {
    const piece = fc.constantFrom("a", "b", ".", "*", "**", "?", "😀", "[", "\\");
    const glob = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(""));
    const text = fc.array(fc.constantFrom("a", "b", ".", "😀", "[", "\n"), { maxLength: 8 }).map((all) => all.join(""));
    const words: Record<string, string> = { "**": ".*", "*": "[^.]*", "?": "[^.]" };
    fc.assert(
      fc.property(glob, text, (pattern, given) => {
        const source = pattern
          .replace(/\*{3,}/gu, "**")
          .replace(/\*\*|\*|\?|[.[\\]/gu, (token) => words[token] ?? `\\${token}`);
        expect(globMatcher(pattern)(given)).toBe(new RegExp(`^${source}$`, "su").test(given));
      }),
      { numRuns: 2000 },
    );
  });

  it("take no longer than the glob times the text, however many stars", () => {
    const [matches, text] = [globMatcher(`${"*a".repeat(40)}*b`), "a".repeat(5000)];
    const before = process.cpuUsage();
    expect([matches(text), matches(`${text}b`)]).toEqual([false, true]);
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(1000);
  });
});

describe("texts of settings", () => {
  it("come apart into what they were made of, in every shape", () => {
    const value: fc.Arbitrary<Plain> = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(fc.integer(), { maxLength: 3 }),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.array(fc.constantFrom("x", "y.z", "w"), { minLength: 1, maxLength: 3 }), value), {
          maxLength: 5,
        }),
        fc.constantFrom("nested" as const, "dotted" as const),
        (pairs, shape) => {
          const form = { layout: "blob" as const, shape };
          const clash = pairs.some(([a], i) => pairs.some(([b], j) => i !== j && a.every((part, k) => part === b[k])));
          if (clash) return;
          const members = new Map(pairs.map(([path, item]) => [memberName(path, form), item]));
          expect(new Map(decomposeText(form, composeText(form, members)))).toEqual(members);
        },
      ),
    );
  });

  it("is not fooled by something else in the store", () => {
    const form = { layout: "blob" as const, shape: "nested" as const };
    expect(decomposeText(form, "not json")).toBeUndefined();
    expect(decomposeText(form, "[1]")).toBeUndefined();
    expect(decomposeText(form, "null")).toBeUndefined();
  });

  it.each([
    [["database", "pool", "max"], "DATABASE_POOL_MAX"],
    [["stripeKey"], "STRIPE_KEY"],
    [["OAUTH2_URL"], "OAUTH2_URL"],
    [["S3BUCKET"], "S3BUCKET"],
    [["a-b", "c.d"], "A_B_C_D"],
  ])("%j is %s in the environment", (path, name) => {
    expect(toEnvName(path)).toBe(name);
  });
});
