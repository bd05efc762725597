/** Where files come from: a folder, or memory. Git objects at a commit are a third source, in `src/git/`. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readSync } from "node:fs";
import type { Dirent } from "node:fs";
import { Failure, isFailure } from "../failure.ts";
import { LIMITS } from "./limits.ts";

export interface TreeEntry {
  /** Relative to the config root, with forward slashes. */
  readonly path: string;
  readonly kind: "file" | "folder" | "symlink" | "submodule" | "special";
  /** Bytes of a file; 0 for everything else. */
  readonly size: number;
}

export interface Source {
  /** Everything below the config root, except `.git`, `node_modules` and `.trueup`; sorted by path. */
  list(): readonly TreeEntry[];
  /** The bytes of one file, at most `limit` + 1 of them: one too many tells that there are more. */
  read(path: string, limit: number): Uint8Array;
}

/** Folders whose content means something; listed first, so that a huge neighbour cannot crowd them out. */
export const OWN_FOLDERS: readonly string[] = ["apps", "schemas", "shared"];
const SKIPPED: ReadonlySet<string> = new Set([".git", "node_modules", ".trueup"]);

/**
 * The work tree below `root`. Never follows links, never opens anything but plain files. A listing ends a little above
 * the budget ({@link LIMITS}): first counted for our own folders, then once more for the rest, of which nothing is read.
 *
 * Throws `MISSING` if the folder or a file is not there, `DENIED` if it may not be read.
 */
export function folderSource(root: string): Source {
  return {
    list: () => {
      const listing: Listing = { root, entries: [], room: LIMITS.files + 1 };
      const top = readFolder(root, "");
      for (const entry of top) if (OWN_FOLDERS.includes(entry.name)) addEntry(listing, "", entry, 1);
      listing.room = LIMITS.files + 1;
      for (const entry of top) if (!OWN_FOLDERS.includes(entry.name)) addEntry(listing, "", entry, 1);
      return listing.entries.toSorted(byPath);
    },
    read: (path, limit) => readBytes(`${root}/${path}`, path, limit),
  };
}

interface Listing {
  readonly root: string;
  readonly entries: TreeEntry[];
  /** How many more entries are listed. */
  room: number;
}

function addEntry(listing: Listing, folder: string, entry: Dirent, depth: number): void {
  if (SKIPPED.has(entry.name) || listing.room-- <= 0) return;
  const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
  if (!entry.isDirectory()) {
    listing.entries.push(describe(listing.root, path, entry));
    return;
  }
  // Deeper than the budget, or named in no known encoding: listed, so that somebody hears of it, and not opened.
  const isReadable = depth <= LIMITS.folders && path.length <= LIMITS.pathLength && !path.includes("\uFFFD");
  const children = isReadable ? readFolder(listing.root, path) : [];
  // A folder with a `.git` of its own is another repository.
  const submodule = children.some((child) => child.name === ".git");
  listing.entries.push({ path, kind: submodule ? "submodule" : "folder", size: 0 });
  if (!submodule) for (const child of children) addEntry(listing, path, child, depth + 1);
}

function describe(root: string, path: string, entry: Dirent): TreeEntry {
  if (entry.isSymbolicLink()) return { path, kind: "symlink", size: 0 };
  if (path.includes("\uFFFD")) return { path, kind: "special", size: 0 };
  const stat = onDisk(path, () => lstatSync(`${root}/${path}`));
  if (stat.isFile()) return { path, kind: "file", size: stat.size };
  return { path, kind: stat.isSymbolicLink() ? "symlink" : "special", size: 0 };
}

function readFolder(root: string, path: string): Dirent[] {
  return onDisk(path, () => readdirSync(path === "" ? root : `${root}/${path}`, { withFileTypes: true }));
}

function readBytes(absolute: string, path: string, limit: number): Uint8Array {
  return onDisk(path, () => {
    // The listing may be a moment old: a link or pipe put there since is not followed, and not waited for.
    const handle = openSync(absolute, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(handle);
      if (!stat.isFile()) throw new Failure("MISSING", `${path} is not a regular file`);
      const bytes = readUpTo(handle, Math.min(stat.size, limit) + 1);
      // Full before the limit: somebody is appending to it right now.
      return bytes.length > stat.size && stat.size < limit ? readUpTo(handle, limit + 1) : bytes;
    } finally {
      closeSync(handle);
    }
  });
}

function readUpTo(handle: number, size: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  for (let got = -1; got !== 0 && length < size; length += got)
    got = readSync(handle, bytes, length, size - length, length);
  return bytes.subarray(0, length);
}

/** Runs one access to the disk; what goes wrong is told in our words. */
function onDisk<T>(path: string, access: () => T): T {
  try {
    return access();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (typeof code !== "string" || isFailure(error)) throw error;
    const name = path === "" ? "the folder of the configuration" : path;
    if (code === "EACCES" || code === "EPERM")
      throw new Failure("DENIED", `${name} may not be read`, {
        fix: "check the permissions of the file",
        cause: error,
      });
    const what = code === "ENOENT" || code === "ENOTDIR" ? "is not there" : `cannot be read (${code})`;
    throw new Failure("MISSING", `${name} ${what}`, { cause: error });
  }
}

/** Files by path, for tests and for programs that hold a configuration in memory. */
export function memorySource(files: Readonly<Record<string, string | Uint8Array>>): Source {
  const contents = new Map(Object.entries(files).map(([path, content]) => [path, bytesOf(content)]));
  return {
    list: () => {
      const folders = new Set([...contents.keys()].flatMap(foldersOf));
      const entries: TreeEntry[] = [...folders].map((path) => ({ path, kind: "folder", size: 0 }));
      for (const [path, bytes] of contents) entries.push({ path, kind: "file", size: bytes.length });
      return entries.filter(({ path }) => !path.split("/").some((step) => SKIPPED.has(step))).toSorted(byPath);
    },
    read: (path, limit) => {
      const bytes = contents.get(path);
      if (bytes === undefined) throw new Failure("MISSING", `${path} is not there`);
      return bytes.subarray(0, limit + 1);
    },
  };
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? Buffer.from(content, "utf8") : content;
}

/** `apps/orders/base.yaml` → `apps`, `apps/orders`. */
function foldersOf(path: string): string[] {
  const steps = path.split("/");
  return steps.slice(1).map((_, i) => steps.slice(0, i + 1).join("/"));
}

function byPath(a: TreeEntry, b: TreeEntry): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
