/** A directory store in a temporary folder, and a second reader for it that shares no code with the first. */
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Key } from "../../src/model.ts";
import { directory } from "../../src/stores/directory/directory.ts";
import { openDirectory } from "../../src/stores/directory/open.ts";
import { disk, type Disk } from "../../src/stores/directory/disk.ts";
import type { CommitEvent } from "../../src/stores/store.ts";
import { group, nextHead, put, run, type Harness } from "./contract-moves.ts";

export interface DirectoryHarness extends Harness {
  /** The temporary folder around it all. */
  readonly root: string;
  /** The path readers use. */
  readonly live: string;
  /** File of a key with an ordinary name. */
  fileOf(key: Key): string;
  /** Folder beside the link. */
  readonly generations: string;
  /** The same store on a file system that behaves as given. */
  on(changed: Partial<Disk>, options?: { readonly lockWaitMs?: number }): Harness;
}

export async function temporaryFolder(): Promise<string> {
  return fs.realpath(await fs.mkdtemp(join(tmpdir(), "trueup's directory-")));
}

/** A store in a fresh folder; nothing is written to it yet. */
export async function freshDirectory(): Promise<DirectoryHarness> {
  const root = await temporaryFolder();
  const live = join(root, "store", "live");
  const fileOf = (key: Key): string => join(live, key);
  let edits = 0;
  const h: DirectoryHarness = {
    root,
    live,
    generations: `${live}.generations`,
    fileOf,
    store: openDirectory(live),
    limits: directory.limits,
    prefix: "/p/",
    on: (changed, options) => ({ ...h, store: openDirectory(live, { disk: { ...disk, ...changed }, ...options }) }),
    handPut: async (key, text) => {
      const path = await ownPath(fileOf(key));
      await fs.mkdir(dirname(path), { recursive: true });
      // As `echo >` does, and every other time as editors do.
      if (edits++ % 2 === 0) return fs.writeFile(path, text);
      await fs.writeFile(join(root, "edited"), text);
      return fs.rename(join(root, "edited"), path);
    },
    handDelete: async (key) => fs.rm(await ownPath(fileOf(key))),
    readRaw: async (prefix) =>
      new Map([...(await readTree(await fs.realpath(live)))].filter(([key]) => key.startsWith(prefix))),
    failReads: async () => {
      await fs.rm(live);
      await fs.symlink("live.generations/999999", live);
    },
    dispose: () => fs.rm(root, { recursive: true, force: true }),
  };
  return h;
}

/** A store that has been written to already, by somebody with another prefix. */
export async function usedDirectory(): Promise<DirectoryHarness> {
  const h = await freshDirectory();
  await run(
    h,
    nextHead({ ...h, prefix: "/neighbour/" }, { head: undefined, entries: new Map(), ledgers: new Map() }),
    [],
  );
  return h;
}

/** A commit that needs nothing read before it: writes `/p/orders/a` into a fresh store. */
export async function blindCommit(h: Harness): Promise<readonly CommitEvent[]> {
  const nothing = { head: undefined, entries: new Map(), ledgers: new Map() };
  return run(h, nextHead(h, nothing), [group(h, nothing, "orders", [put("/p/orders/a", "1")])]);
}

/** The value of a key that is a folder too stands in the folder. */
async function ownPath(path: string): Promise<string> {
  const isFolder = await fs.stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  return isFolder ? join(path, "%self") : path;
}

/** Reads the tree as `docs/stores.md` describes it, for names that trueup wrote. */
async function readTree(root: string): Promise<Map<Key, string>> {
  const found = new Map<Key, string>();
  for (const entry of await fs.readdir(root, { withFileTypes: true, recursive: true })) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    const names = path
      .slice(root.length)
      .replaceAll("%+/", "")
      .replace(/\/%self$/u, "")
      .split("/");
    const segments = names.map((name) =>
      name === "%empty" ? "" : name.split("%2F").map(decodeURIComponent).join("%2F"),
    );
    found.set(segments.join("/"), await fs.readFile(path, "utf8"));
  }
  return found;
}

/** The real disk, with a look at every operation before it is done; what `before` throws, the operation throws. */
export function watchedDisk(before: (operation: keyof Disk, path: string, to?: unknown) => void): Disk {
  const watch =
    <A extends readonly [string, ...unknown[]], R>(name: keyof Disk, work: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      before(name, args[0], args[1]);
      return work(...args);
    };
  return {
    list: watch("list", disk.list),
    facts: watch("facts", disk.facts),
    read: watch("read", disk.read),
    readLink: watch("readLink", disk.readLink),
    write: watch("write", disk.write),
    link: watch("link", disk.link),
    symlink: watch("symlink", disk.symlink),
    rename: watch("rename", disk.rename),
    createFolder: watch("createFolder", disk.createFolder),
    createFolders: watch("createFolders", disk.createFolders),
    remove: watch("remove", disk.remove),
    removeEmptyFolder: watch("removeEmptyFolder", disk.removeEmptyFolder),
    removeTree: watch("removeTree", disk.removeTree),
    flush: watch("flush", disk.flush),
  };
}

/** True for operations that leave something different on the disk, or make sure that it is there. */
export function isChange(operation: keyof Disk): boolean {
  return !["list", "facts", "read", "readLink"].includes(operation);
}

export function diskError(code: string, path?: string): Error {
  return Object.assign(new Error(code), { code, ...(path === undefined ? {} : { path }) });
}
