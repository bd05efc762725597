/** Which keys a generation holds, and in which files. */
import { join } from "node:path";
import type { Key } from "../../model.ts";
import type { Disk, Kind } from "./disk.ts";
import { linkInside, nameNotUtf8, notAFile, twoFilesOneKey } from "./failures.ts";
import { inParallel } from "./in-parallel.ts";
import { keyAt } from "./key-path.ts";

/** Absolute path of each key's file. */
export type Files = ReadonlyMap<Key, string>;

/**
 * Lists a whole generation. All of it, also when a few keys would do: only so is it certain that a name is spelt as
 * asked (file systems may ignore case), that no key has two files, and that no link leads out of the store.
 */
export async function scan(disk: Disk, root: string): Promise<Files> {
  const files = new Map<Key, string>();
  let level: (readonly string[])[] = [[]];
  while (level.length > 0) {
    const next: (readonly string[])[] = [];
    await inParallel(level, async (names) => {
      for (const { name, kind } of await disk.list(join(root, ...names))) {
        const path = join(root, ...names, name);
        check(path, name, kind);
        if (kind === "folder") next.push([...names, name]);
        else add(files, keyAt([...names, name]), path);
      }
    });
    level = next;
  }
  return files;
}

/** The trace of each file, to see later whether anything was touched. */
export async function tracesOf(disk: Disk, files: Files): Promise<ReadonlyMap<Key, string>> {
  const traces = new Map<Key, string>();
  await inParallel(files, async ([key, path]) => {
    const facts = await disk.facts(path);
    if (facts !== undefined) traces.set(key, facts.trace);
  });
  return traces;
}

function check(path: string, name: string, kind: Kind): void {
  if (kind === "link") throw linkInside(path);
  if (kind === "other") throw notAFile(path);
  // Node puts this character where the bytes of a name are not UTF-8; a key that really has it is written with `%`.
  if (name.includes("\ufffd")) throw nameNotUtf8(path);
}

function add(files: Map<Key, string>, key: Key, path: string): void {
  const other = files.get(key);
  if (other !== undefined) throw twoFilesOneKey(other, path, key);
  files.set(key, path);
}
