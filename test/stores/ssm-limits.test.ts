import { describe, expect, it } from "vitest";
import { ssm } from "../../src/stores/ssm/ssm.ts";

const refuses = (key: string, text: string | undefined = "x", secret = false): string | undefined => {
  const why = ssm.limits.refuses({ key, secret }, text);
  if (why !== undefined) expect(why.fix.length).toBeGreaterThan(10);
  return why?.message;
};

describe("SSM takes", () => {
  it.each([
    "/app/prod/orders/http.port",
    "/a/b",
    "/a/awsome/ssm",
    "/UPPER_lower-9/x",
    `/${Array.from({ length: 15 }, () => "l").join("/")}`,
    `/a/${"x".repeat(948)}`,
  ])("the name %s", (key) => expect(refuses(key)).toBeUndefined());

  it.each([" ", "\n", "x".repeat(8192), "é".repeat(4096), "{ {", "${{", '{"a":{"b":1}}'])("a text", (text) => {
    if (text.includes("{{")) expect(refuses("/a/b", text)).toMatch(/reference/u);
    else expect(refuses("/a/b", text)).toBeUndefined();
  });

  it("a secret whose text is not known yet", () => expect(refuses("/a/b", undefined, true)).toBeUndefined());
});

describe("SSM refuses, offline and with a fix,", () => {
  it.each([
    ["app/a", /slash/u],
    ["/a b/c", /" "/u],
    ["/a/ünï", /"ü"/u],
    ["/a/x:1", /":"/u],
    ["/a//b", /empty level/u],
    ["/a/./b", /dots/u],
    ["/a/b/", /empty level/u],
    ["/aws/a", /keeps for itself/u],
    ["/AWSome/a", /keeps for itself/u],
    ["/ssm-settings/a", /keeps for itself/u],
    [`/${Array.from({ length: 16 }, () => "l").join("/")}`, /16 levels/u],
    [`/a/${"x".repeat(949)}`, /952 characters/u],
  ])("the name %s", (key, message) => expect(refuses(key)).toMatch(message));

  it.each([
    ["", /empty/u],
    ["Hello {{name}}", /reference/u],
    ["{{ssm:/other/password}}", /reference/u],
    ["x".repeat(8193), /8193 bytes/u],
    ["é".repeat(4097), /8194 bytes/u],
    ["a\0b", /not text/u],
    ["\ud800", /not text/u],
    ["trueup:packed:1 x", /record of trueup/u],
  ])("a text", (text, message) => expect(refuses("/a/b", text)).toMatch(message));
});
