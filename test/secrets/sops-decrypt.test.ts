/** Files of the real `sops` are decrypted to what was put in, and only by who may. */
import { inspect } from "node:util";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type KeySource, type KmsRequest, decryptSops } from "../../src/secrets/sops/decrypt.ts";
import { Failure, isFailure } from "../../src/failure.ts";
import { floatText } from "../../src/secrets/sops/numbers.ts";
import { IDENTITIES, KEYS_ONE, RECIPIENTS, fixture } from "./sops-files.ts";

async function plain(name: string, keys: KeySource = KEYS_ONE): Promise<Record<string, string>> {
  const found = await decryptSops(fixture(name), keys);
  return Object.fromEntries([...found].map(([path, sealed]) => [path, sealed.reveal()]));
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isFailure(error)) throw new Error(`expected a Failure, got ${String(error)}`);
  return error;
}

const FLAT = { stripe_key: "sk_fixture_4242", db_password: "p@ss: word # {}", webhook_key: "third" };
const KMS_ARN = /arn:aws:kms:\S+/u.exec(fixture("kms.yaml").text)?.[0] ?? "";
const KMS_KEY = Buffer.from("uO79zZcpcsZYqrDdkga5o7VoHzOEa7CCy+Ur4OsHE2Q=", "base64");

describe("decryptSops", () => {
  it("reads YAML of many shapes", async () => {
    expect(await plain("shapes.yaml")).toEqual({
      plain: "hello",
      empty: "",
      yes_word: "yes",
      truth: "true",
      lie: "false",
      int: "42",
      negative: "-7",
      octal: "511",
      octal2: "15",
      hex: "31",
      binary: "5",
      underscore: "1000",
      eight: "8",
      padded: "1.1",
      exponent: "1500",
      tiny: "0.0000001",
      huge: "1000000000000000000000",
      big: "9007199254740993",
      beyond: "100000000000000000000",
      inf: "+Inf",
      negzero: "-0",
      quoted_int: "0123",
      date: "2024-01-02T00:00:00Z",
      time: "2024-01-02T03:04:05.12+02:00",
      unicode: "grüße 🔑 \u0000 日本 \u0007",
      multi: "-----BEGIN THING-----\nline two\n\nlast\n",
      folded: "one two",
      "nested.deeper.key": "value",
      'nested.deeper."dotted.key"': "1",
      'nested.deeper.""': "under empty",
      "list.0": "one",
      "list.1": "2",
      "list.2": "true",
      "list.3.deep.0": "x",
      "list.3.deep.1.0": "y",
      "list.3.deep.1.1": "z",
      "list.4": "",
      note_unencrypted: "readable",
      port_unencrypted: "16",
      when_unencrypted: "2024-01-02T03:04:05Z",
      float_unencrypted: "1.5",
      "group_unencrypted.a.0": "1",
      "group_unencrypted.a.1": "2.5",
      "group_unencrypted.a.2": "text",
      "group_unencrypted.a.3": "true",
    });
  });

  it("reads JSON of many shapes", async () => {
    expect(await plain("shapes.json")).toEqual({
      plain: "hello",
      empty: "",
      truth: "true",
      lie: "false",
      int: "42",
      odd: "150",
      neg0: "0",
      big: "9007199254740993",
      beyond: "100000000000000000000",
      float: "1.1",
      exp: "1000000000000000000000",
      tiny: "0.0000001",
      unicode: "grüße 🔑 \u0000 \u2028",
      esc: 'a"b\\c\nd\te/',
      "nested.deeper.key": "value",
      'nested.deeper."a.b"': "1",
      'nested.deeper."with:colon"': "c",
      "list.0": "one",
      "list.1": "2",
      "list.2": "true",
      "list.3.deep.0": "x",
      "list.3.deep.1.0": "y",
      "list.4": "",
      port_unencrypted: "8080",
      note_unencrypted: "tab\there",
    });
  });

  it.each([
    ["mac-only.yaml", "password"],
    ["unencrypted-regex.yaml", "password"],
    ["encrypted-suffix.yaml", "password_secret"],
  ])("respects the rule of %s", async (name, key) => {
    expect(await plain(name)).toEqual({
      [key]: "hunter2-fixture",
      user: "someone",
      [`db.${key}`]: "second-fixture",
      "db.host": "h.example.com",
    });
  });

  it("reads a file that decides by comments", async () => {
    expect(await plain("comment-regex.yaml")).toEqual({ password: "hidden-by-comment", user: "someone" });
  });

  it("reads numbers and times in any spelling as sops does, or the MAC would not fit", async () => {
    const found = await plain("spellings.yaml");
    expect(Object.keys(found).length).toBeGreaterThan(45);
    expect(found).toMatchObject({ secret: "of-spellings", k0_unencrypted: "511", k6_unencrypted: "8" });
  });

  it("opens a file with the key of any recipient", async () => {
    expect(await plain("flat.yaml", { ageIdentities: [IDENTITIES.stranger, IDENTITIES.two] })).toEqual(FLAT);
  });

  it("reads a file whose lines end as on Windows", async () => {
    const { path, text } = fixture("flat.yaml");
    const found = await decryptSops({ path, text: text.replaceAll("\n", "\r\n") }, KEYS_ONE);
    expect(found.get("webhook_key")?.reveal()).toBe("third");
  });

  it("needs as many key groups as the file says", async () => {
    const both = { ageIdentities: [IDENTITIES.one, IDENTITIES.two] };
    expect(await plain("groups.yaml", both)).toEqual(FLAT);
    const failure = await failureOf(decryptSops(fixture("groups.yaml"), KEYS_ONE));
    expect(failure).toMatchObject({ code: "DENIED" });
    expect(failure.details.join("\n")).toContain("2 of 2 key groups");
  });
});

describe("keys that do not fit", () => {
  it("names every recipient, and no key", async () => {
    const failure = await failureOf(decryptSops(fixture("flat.yaml"), { ageIdentities: [IDENTITIES.stranger] }));
    expect(failure).toMatchObject({ code: "DENIED", message: "No key at hand opens flat.yaml." });
    expect(failure.details).toEqual([`age ${RECIPIENTS.one}: no key fits`, `age ${RECIPIENTS.two}: no key fits`]);
    expect(inspect(failure, { depth: 9 })).not.toContain(IDENTITIES.stranger);
  });

  it("counts keys of kinds it cannot use without showing them", async () => {
    const broken = `${IDENTITIES.one.slice(0, -1)}Q`;
    const failure = await failureOf(decryptSops(fixture("flat.yaml"), { ageIdentities: [broken, "AGE-PLUGIN-X-1QQ"] }));
    expect(failure.details.join("\n")).toContain("2 of the age keys given cannot be used");
    expect(inspect(failure, { depth: 9 })).not.toContain(broken.slice(0, 30));
  });

  it.each([
    ["pgp", "fp: 0123456789ABCDEF"],
    ["gcp_kms", "resource_id: projects/p/locations/l/keyRings/r/cryptoKeys/k"],
    ["azure_kv", "vault_url: https://v.example.com"],
    ["hc_vault", "vault_address: https://v.example.com"],
  ])("names a recipient of kind %s, which it cannot ask", async (kind, field) => {
    const { path, text } = fixture("flat.yaml");
    const file = {
      path,
      text: text.replace(
        / {4}age:[\s\S]*(?= {4}lastmodified)/u,
        `    ${kind}:\n        - ${field}\n          enc: x\n`,
      ),
    };
    const failure = await failureOf(decryptSops(file, KEYS_ONE));
    expect(failure.code).toBe("DENIED");
    expect(failure.details.join("\n")).toContain(`${kind} ${field.replace(/^\w+: /u, "")}`);
    expect(failure.details.join("\n")).toContain("trueup cannot use keys of this kind");
  });
});

describe("AWS KMS", () => {
  it("asks with what the file says, and uses the answer", async () => {
    const requests: KmsRequest[] = [];
    const decryptKms = (request: KmsRequest): Promise<Uint8Array> => {
      requests.push(request);
      return Promise.resolve(KMS_KEY);
    };
    expect(await plain("kms.yaml", { ageIdentities: [], decryptKms })).toEqual(FLAT);
    const ciphertext = /enc: (\S+)/u.exec(fixture("kms.yaml").text)?.[1];
    expect(requests).toEqual([
      { arn: KMS_ARN, ciphertext, context: { app: "orders", env: "prod" }, region: "us-east-1" },
    ]);
  });

  it("says what KMS answered, in words that are ours", async () => {
    const refusing = (): Promise<Uint8Array> => Promise.reject(new Failure("DENIED", "kms:Decrypt is not allowed."));
    const ours = await failureOf(decryptSops(fixture("kms.yaml"), { ageIdentities: [], decryptKms: refusing }));
    expect(ours).toMatchObject({ code: "DENIED", details: [`kms ${KMS_ARN}: kms:Decrypt is not allowed.`] });
    const breaking = (): Promise<Uint8Array> => Promise.reject(new TypeError("holds c2VjcmV0"));
    const others = await failureOf(decryptSops(fixture("kms.yaml"), { ageIdentities: [], decryptKms: breaking }));
    expect(inspect(others, { depth: 9 })).not.toContain("c2VjcmV0");
    expect(others.details).toEqual([`kms ${KMS_ARN}: TypeError`]);
  });

  it("refuses a wrong answer", async () => {
    const wrong = { ageIdentities: [], decryptKms: () => Promise.resolve(new Uint8Array(32)) };
    expect(await failureOf(decryptSops(fixture("kms.yaml"), wrong))).toMatchObject({ code: "CORRUPT" });
    const short = { ageIdentities: [], decryptKms: () => Promise.resolve(new Uint8Array(16)) };
    expect(await failureOf(decryptSops(fixture("kms.yaml"), short))).toMatchObject({ code: "CORRUPT" });
  });

  it("says when KMS is not available", async () => {
    const failure = await failureOf(decryptSops(fixture("kms.yaml"), KEYS_ONE));
    expect(failure).toMatchObject({ code: "DENIED", details: [`kms ${KMS_ARN}: AWS KMS is not available here`] });
  });
});

describe("what is returned", () => {
  it("shows no value, however it is printed", async () => {
    const found = await decryptSops(fixture("flat.yaml"), KEYS_ONE);
    const shown = [
      JSON.stringify([...found]),
      inspect(found, { depth: 9, showHidden: true }),
      String([...found.values()]),
    ];
    for (const text of shown) for (const value of Object.values(FLAT)) expect(text).not.toContain(value);
  });
});

describe("floatText", () => {
  it("writes what reads back the same, without an exponent", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = floatText(value);
        expect(text).toMatch(/^-?\d+(?:\.\d+)?$/u);
        expect(Object.is(Number(text), value)).toBe(true);
      }),
    );
  });
});
