/** A config repo on disk for one test, removed afterwards. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { load } from "../../src/load/load.ts";
import type { Loaded } from "../../src/load/load.ts";
import { folderSource } from "../../src/load/source.ts";
import { SMALL } from "../stages/load/harness.ts";

/** Runs `use` with a folder that holds these files and a small trueup.yaml. */
export function withFolder<T>(files: Readonly<Record<string, string>>, use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "trueup-"));
  try {
    for (const [path, text] of Object.entries({ "trueup.yaml": SMALL, ...files })) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function loadFolder(folder: string): Loaded {
  return load(folderSource(folder));
}
