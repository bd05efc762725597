/** A file system in a world, below the real directory driver: a process can die between any two changes of the disk. */
import { basename, dirname, join, resolve } from "node:path";
import { digest } from "../../src/canonical.ts";
import type { Key } from "../../src/model.ts";
import type { Disk, Facts, Kind } from "../../src/stores/directory/disk.ts";
import { limits } from "../../src/stores/directory/limits.ts";
import { openDirectory } from "../../src/stores/directory/open.ts";
import type { Cell, Mutation, SimulatedStore, Witness } from "./ground.ts";
import { here } from "./platform.ts";
import { EPOCH } from "./world.ts";

interface File {
  readonly kind: "file";
  readonly id: number;
  bytes: Buffer;
  private: boolean;
  modified: bigint;
  writes: number;
}
interface Folder {
  readonly kind: "folder";
  readonly names: Map<string, Node>;
}
interface Link {
  readonly kind: "link";
  readonly target: string;
}
type Node = File | Folder | Link;

const LIVE = "/srv/live";
/** Share of the calls before which others may get their turn; a disk is fast, and every call may be the last one. */
const YIELDS = 0.2;

export function directoryStore(witness: Witness): SimulatedStore {
  const root: Folder = { kind: "folder", names: new Map([["srv", { kind: "folder", names: new Map() }]]) };
  let cells: ReadonlyMap<Key, Cell> = new Map();
  let inodes = 0;
  const looks = new Map<string, number>();
  /** Looks at a live generation, by whom and at what. */
  const look = (path: string): void => {
    const key = /^\/srv\/live\.generations\/\d+(\/.*)$/u.exec(path)?.[1];
    if (key !== undefined) looks.set(`${here().actor.name} ${key}`, here().now);
  };

  const fail = (code: string, path: string): Error => Object.assign(new Error(code), { code, path });
  const partsOf = (path: string): string[] => path.split("/").filter((part) => part !== "");

  function folderAt(path: string): Folder | undefined {
    let node: Node | undefined = root;
    for (const part of partsOf(path)) {
      if (node?.kind === "link") node = nodeAt(resolve("/srv", node.target));
      if (node?.kind !== "folder") return undefined;
      node = node.names.get(part);
    }
    if (node?.kind === "link") return folderAt(resolve("/srv", node.target));
    return node?.kind === "folder" ? node : undefined;
  }
  function nodeAt(path: string): Node | undefined {
    return partsOf(path).length === 0 ? root : folderAt(dirname(path))?.names.get(basename(path));
  }
  function parentOf(path: string): Folder {
    const found = folderAt(dirname(path));
    if (found === undefined) throw fail("ENOENT", path);
    return found;
  }
  function fresh(path: string, node: Node): void {
    const parent = parentOf(path);
    if (parent.names.has(basename(path))) throw fail("EEXIST", path);
    parent.names.set(basename(path), node);
  }
  function factsOf(node: Node): Facts {
    if (node.kind === "file") {
      const { private: isPrivate, modified, id, writes } = node;
      return { kind: "file", private: isPrivate, modified, trace: `${id}.${writes}` };
    }
    return { kind: node.kind, private: false, modified: 0n, trace: node.kind };
  }
  const wallMicros = (): bigint => BigInt(EPOCH + here().now + here().actor.skew) * 1000n;

  const operations: Disk = {
    list: (folder) =>
      now("list", folder, false, () => {
        look(folder);
        return [...(folderAt(folder)?.names ?? [])].map(([name, node]) => ({ name, kind: node.kind as Kind }));
      }),
    facts: (path) =>
      now("facts", path, false, () => {
        const node = nodeAt(path);
        look(path);
        return node === undefined ? undefined : factsOf(node);
      }),
    read: (path) =>
      now("read", path, false, () => {
        const node = nodeAt(path);
        if (node === undefined) return undefined;
        if (node.kind !== "file") throw fail("ELOOP", path);
        return { bytes: node.bytes, facts: factsOf(node) };
      }),
    readLink: (path) =>
      now("readLink", path, false, () => {
        const node = nodeAt(path);
        if (node !== undefined && node.kind !== "link") throw fail("EINVAL", path);
        return node?.target;
      }),
    write: (path, bytes, { private: isPrivate, modified }) =>
      now("write", path, true, () => {
        const file: File = {
          kind: "file",
          id: inodes++,
          bytes: Buffer.from(bytes),
          private: isPrivate,
          modified: modified ?? wallMicros(),
          writes: 0,
        };
        fresh(path, file);
        return factsOf(file);
      }),
    link: (from, to) =>
      now("link", to, true, () => {
        const node = nodeAt(from);
        if (node === undefined) throw fail("ENOENT", from);
        fresh(to, node);
      }),
    symlink: (target, path) => now("symlink", path, true, () => fresh(path, { kind: "link", target })),
    rename: (from, to) =>
      now("rename", to, true, () => {
        const node = nodeAt(from);
        if (node === undefined) throw fail("ENOENT", from);
        const old = parentOf(to).names.get(basename(to));
        if (old?.kind === "folder" && old.names.size > 0) throw fail("ENOTEMPTY", to);
        if (old?.kind === "folder" && node.kind !== "folder") throw fail("EISDIR", to);
        parentOf(from).names.delete(basename(from));
        parentOf(to).names.set(basename(to), node);
        settle(here().actor.name);
      }),
    createFolder: (path) => now("createFolder", path, true, () => fresh(path, { kind: "folder", names: new Map() })),
    createFolders: (path) =>
      now("createFolders", path, true, () => {
        let at = "";
        for (const part of partsOf(path)) {
          at = join(at, "/", part);
          if (nodeAt(at) === undefined) fresh(at, { kind: "folder", names: new Map() });
        }
      }),
    remove: (path) =>
      now("remove", path, true, () => {
        if (!parentOf(path).names.delete(basename(path))) throw fail("ENOENT", path);
        settle(here().actor.name);
      }),
    removeEmptyFolder: (path) =>
      now("removeEmptyFolder", path, true, () => {
        const node = nodeAt(path);
        if (node?.kind !== "folder") throw fail("ENOENT", path);
        if (node.names.size > 0) throw fail("ENOTEMPTY", path);
        parentOf(path).names.delete(basename(path));
      }),
    removeTree: (path) =>
      now("removeTree", path, true, () => {
        folderAt(dirname(path))?.names.delete(basename(path));
        settle(here().actor.name);
      }),
    flush: (folder) => now("flush", folder, false, () => undefined),
  };

  /** A call of the disk. Most are done on the spot; before some of them others have their turn. */
  function now<T>(name: string, path: string, mutates: boolean, perform: () => T): Promise<T> {
    const world = here();
    const { actor } = world;
    const isMarked = actor.crash?.call === actor.calls || actor.faults.has(actor.calls) || actor.calls >= actor.expired;
    if (actor.alive && !isMarked && !actor.dice.chance(YIELDS)) {
      actor.calls++;
      try {
        return Promise.resolve(perform());
      } catch (error) {
        return Promise.reject(error);
      }
    }
    return world.call({
      what: `${name} ${path}`,
      mutates: mutates && !path.includes("/tmp-") && basename(path) !== "lock",
      perform,
      broken: (fault) => {
        throw fail(fault === "expired" ? "EACCES" : "ENOSPC", path);
      },
    });
  }

  function liveCells(): Map<Key, Cell> {
    const found = new Map<Key, Cell>();
    const collect = (folder: Folder, prefix: string): void => {
      for (const [name, node] of folder.names) {
        if (node.kind === "folder") collect(node, `${prefix}/${name}`);
        if (node.kind !== "file") continue;
        const text = node.bytes.toString("utf8");
        const version = node.private ? `t${node.modified}` : `c${digest(text)}`;
        found.set(`${prefix}/${name}`, { text, version, secret: node.private });
      }
    };
    const live = folderAt(LIVE);
    if (live !== undefined) collect(live, "");
    return found;
  }

  /** What readers see now, compared with what they saw before. */
  function settle(by: string): void {
    const next = liveCells();
    const batch: Mutation[] = [];
    for (const key of new Set([...cells.keys(), ...next.keys()])) {
      const [before, after] = [cells.get(key), next.get(key)];
      if (before?.version !== after?.version || before?.text !== after?.text)
        batch.push({ by, at: here().now, key, before, after });
    }
    cells = next;
    if (batch.length > 0) witness(batch);
  }

  return {
    get cells() {
      return cells;
    },
    handPut(key, text, secret) {
      const live = folderAt(LIVE);
      if (live === undefined) return;
      let folder = live;
      for (const part of partsOf(dirname(key))) {
        const next = folder.names.get(part) ?? { kind: "folder" as const, names: new Map<string, Node>() };
        folder.names.set(part, next);
        if (next.kind !== "folder") return;
        folder = next;
      }
      const old = folder.names.get(basename(key));
      if (old?.kind === "file") {
        // In place, as `echo >` does; the older generations that share the file see it too.
        old.bytes = Buffer.from(text);
        old.modified = wallMicros();
        old.writes++;
      } else
        folder.names.set(basename(key), {
          kind: "file",
          id: inodes++,
          bytes: Buffer.from(text),
          private: secret,
          modified: wallMicros(),
          writes: 0,
        });
      settle("hand");
    },
    handDelete(key) {
      const folder = folderAt(join(LIVE, dirname(key)));
      if (folder?.names.delete(basename(key)) === true) settle("hand");
    },
    lookedAt(key) {
      const by = here().actor.name;
      return (
        looks.get(`${by} ${key}`) ??
        looks.get(`${by} ${dirname(key)}`) ??
        looks.get(`${by} ${dirname(dirname(key))}`) ??
        0
      );
    },
    relieve: () => undefined,
    driver: () => ({
      limits,
      open: () => Promise.resolve(openDirectory(LIVE, { disk: operations, lockWaitMs: 2000 })),
    }),
  };
}
