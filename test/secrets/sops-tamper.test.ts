/** SEC-10: whatever somebody changes in an encrypted file without its key is refused. */
import { inspect } from "node:util";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isFailure } from "../../src/failure.ts";
import { decryptSops } from "../../src/secrets/sops/decrypt.ts";
import { readSopsFile } from "../../src/secrets/sops/file.ts";
import { KEYS_ONE, fixture } from "./sops-files.ts";

const FLAT = fixture("flat.yaml").text;
const PLAINS = ["sk_fixture_4242", "p@ss: word", "third"];

async function expectRefused(text: string, code = "CORRUPT"): Promise<void> {
  const error = await decryptSops({ path: "flat.yaml", text }, KEYS_ONE).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isFailure(error)) throw new Error(`not refused (${String(error)}):\n${text}`);
  expect(error.code).toBe(code);
  const shown = inspect(error, { depth: 9 }) + JSON.stringify(error);
  for (const plain of PLAINS) expect(shown).not.toContain(plain);
}

/** Offsets of everything that is authenticated: the lines of values, and the MAC with its time. */
const AUTHENTICATED = [...FLAT.matchAll(/^(?:\w+: ENC.*|    (?:mac|lastmodified): .*)$/gmu)].flatMap((line) =>
  Array.from({ length: line[0].length }, (_, index) => line.index + index),
);

describe("tampering", () => {
  it("finds what to tamper with", () => {
    expect(AUTHENTICATED.length).toBeGreaterThan(700);
  });

  it("refuses any other character anywhere in a name, a value, an IV, a tag or the MAC", async () => {
    const alphabet = "ABCXYZabcxyz0189+/=:,[]#-_ {}\"'".split("");
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...AUTHENTICATED), fc.constantFrom(...alphabet), async (offset, char) => {
        fc.pre(FLAT[offset] !== char);
        // `lastmodified` may lose its quotes without meaning anything else, the spaces around it do not count.
        fc.pre(!/[\s"]/u.test(FLAT[offset] ?? "") || FLAT.lastIndexOf("ENC", offset) > FLAT.lastIndexOf("\n", offset));
        await expectRefused(FLAT.slice(0, offset) + char + FLAT.slice(offset + 1));
      }),
      { numRuns: 400 },
    );
  }, 60_000);

  it("refuses a value cut short or made longer", async () => {
    const data = /stripe_key: ENC\[AES256_GCM,data:([^,]+)/u.exec(FLAT)?.[1] ?? "";
    const bytes = Buffer.from(data, "base64");
    for (const other of [bytes.subarray(0, -1), bytes.subarray(1), Buffer.concat([bytes, Buffer.alloc(1)])])
      await expectRefused(FLAT.replace(data, other.toString("base64")));
    await expectRefused(FLAT.replace(/^stripe_key: ENC.*$/mu, 'stripe_key: ""'));
  });

  it("refuses a tag that was shortened", async () => {
    const tag = /stripe_key: .*tag:([^,]+)/u.exec(FLAT)?.[1] ?? "";
    await expectRefused(FLAT.replace(tag, Buffer.from(tag, "base64").subarray(0, 12).toString("base64")));
  });

  it("refuses base64 that decodes to the same in a sloppy reader", async () => {
    const tag = /stripe_key: .*tag:([^,]+)==/u.exec(FLAT)?.[1] ?? "";
    const last = tag.at(-1) ?? "";
    const next = String.fromCharCode(last.charCodeAt(0) + 1);
    const sloppy = `${tag.slice(0, -1)}${next}==`;
    expect(Buffer.from(sloppy, "base64")).toEqual(Buffer.from(`${tag}==`, "base64"));
    await expectRefused(FLAT.replace(`${tag}==`, sloppy));
  });

  const line = (key: string): string => new RegExp(`^${key}: .*\n`, "mu").exec(FLAT)?.[0] ?? "";
  const value = (key: string): string => line(key).slice(key.length + 2);

  it("refuses values swapped between two keys", async () => {
    const swapped = FLAT.replace(/^(stripe_key: ).*\n/mu, `$1${value("db_password")}`).replace(
      /^(db_password: ).*\n/mu,
      `$1${value("stripe_key")}`,
    );
    await expectRefused(swapped);
  });

  it("refuses another order, a missing value, a renamed key, a copy", async () => {
    await expectRefused(FLAT.replace(line("stripe_key"), "").replace(line("webhook_key"), `$&${line("stripe_key")}`));
    await expectRefused(FLAT.replace(line("webhook_key"), ""));
    await expectRefused(FLAT.replace("webhook_key:", "webhook_kez:"));
    await expectRefused(FLAT.replace(line("webhook_key"), `$&other: ${value("webhook_key")}`));
    await expectRefused(FLAT.replace(line("webhook_key"), `$&${line("webhook_key")}`));
    await expectRefused(FLAT.replace(line("webhook_key"), `deeper:\n    ${line("webhook_key")}`));
  });

  it("refuses a value of another file with the same key name", async () => {
    const other = /^stripe_key: .*\n/mu.exec(fixture("groups.yaml").text)?.[0] ?? "";
    await expectRefused(FLAT.replace(line("stripe_key"), other));
  });

  it("refuses an older MAC, another rule, and a MAC over less", async () => {
    const mac = /^ {4}mac: .*\n/mu;
    await expectRefused(FLAT.replace(mac, mac.exec(fixture("shapes.yaml").text)?.[0] ?? ""));
    await expectRefused(FLAT.replace(mac, ""));
    await expectRefused(FLAT.replace(mac, "    mac: ''\n"));
    await expectRefused(FLAT.replace(mac, "$&    mac_only_encrypted: true\n"));
    await expectRefused(FLAT.replace("unencrypted_suffix: _unencrypted", "encrypted_suffix: _key"));
  });

  it("refuses a damaged data key, and does not take it for a missing key", async () => {
    const body = /-----BEGIN AGE ENCRYPTED FILE-----\s+(\S+)/u.exec(FLAT)?.[1] ?? "";
    const bytes = Buffer.from(body, "base64");
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    await expectRefused(FLAT.replace(body, bytes.toString("base64")), "CORRUPT");
  });

  it("refuses an edited plain value in a file whose MAC covers it", async () => {
    const { text } = fixture("unencrypted-regex.yaml");
    const failed = decryptSops({ path: "x.yaml", text: text.replace("user: someone", "user: somebody") }, KEYS_ONE);
    await expect(failed).rejects.toMatchObject({ code: "CORRUPT" });
  });

  it("leaves alone what the file says is not authenticated", async () => {
    const { text } = fixture("mac-only.yaml");
    const found = await decryptSops(
      { path: "x.yaml", text: text.replace("user: someone", "user: somebody") },
      KEYS_ONE,
    );
    expect(found.get("user")?.reveal()).toBe("somebody");
  });
});

describe("structure", () => {
  const problems = (text: string, path = "flat.yaml"): readonly { code: string; message: string }[] => {
    const read = readSopsFile({ path, text });
    return "problems" in read ? read.problems : [];
  };

  it("says that a file without metadata was copied in part", () => {
    const [problem, ...more] = problems(FLAT.slice(0, FLAT.indexOf("sops:")));
    expect(more).toEqual([]);
    expect(problem).toMatchObject({ code: "TU4006", masked: true });
    expect(problem?.message).toContain("copied in part");
    expect(problems("a: 1\n")[0]?.message).toContain("not encrypted");
  });

  it("finds a secret in plain text, by name, and does not show it", () => {
    const found = problems(FLAT.replace(/^stripe_key: .*$/mu, "stripe_key: sk_live_oops"));
    expect(found).toMatchObject([{ code: "TU4001", masked: true }]);
    expect(found[0]?.message).toContain("stripe_key");
    expect(JSON.stringify(found)).not.toContain("oops");
  });

  it("finds ciphertext where the file's rule wants plain text", () => {
    const found = problems(FLAT.replace("stripe_key:", "stripe_unencrypted:"));
    expect(found).toMatchObject([{ code: "TU4006" }]);
    expect(found[0]?.message).toContain("unencrypted_suffix");
  });

  it("refuses several documents, aliases, tags, keys given twice, broken YAML and JSON", () => {
    const { text } = fixture("documents.yaml");
    expect(problems(text)[0]?.message).toContain("several YAML documents");
    expect(problems(`a: &x 1\nb: *x\n${FLAT}`)).toMatchObject([{ code: "TU4006" }]);
    expect(problems(`a: !!binary AA==\n${FLAT}`)).toMatchObject([{ code: "TU4006" }]);
    expect(problems(`1: x\n${FLAT}`)[0]?.message).toContain("a key that is not text");
    expect(problems(FLAT.replace("webhook_key:", "stripe_key:"))).toMatchObject([{ code: "TU1002" }]);
    expect(problems(`a: "oops-secret\n`)).toMatchObject([{ code: "TU1001", masked: true }]);
    expect(JSON.stringify(problems(`{"a": oops-secret`, "x.json"))).not.toContain("oops");
    expect(problems("- a\n")).toMatchObject([{ code: "TU4006" }]);
    expect(problems("sops: 1\n")).toMatchObject([{ code: "TU4006" }]);
  });

  it("refuses a rule that could take for ever, or that Go would read otherwise", () => {
    const rule = (pattern: string): string =>
      problems(FLAT.replace("unencrypted_suffix: _unencrypted", () => `unencrypted_regex: '${pattern}'`))[0]?.message ??
      "";
    expect(rule("^(a+)+$")).toContain("repeats a group");
    expect(rule("(?=a)")).toContain("Go does not know");
    expect(rule("[")).toContain("no regular expression");
    expect(rule("^(x|y)_plain$")).toBe("");
  });

  it("never throws, whatever the text is", () => {
    fc.assert(
      fc.property(fc.nat(FLAT.length), fc.nat(FLAT.length), fc.string({ unit: "grapheme" }), (from, to, put) => {
        const read = readSopsFile({ path: "x.yaml", text: FLAT.slice(0, from) + put + FLAT.slice(to) });
        expect("problems" in read || "sops" in read).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe("readSopsFile", () => {
  it("gives names, digests of ciphertext and recipients, without a key", () => {
    const read = readSopsFile(fixture("flat.yaml"));
    if ("problems" in read) throw new Error("unexpected problems");
    expect(read.sops.entries.map((entry) => entry.name)).toEqual(["stripe_key", "db_password", "webhook_key"]);
    expect(new Set(read.sops.entries.map((entry) => entry.digest)).size).toBe(3);
    expect(read.sops.entries.every((entry) => entry.encrypted && /^[\w-]{22}$/u.test(entry.digest))).toBe(true);
    expect(read.sops.recipients.map((recipient) => recipient.kind)).toEqual(["age", "age"]);
    expect(read.sops).toMatchObject({ version: "3.13.3", lastModified: "2026-11-21T14:26:12Z" });
  });

  it("names the same values as decrypting does", async () => {
    for (const name of ["shapes.yaml", "shapes.json", "mac-only.yaml", "comment-regex.yaml"]) {
      const read = readSopsFile(fixture(name));
      if ("problems" in read) throw new Error("unexpected problems");
      const decrypted = await decryptSops(fixture(name), KEYS_ONE);
      expect(read.sops.entries.map((entry) => entry.name)).toEqual([...decrypted.keys()]);
    }
  });
});
