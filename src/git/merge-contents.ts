/** Merging the lines of files that changed on both sides, in a folder of its own: the work tree is not touched. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Location } from "./locate.ts";
import type { Contested, TreeEntry } from "./merge.ts";
import { readBlobs, writeBlob } from "./objects.ts";
import { runGit } from "./process.ts";

export interface Settled {
  readonly settled: ReadonlyMap<string, TreeEntry>;
  /** Paths whose lines collide, or that are not text on all three sides. */
  readonly colliding: readonly string[];
}

/** Merges each file as `git merge-file` does. */
export async function mergeContents(repo: Location, contested: readonly Contested[]): Promise<Settled> {
  const settled = new Map<string, TreeEntry>();
  const colliding: string[] = [];
  const folder = await mkdtemp(join(tmpdir(), "trueup-merge-"));
  try {
    for (const file of contested) {
      const merged = await mergeOne(repo, file, folder);
      if (merged === undefined) colliding.push(file.path);
      else settled.set(file.path, merged);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { settled, colliding };
}

async function mergeOne(repo: Location, file: Contested, folder: string): Promise<TreeEntry | undefined> {
  const { base, ours, theirs } = file;
  if (base === undefined || ours === undefined || theirs === undefined) return undefined;
  const sides = [ours, base, theirs];
  if (!sides.every(({ mode }) => mode.startsWith("100"))) return undefined;
  const contents = await readBlobs(
    repo,
    sides.map(({ id }) => id),
  );
  const names = ["ours", "base", "theirs"];
  for (const [index, { id }] of sides.entries())
    await writeFile(join(folder, names[index] ?? ""), contents.get(id) ?? new Uint8Array());
  // Exit code: number of collisions; 255 for content that is not text.
  const { code, stdout } = await runGit(folder, ["merge-file", "-p", "-q", ...names], { settings: repo.settings });
  return code === 0 ? { mode: ours.mode, id: await writeBlob(repo, stdout) } : undefined;
}
