/** One text for one value, and its digest: the same on every machine and in every version of Node. */
import { describe, expect, it } from "vitest";
import { canonicalJson, digest, sha256 } from "../src/canonical.ts";

describe("canonical JSON", () => {
  it.each([
    [null, "null"],
    [true, "true"],
    [1.5, "1.5"],
    ['a\n\u2028"', '"a\\n\u2028\\""'],
    [[], "[]"],
    [[3, [1, null], "x"], '[3,[1,null],"x"]'],
    [{}, "{}"],
    [{ b: 1, a: { d: [], c: {} }, B: 2, "10": 3, "9": 4 }, '{"10":3,"9":4,"B":2,"a":{"c":{},"d":[]},"b":1}'],
    // By UTF-16 code unit: a surrogate pair comes before U+FF5E.
    [{ "\uff5e": 1, "\u{1f389}": 2 }, '{"\u{1f389}":2,"\uff5e":1}'],
  ])("of %j", (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });
});

describe("digests", () => {
  // printf 'grün' | sha256sum; the same bytes in base64url.
  it("are SHA-256 of the UTF-8 text, in hexadecimal or the first 128 bits of it", () => {
    expect(sha256("grün")).toBe("fe263064ba02eaeac482aaf1309553779bdb78e385cb1374654de293e191d785");
    expect(digest("grün")).toBe("_iYwZLoC6urEgqrxMJVTd5");
    expect(digest("")).toBe("47DEQpj8HBSa-_TImW-5JC");
  });
});
