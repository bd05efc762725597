/** Encrypted files that somebody without the key has changed: refused, or the values that were there before. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isFailure } from "../../../src/failure.ts";
import { hasErrors } from "../../../src/problem.ts";
import { decryptSops } from "../../../src/secrets/sops/decrypt.ts";
import { readSopsFile } from "../../../src/secrets/sops/file.ts";
import { type FuzzTarget, must, textOf } from "../target.ts";

/** From the top of the repository, where both the tests and the script run: a bundle does not know where it came from. */
const FOLDER = join(process.cwd(), "test/secrets/fixtures");
const FILES = ["flat.yaml", "shapes.yaml", "comment-regex.yaml", "unencrypted-regex.yaml"].map((path) => ({
  path,
  text: readFileSync(join(FOLDER, path), "utf8"),
}));
const [identity = ""] = /AGE-SECRET-KEY-\w+/u.exec(readFileSync(join(FOLDER, "throw-away-keys.txt"), "utf8")) ?? [];
const KEYS_ONE = { ageIdentities: [identity] };
/** Every text that one of the files really holds, by name. Found when it is first needed. */
let known: Promise<ReadonlyMap<string, ReadonlySet<string>>> | undefined;

async function knownValues(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const values = new Map<string, Set<string>>();
  for (const file of FILES)
    for (const [name, sealed] of await decryptSops(file, KEYS_ONE))
      values.set(name, (values.get(name) ?? new Set()).add(sealed.reveal()));
  return values;
}

export const sops: FuzzTarget = {
  name: "sops",
  fresh: 150,
  dictionary: [
    "ENC[AES256_GCM,data:",
    ",iv:",
    ",tag:",
    ",type:str]",
    ",type:int]",
    ",type:bool]",
    "sops:\n",
    "    mac: ",
    "    lastmodified: ",
    "    version: 3.9.0\n",
    "    unencrypted_suffix: _x\n",
    "    encrypted_regex: ^a\n",
    "    shamir_threshold: 9\n",
    "    key_groups: []\n",
    "    age: []\n",
    "    mac_only_encrypted: true\n",
    "&a ",
    "*a",
    "---\n",
    "#",
    "AAAA",
    "==",
    "\n",
    "  - ",
    "null",
    "~",
  ],
  seeds: [...FILES.map(({ text }) => text), "a: ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]\nsops: {}\n"],
  async run(input) {
    known ??= knownValues();
    const values = await known;
    const text = textOf(input);
    for (const path of ["x.sops.yaml", "x.sops.json"]) {
      const file = { path, text };
      const read = readSopsFile(file);
      if ("problems" in read) {
        must(hasErrors(read.problems), "an error");
        for (const { code, message, masked } of read.problems)
          must(
            /^TU(?:1001|1002|1011|4001|4006)$/u.test(code) && message !== "" && masked === true,
            "a masked problem",
            code,
            message,
          );
      }
      await opens(file, values, "sops" in read);
    }
  },
};

async function opens(
  file: { readonly path: string; readonly text: string },
  values: ReadonlyMap<string, ReadonlySet<string>>,
  isRead: boolean,
): Promise<void> {
  try {
    const opened = await decryptSops(file, KEYS_ONE);
    must(isRead, "what opens can be read");
    for (const [name, sealed] of opened) {
      // What the file leaves in plain text anybody may write; what is encrypted only who has the key.
      const plain = file.text.includes(sealed.reveal());
      must(plain || values.get(name)?.has(sealed.reveal()) === true, "a value that was there before", name);
    }
  } catch (error) {
    if (!isFailure(error)) throw error;
    must(["CORRUPT", "DENIED"].includes(error.code), "refused", error.code);
    const said = `${error.message}${error.fix ?? ""}${error.details.join("")}`;
    for (const each of values.values())
      for (const value of each) must(value.length < 8 || !said.includes(value), "no value in words", said.length);
  }
}
