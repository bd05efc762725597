/** Which keys a generation holds, and in which files. */
import { sep } from "node:path";
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
  let level: Folder[] = [{ path: root, names: [] }];
  while (level.length > 0) {
    const next: Folder[] = [];
    await inParallel(level, async (folder) => {
      for (const { name, kind } of await disk.list(folder.path)) {
        const path = `${folder.path}${sep}${name}`;
        const names = [...folder.names, name];
        check(path, name, kind);
        if (kind === "folder") next.push({ path, names });
        else add(files, keyAt(names), path);
      }
    });
    level = next;
  }
  return files;
}

interface Folder {
  readonly path: string;
  /** Below the root. */
  readonly names: readonly string[];
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
