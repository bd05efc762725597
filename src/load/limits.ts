/** Budgets of loading. Over budget is a problem (TU1011), never a crash or a wait. */
export const LIMITS = {
  /** Bytes of one file. */
  fileBytes: 1_048_576,
  /** Files and folders below `apps/`, `shared/` and `schemas/`. */
  files: 20_000,
  /** Bytes of those files together. */
  treeBytes: 67_108_864,
  /** Folders inside folders. */
  folders: 32,
  /** Characters of a whole path: far below what systems allow, so that the config root may lie deep itself. */
  pathLength: 1024,
  /** UTF-8 bytes of one file or folder name; what ext4, APFS and NTFS allow. */
  nameBytes: 255,
  /** Maps and lists inside each other, aliases followed. */
  depth: 64,
  keysPerMap: 10_000,
  /** Values and keys of one file, aliases followed. */
  nodes: 1_000_000,
  /** Entries that `<<` copies in one file. */
  mergedKeys: 100_000,
  /** How many times more nodes aliases may add than are written. */
  aliasFactor: 100,
  /** UTF-8 bytes of one key. */
  keyBytes: 512,
  /** Problems of one file that are listed; the last one says how many more there are. */
  problemsPerFile: 100,
} as const;

/** `1 MiB`, `64 MiB`, `512 bytes`. */
export function formatBytes(bytes: number): string {
  return bytes >= 1_048_576 ? `${Math.round(bytes / 1_048_576)} MiB` : `${bytes} bytes`;
}

/** `10,000`: the same on every machine, whatever its locale. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/gu, ",");
}
