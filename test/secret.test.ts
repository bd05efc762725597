/** Whatever is done with a secret but revealing it, its text does not come out. */
import { format, inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { holdsSecret, isSecret, onlySecret, Sealed, secret, SECRET_TEXT, secretsIn } from "../src/secret.ts";
import { sure } from "../src/sure.ts";

const CANARY = "c4nary";
const use = (name: string, through: readonly string[] = []) => ({ secret: name, through }) as never;

describe("a secret", () => {
  it.each<[string, { toString(): string }]>([
    ["a value", secret([CANARY, use("db")])],
    ["a sealed text", new Sealed(CANARY)],
  ])("as %s prints as nothing but that", (_, one) => {
    for (const text of [one.toString(), format("%s", one), JSON.stringify({ one })])
      expect(text).toContain(SECRET_TEXT);
    expect(JSON.stringify([one])).not.toContain(CANARY);
    if (one instanceof Sealed)
      for (const text of [inspect(one), format("%s %o", one, one), inspect({ deep: [one] }, { showHidden: true })])
        expect(text).not.toContain(CANARY);
  });

  it("gives its text only when it is revealed", () => {
    expect(new Sealed(CANARY).reveal()).toBe(CANARY);
    expect(Object.keys(new Sealed(CANARY))).toEqual([]);
  });

  it("is found wherever it stands", () => {
    const one = secret(["user:", use("a"), "@", use("b")]);
    expect([one, [1, one], { x: { y: [one] } }].map(holdsSecret)).toEqual([true, true, true]);
    expect([null, "text", 1, [], {}, { x: ["(secret)"] }].map((value) => holdsSecret(value))).toEqual(
      Array.from({ length: 6 }, () => false),
    );
    expect(secretsIn({ x: [one, "text", null], y: secret([use("c")]) })).toEqual(["a", "b", "c"]);
    expect([secretsIn("text"), secretsIn(null)]).toEqual([[], []]);
    expect([isSecret(one), isSecret(new Sealed(CANARY)), isSecret(null), isSecret("x")]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it("is only itself where nothing is beside it, and no helper is between", () => {
    expect(onlySecret(secret([use("a")]))).toBe("a");
    expect(onlySecret(secret([use("a", ["base64"])]))).toBeUndefined();
    expect(onlySecret(secret(["x", use("a")]))).toBeUndefined();
    expect(onlySecret(secret(["x"]))).toBeUndefined();
    expect(onlySecret("a")).toBeUndefined();
  });
});

describe("what must be there", () => {
  it("is given as it is, also where it is nothing much", () => {
    for (const value of [0, "", false, "x"]) expect(sure(value, "it")).toBe(value);
  });

  it.each([undefined, null])("and is %s is a fault of ours that names it", (nothing) => {
    expect(() => sure(nothing, "the version of /a")).toThrow("the version of /a is missing where it cannot be");
    expect(() => sure(nothing, "it")).toThrow(expect.objectContaining({ code: "INTERNAL" }) as Error);
  });
});
