/** Files that the real `sops` made, the throw-away keys that open them, and the program itself where it is there. */
import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SourceFile } from "../../src/model.ts";
import type { KeySource } from "../../src/secrets/sops/decrypt.ts";
import type { SetOptions } from "../../src/secrets/sops/encrypt.ts";
import { tempFolder } from "../project.ts";

const FOLDER = join(import.meta.dirname, "fixtures");
const KEYS = readFileSync(join(FOLDER, "throw-away-keys.txt"), "utf8");

const [one = "", two = "", stranger = ""] = KEYS.match(/AGE-SECRET-KEY-\w+/gu) ?? [];
export const IDENTITIES = { one, two, stranger };
const [recipientOne = "", recipientTwo = ""] = KEYS.match(/age1\w+/gu) ?? [];
export const RECIPIENTS = { one: recipientOne, two: recipientTwo };

export const KEYS_ONE: KeySource = { ageIdentities: [one] };

export function fixture(name: string): SourceFile {
  return { path: name, text: readFileSync(join(FOLDER, name), "utf8") };
}

/** Options of a change, with one recipient and its key. */
export const SET: SetOptions = {
  recipients: [RECIPIENTS.one],
  now: "2026-12-01T10:00:00Z",
  random: (count) => randomBytes(count),
  keys: KEYS_ONE,
};

export const HAS_SOPS = spawnSync("sops", ["--version", "--check-for-updates=false"]).status === 0;

/** Runs the real `sops` on a file: what it prints, and the file afterwards. Throws if it refuses. */
export function sops(
  args: readonly string[],
  file: SourceFile,
  more: readonly string[] = [],
): { readonly output: string; readonly file: SourceFile } {
  const { folder, dispose } = tempFolder();
  try {
    const path = join(folder, file.path);
    writeFileSync(path, file.text);
    const env = { ...process.env, SOPS_AGE_KEY: one };
    const output = execFileSync("sops", [...args, path, ...more], { env, stdio: "pipe" }).toString("utf8");
    return { output, file: { path: file.path, text: readFileSync(path, "utf8") } };
  } finally {
    dispose();
  }
}
