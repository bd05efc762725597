/** A file system in a world, below the real directory driver: a process can die between any two changes of the disk. */
import { dirname, join } from "node:path";
import type { Key } from "../../src/model.ts";
import type { Disk, Facts, Kind } from "../../src/stores/directory/disk.ts";
import { limits } from "../../src/stores/directory/limits.ts";
import { openDirectory } from "../../src/stores/directory/open.ts";
import type { Cell, Mutation, SimulatedStore, Witness } from "./ground.ts";
import { here } from "./platform.ts";
import { remembered } from "./remembered.ts";
import { digest } from "./stand-ins/canonical.ts";
import { keyAt } from "./stand-ins/key-path.ts";
import { type Actor, EPOCH } from "./world.ts";

interface File {
  readonly kind: "file";
  readonly id: number;
  bytes: Buffer;
  /** The bytes as text, once somebody asked. */
  text: string | undefined;
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

const partsOf = remembered((path): readonly string[] => path.split("/").filter((part) => part !== ""));
const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
/** The key of a file in a generation; empty for any other path. */
const keyOfPath = remembered((path) => /^\/srv\/live\.generations\/\d+(\/.*)$/u.exec(path)?.[1] ?? "");

export function directoryStore(witness: Witness): SimulatedStore {
  const root: Folder = { kind: "folder", names: new Map([["srv", { kind: "folder", names: new Map() }]]) };
  const shown: { cells: ReadonlyMap<Key, Cell> } = { cells: new Map() };
  let inodes = 0;
  /** When somebody last looked at a path: by whom, and at what. */
  const looks = new Map<Actor, Map<string, number>>();
  const look = (path: string): void => {
    const { actor, now: moment } = here();
    const own = looks.get(actor) ?? new Map<string, number>();
    if (own.size === 0) looks.set(actor, own);
    own.set(path, moment);
  };

  const fail = (code: string, path: string): Error => Object.assign(new Error(code), { code, path });

  /** The folder that the first so many parts of a path lead to, through links. */
  function follow(parts: readonly string[], count: number): Folder | undefined {
    let folder = root;
    for (let n = 0; n < count; n++) {
      const node = folder.names.get(parts[n] ?? "");
      const next = node?.kind === "link" ? folderAt(`/srv/${node.target}`) : node;
      if (next?.kind !== "folder") return undefined;
      folder = next;
    }
    return folder;
  }
  function folderAt(path: string): Folder | undefined {
    const parts = partsOf(path);
    return follow(parts, parts.length);
  }
  function nodeAt(path: string): Node | undefined {
    const parts = partsOf(path);
    return follow(parts, parts.length - 1)?.names.get(parts.at(-1) ?? "");
  }
  function parentOf(path: string): Folder {
    const parts = partsOf(path);
    const found = follow(parts, parts.length - 1);
    if (found === undefined) throw fail("ENOENT", path);
    return found;
  }
  function fresh(path: string, node: Node): void {
    const { names } = parentOf(path);
    const name = nameOf(path);
    if (names.has(name)) throw fail("EEXIST", path);
    names.set(name, node);
  }
  /** True for a path that readers of the live generation may see, and for the end of a commit. */
  function isSeen(path: string): boolean {
    const link = root.names.get("srv")?.kind === "folder" ? nodeAt(LIVE) : undefined;
    const live = link?.kind === "link" ? `/srv/${link.target}` : LIVE;
    return path === LIVE || path.startsWith(`${live}/`) || path === live || nameOf(path) === "lock";
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
          text: undefined,
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
        const old = parentOf(to).names.get(nameOf(to));
        if (old?.kind === "folder" && old.names.size > 0) throw fail("ENOTEMPTY", to);
        if (old?.kind === "folder" && node.kind !== "folder") throw fail("EISDIR", to);
        parentOf(from).names.delete(nameOf(from));
        parentOf(to).names.set(nameOf(to), node);
        if (isSeen(to) || isSeen(from)) settle(here().actor.name);
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
        const wasSeen = isSeen(path);
        if (!parentOf(path).names.delete(nameOf(path))) throw fail("ENOENT", path);
        if (wasSeen) settle(here().actor.name);
      }),
    removeEmptyFolder: (path) =>
      now("removeEmptyFolder", path, true, () => {
        const node = nodeAt(path);
        if (node?.kind !== "folder") throw fail("ENOENT", path);
        if (node.names.size > 0) throw fail("ENOTEMPTY", path);
        parentOf(path).names.delete(nameOf(path));
      }),
    removeTree: (path) =>
      now("removeTree", path, true, () => {
        const wasSeen = isSeen(path);
        folderAt(dirname(path))?.names.delete(nameOf(path));
        if (wasSeen) settle(here().actor.name);
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
      mutates: mutates && !path.includes("/tmp-") && nameOf(path) !== "lock",
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
        const text = (node.text ??= node.bytes.toString("utf8"));
        const version = node.private ? `t${node.modified}` : `c${digest(text)}`;
        found.set(keyAt(partsOf(`${prefix}/${name}`)), { text, version, secret: node.private });
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
    for (const key of new Set([...shown.cells.keys(), ...next.keys()])) {
      const [before, after] = [shown.cells.get(key), next.get(key)];
      if (before?.version !== after?.version || before?.text !== after?.text)
        batch.push({ by, at: here().now, key, before, after });
    }
    shown.cells = next;
    if (batch.length > 0) witness(batch);
  }

  const store: Omit<SimulatedStore, "cells"> = {
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
      if (folder.names.get(nameOf(key))?.kind === "folder") return;
      const old = folder.names.get(nameOf(key));
      if (old?.kind === "file") {
        // In place, as `echo >` does; the older generations that share the file see it too.
        old.bytes = Buffer.from(text);
        old.text = text;
        old.modified = wallMicros();
        old.writes++;
      } else
        folder.names.set(nameOf(key), {
          kind: "file",
          id: inodes++,
          bytes: Buffer.from(text),
          text,
          private: secret,
          modified: wallMicros(),
          writes: 0,
        });
      settle("hand");
    },
    handDelete(key) {
      const folder = folderAt(join(LIVE, dirname(key)));
      if (folder?.names.delete(nameOf(key)) === true) settle("hand");
    },
    lookedAt(key) {
      const own = [...(looks.get(here().actor) ?? [])];
      const last = (of: Key): number | undefined => {
        const moments = own.filter(([path]) => keyOfPath(path) === of).map(([, moment]) => moment);
        return moments.length === 0 ? undefined : Math.max(...moments);
      };
      return last(key) ?? last(dirname(key)) ?? last(dirname(dirname(key))) ?? 0;
    },
    relieve: () => undefined,
    async plainRead(prefix) {
      const target = await operations.readLink(LIVE);
      if (target === undefined) return new Map();
      const folder = `/srv/${target}`;
      const found = new Map<Key, string>();
      const collect = async (path: string): Promise<void> => {
        for (const { name, kind } of await operations.list(path)) {
          if (kind === "folder") await collect(`${path}/${name}`);
          else {
            const key = keyAt(partsOf(keyOfPath(`${path}/${name}`)));
            const file = await operations.read(`${path}/${name}`);
            if (file !== undefined && key.startsWith(prefix)) found.set(key, file.bytes.toString("utf8"));
          }
        }
      };
      await collect(folder);
      return (await operations.facts(folder)) === undefined ? undefined : found;
    },
    driver: () => ({
      limits,
      open: () => Promise.resolve(openDirectory(LIVE, { disk: operations, lockWaitMs: 2000 })),
    }),
  };
  return Object.assign(shown, store);
}
