/** Files that `setSopsValue` writes are read by us and by the real `sops`, and change no more than they have to. */
import { createCipheriv, createDecipheriv } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatPath, parsePath } from "../../src/address.ts";
import type { SourceFile } from "../../src/model.ts";
import { Sealed } from "../../src/secret.ts";
import { type KeySource, decryptSops } from "../../src/secrets/sops/decrypt.ts";
import { changeSopsValues, setSopsValue } from "../../src/secrets/sops/encrypt.ts";
import { HAS_SOPS, IDENTITIES, KEYS_ONE, RECIPIENTS, SET, fixture, sops } from "./sops-files.ts";

async function set(file: SourceFile, name: string, value: string, options = SET): Promise<SourceFile> {
  return { path: file.path, text: await setSopsValue(file, name, new Sealed(value), options) };
}

async function plain(file: SourceFile, keys = KEYS_ONE): Promise<Record<string, string>> {
  return Object.fromEntries([...(await decryptSops(file, keys))].map(([name, sealed]) => [name, sealed.reveal()]));
}

const sopsJson = (file: SourceFile): unknown => JSON.parse(sops(["-d", "--output-type", "json"], file).output);

/** Lines that are in one text and not in the other. */
function changedLines(before: string, after: string): { readonly removed: string[]; readonly added: string[] } {
  const [old, fresh] = [before.split("\n"), after.split("\n")];
  return { removed: old.filter((line) => !fresh.includes(line)), added: fresh.filter((line) => !old.includes(line)) };
}

const fieldOf = (line: string): string => line.trim().replace(/:.*$/u, "").replaceAll('"', "");

describe("setSopsValue on a file of sops", () => {
  const places: readonly (readonly [string, string])[] = [
    ["flat.yaml", "db_password"],
    ["flat.yaml", "fresh"],
    ["shapes.yaml", "nested.deeper.added"],
    ["shapes.yaml", "nested.empty_map.a.b"],
    ["shapes.yaml", "absent"],
    ["shapes.yaml", "empty"],
    ["shapes.yaml", "int"],
    ["shapes.yaml", "list.1"],
    ["shapes.yaml", "list.2"],
    ["shapes.yaml", "list.3.deep.1.0"],
    ["shapes.yaml", 'fresh.yes."dotted.key"'],
    ["shapes.json", "plain"],
    ["shapes.json", "nested.deeper.added"],
    ["shapes.json", "nested.none.a"],
    ["shapes.json", "fresh.a"],
    ["unencrypted-regex.yaml", "db.token"],
    ["mac-only.yaml", "token"],
  ];

  it.each(places)("%s: %s changes alone", async (name, key) => {
    const before = fixture(name);
    const after = await set(before, key, "välue 1\n2: {}");
    expect(await plain(after)).toEqual({ ...(await plain(before)), [key]: "välue 1\n2: {}" });
    const { removed, added } = changedLines(before.text, after.text);
    expect(removed.length).toBeLessThanOrEqual(4);
    expect(added.map(fieldOf)).toEqual(expect.arrayContaining(["lastmodified", "mac"]));
    const comments = (text: string): readonly string[] => text.match(/#ENC.*/gu) ?? [];
    expect(comments(after.text)).toEqual(comments(before.text));
  });

  it.runIf(HAS_SOPS)("the real sops reads each of them (needs the program sops on the PATH)", async () => {
    for (const [name, key] of places) {
      const after = await set(fixture(name), key, "välue 1\n2: {}");
      const [before, found] = [sops(["-d"], fixture(name)).output, sops(["-d"], after).output];
      expect(found).toContain("välue 1");
      expect(changedLines(before, found).added.length).toBeLessThanOrEqual(6);
    }
  });

  it.runIf(HAS_SOPS)("the real sops can go on from there (needs the program sops on the PATH)", async () => {
    const ours = await set(fixture("flat.yaml"), "fresh", "ours");
    const theirs = sops(["set"], ours, ['["theirs"]', '"from sops"']).file;
    const after = await set(theirs, "fresh", "ours again");
    expect(await plain(after)).toMatchObject({ fresh: "ours again", theirs: "from sops", webhook_key: "third" });
  });

  it("gives the same text for the same value", async () => {
    const before = fixture("flat.yaml");
    expect(await set(before, "stripe_key", "sk_fixture_4242")).toEqual(before);
    expect(await set(before, "stripe_key", "sk_fixture_4243")).not.toEqual(before);
  });

  it("never uses an IV twice", async () => {
    const once = await set(fixture("flat.yaml"), "stripe_key", "a");
    const twice = await set(once, "stripe_key", "b");
    const ivs = [fixture("flat.yaml"), once, twice].flatMap(({ text }) => text.match(/iv:[^,]+/gu)?.slice(0, 2) ?? []);
    expect(new Set([once, twice].map(({ text }) => /stripe_key.*iv:([^,]+)/u.exec(text)?.[1])).size).toBe(2);
    expect(ivs.length).toBe(6);
  });

  it("keeps the recipients of the file and the ends of its lines", async () => {
    const { path, text } = fixture("flat.yaml");
    const after = await set({ path, text: text.replaceAll("\n", "\r\n") }, "fresh", "x");
    expect(after.text.replaceAll("\r\n", "")).not.toContain("\n");
    expect((await plain(after, { ageIdentities: [IDENTITIES.two] })).fresh).toBe("x");
  });

  it("writes into braces and quotes where the file uses them", async () => {
    const flow = await set({ path: "x.yaml", text: "" }, "a", "1");
    const section = /^sops:[\s\S]*/mu.exec(flow.text)?.[0] ?? "";
    const file = { path: "x.yaml", text: `map: {}\nlist: [{}]\n${flow.text}` };
    const after = await set(await set(file, "map.b", "2"), "map.c", "3");
    expect(await plain(after)).toEqual({ a: "1", "map.b": "2", "map.c": "3" });
    expect(after.text).toMatch(/^map: \{ b: "ENC.*", c: "ENC.*" \}$/mu);
    expect(section).not.toBe("");
  });
});

describe("what setSopsValue refuses", () => {
  const refused = (file: SourceFile, name: string, options = SET): Promise<unknown> =>
    setSopsValue(file, name, new Sealed("canary-7311"), options).then(
      () => "written",
      (error: unknown) => error,
    );

  it("names that lead nowhere or stand for something else", async () => {
    const shapes = fixture("shapes.yaml");
    for (const name of ["nested", "list", "plain.deeper", "list.99", "sops.mac", "sops", "a..b", ""])
      expect(await refused(shapes, name), name).toMatchObject({ code: "USAGE" });
  });

  it("a name that the file's rule leaves readable", async () => {
    expect(await refused(fixture("flat.yaml"), "note_unencrypted")).toMatchObject({ code: "REFUSED" });
    expect(await refused(fixture("encrypted-suffix.yaml"), "token")).toMatchObject({ code: "REFUSED" });
    expect(await refused(fixture("comment-regex.yaml"), "password")).toMatchObject({ code: "REFUSED" });
  });

  it("a file it cannot open, or that was tampered with", async () => {
    const stranger = { ...SET, keys: { ageIdentities: [IDENTITIES.stranger] } };
    expect(await refused(fixture("flat.yaml"), "a", stranger)).toMatchObject({ code: "DENIED" });
    const { path, text } = fixture("flat.yaml");
    const cut = { path, text: text.replace(/^webhook_key.*\n/mu, "") };
    expect(await refused(cut, "a")).toMatchObject({ code: "CORRUPT" });
  });

  it("a new file for nobody, or for something that is no recipient, without repeating it", async () => {
    const empty = { path: "x.yaml", text: "" };
    expect(await refused(empty, "a", { ...SET, recipients: [] })).toMatchObject({ code: "USAGE" });
    const pasted = await refused(empty, "a", { ...SET, recipients: [IDENTITIES.one] });
    expect(pasted).toMatchObject({ code: "USAGE" });
    expect(JSON.stringify(pasted) + String(pasted)).not.toContain(IDENTITIES.one);
    const kms = ["arn:aws:kms:eu-west-1:123456789012:key/abc"];
    expect(await refused(empty, "a", { ...SET, recipients: kms })).toMatchObject({ code: "MISSING" });
  });
});

describe("a new file", () => {
  it("is made for all recipients, in YAML and JSON", async () => {
    const recipients = [RECIPIENTS.one, RECIPIENTS.two];
    for (const path of ["new.yaml", "new.json"]) {
      const first = await set({ path, text: "\n" }, "a", "one", { ...SET, recipients });
      const file = await set(await set(first, "b", ""), "yes", "three");
      for (const identity of [IDENTITIES.one, IDENTITIES.two])
        expect(await plain(file, { ageIdentities: [identity] })).toEqual({ a: "one", b: "", yes: "three" });
      if (HAS_SOPS) expect(sopsJson(file)).toEqual({ a: "one", b: "", yes: "three" });
    }
    expect(await setSopsValue(undefined, "a", new Sealed("x"), SET)).toMatch(/^a: ENC\[.*\]\nsops:\n {4}age:\n/u);
  });

  it("can be for KMS", async () => {
    const master = Buffer.alloc(32, 7);
    const arn = "arn:aws:kms:eu-west-1:123456789012:key/7afdbdb4-5710";
    const iv = Buffer.alloc(12, 1);
    const encryptKms = (request: { readonly plaintext: Uint8Array }): Promise<string> => {
      const cipher = createCipheriv("aes-256-gcm", master, iv);
      return Promise.resolve(
        Buffer.concat([cipher.update(request.plaintext), cipher.final(), cipher.getAuthTag()]).toString("base64"),
      );
    };
    const keys: KeySource = {
      ageIdentities: [],
      decryptKms: ({ ciphertext, region }) => {
        expect(region).toBe("eu-west-1");
        const bytes = Buffer.from(ciphertext, "base64");
        const decipher = createDecipheriv("aes-256-gcm", master, iv).setAuthTag(bytes.subarray(32));
        return Promise.resolve(Buffer.concat([decipher.update(bytes.subarray(0, 32)), decipher.final()]));
      },
    };
    const file = await set({ path: "k.yaml", text: "" }, "a", "1", { ...SET, recipients: [arn], encryptKms, keys });
    expect(await plain(await set(file, "b", "2", { ...SET, keys }), keys)).toEqual({ a: "1", b: "2" });
    expect(file.text).toContain(`- arn: ${arn}\n`);
  });

  it("holds no value in plain text", async () => {
    const file = await set({ path: "x.yaml", text: "" }, "a", "canary-7311");
    for (const shown of ["canary-7311", Buffer.from("canary-7311").toString("base64"), IDENTITIES.one])
      expect(file.text).not.toContain(shown);
  });

  const segment = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
  const name = fc
    .array(segment, { minLength: 1, maxLength: 3 })
    .filter(([first = ""]) => first !== "sops")
    .filter((path) => !path.some((text) => text.endsWith("_unencrypted") || text === "__proto__"))
    .map(formatPath);
  const value = fc.string({ unit: "grapheme", maxLength: 60 });

  it("gives back any value under any name", async () => {
    await fc.assert(
      fc.asyncProperty(name, value, name, value, fc.constantFrom("x.yaml", "x.json"), async (a, one, b, two, path) => {
        const [pathA, pathB] = [parsePath(a) ?? [], parsePath(b) ?? []];
        const prefix = pathA.every((part, i) => pathB[i] === part) || pathB.every((part, i) => pathA[i] === part);
        fc.pre(!prefix);
        const file = await set(await set({ path, text: "" }, a, one), b, two);
        expect(await plain(file)).toEqual({ [a]: one, [b]: two });
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it.runIf(HAS_SOPS)(
    "gives back any value to the real sops (needs the program sops on the PATH)",
    async () => {
      await fc.assert(
        fc.asyncProperty(segment, value, fc.constantFrom("x.yaml", "x.json"), async (key, text, path) => {
          fc.pre(key !== "sops" && !key.endsWith("_unencrypted") && key !== "__proto__");
          const file = await set({ path, text: "" }, formatPath([key]), text);
          expect(sopsJson(file)).toEqual({ [key]: text });
        }),
        { numRuns: 25 },
      );
    },
    60_000,
  );
});

describe("several values at once", () => {
  const change = (file: SourceFile, values: Readonly<Record<string, string | undefined>>): Promise<string> => {
    const sealed = Object.entries(values).map(([name, value]): [string, Sealed | undefined] => [
      name,
      value === undefined ? undefined : new Sealed(value),
    ]);
    return changeSopsValues(file, new Map(sealed), SET);
  };

  it.each(["new.yaml", "new.json"])("are set and removed in %s, and the others keep their bytes", async (path) => {
    const first = { path, text: await change({ path, text: "" }, { a: "one", b: "two", c: "three" }) };
    const line = (text: string): string | undefined => /^.*\bb"?: .*$/mu.exec(text)?.[0];
    for (const gone of ["a", "c"]) {
      const after = { path, text: await change(first, { [gone]: undefined, d: "four", nothing: undefined }) };
      const { [gone]: _gone, ...rest } = { a: "one", b: "two", c: "three", d: "four" } as Record<string, string>;
      expect(await plain(after)).toEqual(rest);
      expect(line(after.text)).toBe(line(first.text));
      if (HAS_SOPS) expect(sopsJson(after)).toEqual(rest);
    }
  });

  it("inside a map are not removed", async () => {
    const file = fixture("shapes.yaml");
    const nested = Object.keys(await plain(file)).find((name) => name.includes("."));
    await expect(change(file, { [nested ?? ""]: undefined })).rejects.toMatchObject({ code: "USAGE" });
  });
});
