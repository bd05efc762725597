/** Kept inputs: one file each, named by its content, in a folder for each target. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FuzzTarget } from "./target.ts";

export interface Corpus {
  readonly folder: string;
  readonly inputs: readonly Buffer[];
}

/** What is kept for a target, and its seeds. */
export function readCorpus(root: string, target: FuzzTarget): Corpus {
  const folder = join(root, target.name);
  const names = existsSync(folder) ? readdirSync(folder).toSorted() : [];
  const kept = names.map((name) => readFileSync(join(folder, name)));
  return { folder, inputs: [...target.seeds.map((seed) => Buffer.from(seed)), ...kept] };
}

/** Makes the folder hold exactly these inputs. */
export function writeCorpus(folder: string, inputs: readonly Buffer[]): void {
  rmSync(folder, { recursive: true, force: true });
  if (inputs.length === 0) return;
  mkdirSync(folder, { recursive: true });
  for (const input of inputs) writeFileSync(join(folder, nameOf(input)), input);
}

export function nameOf(input: Buffer): string {
  return createHash("sha256").update(input).digest("hex").slice(0, 16);
}
