/** Where age keys and recipients are found. */
import { describe, expect, it } from "vitest";
import { ageIdentities } from "../../src/secrets/sops/identities.ts";
import { creationRule } from "../../src/secrets/sops/rules.ts";

const files =
  (content: Readonly<Record<string, string>>) =>
  (path: string): Promise<string> =>
    Object.hasOwn(content, path)
      ? Promise.resolve(content[path] ?? "")
      : Promise.reject(Object.assign(new Error(`no ${path}`), { code: "ENOENT" }));

describe("ageIdentities", () => {
  const content = {
    "/keys.txt": "# created: today\n# public key: age1abc\nAGE-SECRET-KEY-1FILE\n",
    "/home/me/.config/sops/age/keys.txt": "AGE-SECRET-KEY-1USUAL\r\nAGE-SECRET-KEY-1SECOND\r\n",
    "/locked.txt": "-----BEGIN AGE ENCRYPTED FILE-----\nAAAA\n",
  };

  it("takes the variables and the usual file, in this order", async () => {
    const env = { HOME: "/home/me", SOPS_AGE_KEY: "AGE-SECRET-KEY-1DIRECT", SOPS_AGE_KEY_FILE: "/keys.txt" };
    expect(await ageIdentities(env, files(content), "linux")).toEqual([
      "AGE-SECRET-KEY-1DIRECT",
      "AGE-SECRET-KEY-1FILE",
      "AGE-SECRET-KEY-1USUAL",
      "AGE-SECRET-KEY-1SECOND",
    ]);
  });

  it("finds none where there is none, and knows where systems keep settings", async () => {
    expect(await ageIdentities({}, files({}), "linux")).toEqual([]);
    const key = "AGE-SECRET-KEY-1X";
    const there = (path: string): ((path: string) => Promise<string>) => files({ [path]: key });
    const mac = "/Users/me/Library/Application Support/sops/age/keys.txt";
    expect(await ageIdentities({ HOME: "/Users/me" }, there(mac), "darwin")).toEqual([key]);
    expect(await ageIdentities({ APPDATA: "C:/d" }, there("C:/d/sops/age/keys.txt"), "win32")).toEqual([key]);
    const xdg = { HOME: "/home/me", XDG_CONFIG_HOME: "/c" };
    expect(await ageIdentities(xdg, there("/c/sops/age/keys.txt"), "linux")).toEqual([key]);
  });

  it("asks a command, without a shell", async () => {
    const print = `"${process.execPath}" -e 'console.log("AGE-SECRET-KEY-1" + process.argv[1])' "a b;\\"$HOME\\""`;
    expect(await ageIdentities({ SOPS_AGE_KEY_CMD: print }, files({}), "linux")).toEqual(["AGE-SECRET-KEY-1a"]);
  });

  it("says what is wrong with a file or command, and shows no key", async () => {
    const failing = (env: Readonly<Record<string, string>>): Promise<string[]> =>
      ageIdentities(env, files(content), "linux");
    await expect(failing({ SOPS_AGE_KEY_FILE: "/nowhere" })).rejects.toMatchObject({ code: "MISSING" });
    await expect(failing({ SOPS_AGE_KEY_FILE: "/locked.txt" })).rejects.toMatchObject({ code: "DENIED" });
    await expect(failing({ SOPS_AGE_KEY_CMD: "no-such-program-7311" })).rejects.toMatchObject({
      code: "MISSING",
      message: expect.stringContaining("did not start (ENOENT)"),
    });
    const wrong = `"${process.execPath}" -e 'console.log("AGE-SECRET-KEY-1Z"); process.exit(3)'`;
    await expect(failing({ SOPS_AGE_KEY_CMD: wrong })).rejects.toMatchObject({
      message: "The command in SOPS_AGE_KEY_CMD gave no age key: it ended with 3.",
    });
    await expect(failing({ SOPS_AGE_KEY_CMD: "echo 'x" })).rejects.toMatchObject({ code: "MISSING" });
  });
});

describe("creationRule", () => {
  const rule = (text: string, path = "apps/orders/prod.sops.yaml"): ReturnType<typeof creationRule> =>
    creationRule({ path: ".sops.yaml", text }, path);

  it("takes the first rule whose path fits", () => {
    const text = `creation_rules:
  - path_regex: \\.dev\\.sops\\.yaml$
    age: age1dev
  - path_regex: prod\\.sops\\.yaml$
    age: age1one, age1two
    kms: arn:aws:kms:eu-west-1:123456789012:key/abc
    encrypted_regex: ^(a|b)$
  - age: age1rest
`;
    expect(rule(text)).toEqual({
      rule: {
        recipients: ["age1one", "age1two", "arn:aws:kms:eu-west-1:123456789012:key/abc"],
        selector: { name: "encrypted_regex", text: "^(a|b)$" },
      },
    });
    expect(rule(text, "x.yaml")).toEqual({ rule: { recipients: ["age1rest"], selector: undefined } });
  });

  it("takes one key group, and none where nothing fits", () => {
    const group = "creation_rules: [{ key_groups: [{ age: [age1one], kms: [{ arn: 'arn:aws:kms:x' }] }] }]";
    expect(rule(group)).toEqual({ rule: { recipients: ["age1one", "arn:aws:kms:x"], selector: undefined } });
    expect(rule("creation_rules: [{ path_regex: nowhere, age: age1one }]")).toEqual({ rule: undefined });
  });

  it("takes several key groups, with their threshold, and what KMS is to be asked with", () => {
    const two =
      "creation_rules: [{ THRESHOLD key_groups: [{ age: [age1one] }, { kms: [{ arn: a, role: r, context: { k: v } }] }] }]";
    const groups = [["age1one"], [{ arn: "a", role: "r", context: { k: "v" } }]];
    expect(rule(two.replace("THRESHOLD", ""))).toEqual({ rule: { recipients: { groups, threshold: 2 } } });
    for (const wrong of [1, 3, "x"])
      expect(rule(two.replace("THRESHOLD", `shamir_threshold: ${wrong},`))).toMatchObject({
        problems: [{ code: "TU4006" }],
      });
    const role = "creation_rules: [{ aws_profile: p, kms: 'arn:aws:kms:x+arn:aws:iam::1:role/r, arn:aws:kms:y' }]";
    expect(rule(role)).toEqual({
      rule: {
        recipients: [
          { arn: "arn:aws:kms:x", role: "arn:aws:iam::1:role/r", profile: "p" },
          { arn: "arn:aws:kms:y", profile: "p" },
        ],
      },
    });
  });

  it("refuses what it would have to leave out", () => {
    for (const text of [
      "creation_rules: [{ pgp: ABCDEF, age: age1one }]",
      "creation_rules: [{ key_groups: [{ age: [age1one], merge: [{ age: [age1two] }] }] }]",
      "creation_rules: [{ kms: [{ role: r }] }]",
      "creation_rules: [{ age: age1one, mac_only_encrypted: true }]",
      "creation_rules: [{ age: age1one, encrypted_regex: a, encrypted_suffix: b }]",
      "creation_rules: [{ path_regex: '(?=x)', age: age1one }]",
      "creation_rules: 1",
      "a: [",
    ])
      expect(rule(text), text).toMatchObject({ problems: [{ code: "TU4006", at: { file: ".sops.yaml" } }] });
  });
});
