/** How values are made up: fair, of the length and characters asked for. */
import { randomBytes } from "node:crypto";
import { assert, constantFrom, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { couldBeMade, makeValue } from "../../src/secrets/generate.ts";

const DIGITS = { length: 20, alphabet: "0123456789", version: 1 };

describe("a made value", () => {
  it("throws away bytes that would favour some characters", () => {
    // 250 to 255 would make 0 to 5 more likely than 6 to 9.
    const bytes = [255, 250, 249, 3, 0, 251, 10, 13];
    const random = (count: number) => Uint8Array.from({ length: count }, () => bytes.shift() ?? 7);
    expect(makeValue(DIGITS, random).reveal()).toBe("93003".concat("7".repeat(15)));
  });

  it("asks for more bytes until it has enough", () => {
    let calls = 0;
    const random = (count: number) => new Uint8Array(count).fill(++calls === 1 ? 255 : 4);
    expect(makeValue(DIGITS, random).reveal()).toBe("4".repeat(20));
    expect(calls).toBe(2);
  });

  it("has every character about equally often", () => {
    const text = makeValue({ length: 100_000, alphabet: "alphanumeric" }, (count) => randomBytes(count)).reveal();
    const counts = new Map<string, number>();
    for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
    expect(counts.size).toBe(62);
    // 1,613 are expected of each; eight standard deviations away is no accident.
    for (const count of counts.values()) expect(Math.abs(count - 1613)).toBeLessThan(8 * 40);
  });

  it("is always one that could have been made like this, and says nothing when printed", () => {
    const alphabets = constantFrom("alphanumeric", "hex", "base64url", "printable", "!#abc", "0123456789");
    assert(
      property(alphabets, integer({ min: 1, max: 200 }), (alphabet, length) => {
        const sealed = makeValue({ alphabet, length }, (count) => randomBytes(count));
        expect(couldBeMade(sealed.reveal(), { alphabet, length, version: 1 })).toBe(true);
        expect(sealed.reveal()).not.toMatch(/["'\\`${}\s]/u);
        expect(couldBeMade(`${sealed.reveal()}x`, { alphabet, length, version: 1 })).toBe(false);
        expect(`${String(sealed)}${JSON.stringify(sealed)}`).toBe('(secret)"(secret)"');
      }),
      { numRuns: 60 },
    );
    expect(couldBeMade("abcdefg", { alphabet: "hex", length: 7, version: 1 })).toBe(false);
  });
});
