/** The few things this store does to a file system. Tests put their own in front: to fail, to count, to kill. */
import { constants, type BigIntStats, type Dirent } from "node:fs";
import * as fs from "node:fs/promises";

export type Kind = "file" | "folder" | "link" | "other";

/** What a file system says about one name, the name itself and not where a link leads. */
export interface Facts {
  readonly kind: Kind;
  /** Nobody but the owner may look into it: how a secret is marked. */
  readonly private: boolean;
  /** Last write of the content, in microseconds since 1970: as exact as Node can set it again on a copy. */
  readonly modified: bigint;
  /** Differs as soon as the file is written or replaced, but not when it gets another hard link. */
  readonly trace: string;
}

export interface Disk {
  /** Names in a folder; none where there is no folder. */
  readonly list: (folder: string) => Promise<readonly { readonly name: string; readonly kind: Kind }[]>;
  readonly facts: (path: string) => Promise<Facts | undefined>;
  /** Content and facts that belong together; undefined where nothing is. Never follows a link. */
  readonly read: (path: string) => Promise<{ readonly bytes: Buffer; readonly facts: Facts } | undefined>;
  /** Where a symbolic link leads; undefined where nothing is. */
  readonly readLink: (path: string) => Promise<string | undefined>;
  /** Creates a file that must not exist, and waits until it is on the disk. `modified` as in {@link Facts}. */
  readonly write: (
    path: string,
    bytes: Uint8Array,
    options: { readonly private: boolean; readonly modified?: bigint },
  ) => Promise<Facts>;
  /** A second name for a file; the new name must not exist. */
  readonly link: (from: string, to: string) => Promise<void>;
  readonly symlink: (target: string, path: string) => Promise<void>;
  readonly rename: (from: string, to: string) => Promise<void>;
  /** Creates one folder that must not exist, open to readers. */
  readonly createFolder: (path: string) => Promise<void>;
  /** Creates a folder with all folders above it, as far as they are missing. */
  readonly createFolders: (path: string) => Promise<void>;
  readonly remove: (path: string) => Promise<void>;
  readonly removeEmptyFolder: (path: string) => Promise<void>;
  /** Removes a folder with all that is in it, or a file. Follows no link; fine if it is not there. */
  readonly removeTree: (path: string) => Promise<void>;
  /** Waits until the names in a folder are on the disk. */
  readonly flush: (folder: string) => Promise<void>;
}

const PRIVATE = 0o600;
const OPEN = 0o644;
const OPEN_FOLDER = 0o755;
/** A file of more than 64 MiB is no value; reading it would only eat the memory. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Times a file that is being written is read again. */
const TRIES = 5;

export const disk: Disk = {
  async list(folder) {
    const found = await fs.readdir(folder, { withFileTypes: true }).catch(absent);
    return (found ?? []).map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
  },
  async facts(path) {
    const stats = await fs.lstat(path, { bigint: true }).catch(absent);
    return stats && factsOf(stats);
  },
  async read(path) {
    // O_NONBLOCK: opening a pipe that nobody writes to would wait for ever.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const handle = await fs.open(path, flags).catch(absent);
    if (handle === undefined) return undefined;
    try {
      return await readSteadily(handle, path);
    } finally {
      await handle.close();
    }
  },
  readLink: (path) => fs.readlink(path).catch(absent),
  async write(path, bytes, options) {
    // Private from the first moment: between creating and opening up, nobody else can look.
    const handle = await fs.open(path, "wx", PRIVATE);
    try {
      await handle.writeFile(bytes);
      await handle.chmod(options.private ? PRIVATE : OPEN);
      if (options.modified !== undefined) {
        const seconds = secondsOf(options.modified);
        await handle.utimes(seconds, seconds);
      }
      await handle.sync();
      return factsOf(await handle.stat({ bigint: true }));
    } finally {
      await handle.close();
    }
  },
  link: fs.link,
  symlink: (target, path) => fs.symlink(target, path),
  rename: fs.rename,
  async createFolder(path) {
    await fs.mkdir(path);
    await fs.chmod(path, OPEN_FOLDER);
  },
  async createFolders(path) {
    await fs.mkdir(path, { recursive: true });
  },
  remove: fs.unlink,
  removeEmptyFolder: fs.rmdir,
  removeTree: (path) => fs.rm(path, { recursive: true, force: true }),
  async flush(folder) {
    const handle = await fs.open(folder, constants.O_RDONLY);
    try {
      await handle.sync().catch(unsupported);
    } finally {
      await handle.close();
    }
  },
};

/** `ENOSPC`, `EACCES`, …; undefined for errors that do not come from the file system. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}

/** A file that is written while it is read is read again, until nothing changed from beginning to end. */
async function readSteadily(handle: fs.FileHandle, path: string): Promise<{ bytes: Buffer; facts: Facts }> {
  let before = await handle.stat({ bigint: true });
  for (let tries = 0; tries < TRIES; tries++) {
    if (before.size > MAX_BYTES) throw Object.assign(new Error("too large"), { code: "EFBIG", path });
    const bytes = await readBytes(handle, Number(before.size));
    const after = await handle.stat({ bigint: true });
    const facts = factsOf(after);
    if (facts.trace === factsOf(before).trace && bytes.length === Number(after.size)) return { bytes, facts };
    before = after;
  }
  throw Object.assign(new Error("the file is being written all the time"), { code: "EAGAIN", path });
}

async function readBytes(handle: fs.FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await handle.read(bytes, length, size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

function factsOf(stats: BigIntStats): Facts {
  return {
    kind: kindOf(stats),
    private: (stats.mode & 0o077n) === 0n,
    modified: stats.mtimeNs / 1000n,
    trace: `${stats.dev}.${stats.ino}.${stats.mode}.${stats.mtimeNs}.${stats.size}`,
  };
}

function kindOf(entry: Pick<Dirent | BigIntStats, "isFile" | "isDirectory" | "isSymbolicLink">): Kind {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "folder";
  return entry.isSymbolicLink() ? "link" : "other";
}

/** Node takes seconds with fractions. The half microsecond keeps its rounding down from losing a whole one. */
function secondsOf(microseconds: bigint): number {
  return (Number(microseconds) + 0.5) / 1e6;
}

/** For `catch`: nothing where nothing is. */
export const absent = noneAt("ENOENT");
/** Some file systems have no such thing for folders. */
const unsupported = noneAt("EINVAL", "ENOTSUP");

/** For `catch`: nothing instead of an error with one of the codes. Any other error stays one. */
function noneAt(...codes: readonly string[]): (error: unknown) => undefined {
  const expected = new Set<string | undefined>(codes);
  return (error) => {
    if (!expected.has(codeOf(error))) throw error;
  };
}
