/** File systems that take `Key` and `key`, or two spellings of one accent, for the same name: keys would be lost. */
import type { Key } from "../../model.ts";
import type { Disk } from "./disk.ts";
import { layOut } from "./key-path.ts";

/** Keys of `added` that a folding file system would merge with one of `present` or with each other; empty: none. */
export function mergedKeys(present: Iterable<Key>, added: readonly Key[]): Key[] {
  const fresh = new Set(added);
  const spelling = new Map<string, string>();
  const merged: Key[] = [];
  for (const [key, path] of layOut([...present, ...added])) {
    const names = path.split("/");
    const clash = names.some((_, depth) => {
      const written = names.slice(0, depth + 1).join("/");
      const folded = fold(written);
      const first = spelling.get(folded) ?? written;
      spelling.set(folded, first);
      return first !== written;
    });
    if (clash && fresh.has(key)) merged.push(key);
  }
  return merged;
}

function fold(name: string): string {
  return name.normalize("NFC").toUpperCase().toLowerCase();
}

/** Asks the file system itself, with a file that is removed again. `path` must not exist. */
export async function foldsNames(disk: Disk, path: string): Promise<boolean> {
  const [written, othercase, otheraccent] = [`${path}-e\u0301`, `${path}-E\u0301`, `${path}-\u00e9`];
  await disk.write(written, new Uint8Array(), { private: true });
  try {
    return (await disk.facts(othercase)) !== undefined || (await disk.facts(otheraccent)) !== undefined;
  } finally {
    await disk.remove(written);
  }
}
