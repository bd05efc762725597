/** Three trees into one, file by file. Pure; the contents of files that changed on both sides are somebody else's work. */

export interface TreeEntry {
  /** `100644`, `100755`, `120000` (symlink), `160000` (submodule). */
  readonly mode: string;
  readonly id: string;
}
/** Every file of a tree by path. */
export type Tree = ReadonlyMap<string, TreeEntry>;

export interface Contested {
  readonly path: string;
  readonly base: TreeEntry | undefined;
  readonly ours: TreeEntry | undefined;
  readonly theirs: TreeEntry | undefined;
}

export interface Merged {
  /** What to change in ours; undefined deletes. */
  readonly changes: ReadonlyMap<string, TreeEntry | undefined>;
  /** Changed on both sides, and differently. */
  readonly contested: readonly Contested[];
}

/** Carries the changes from `base` to `theirs` over to `ours`, for the paths that are `within`. No renames. */
export function mergeTrees(base: Tree, ours: Tree, theirs: Tree, within: (path: string) => boolean): Merged {
  const changes = new Map<string, TreeEntry | undefined>();
  const contested: Contested[] = [];
  for (const path of new Set([...base.keys(), ...theirs.keys()])) {
    const entry = { path, base: base.get(path), ours: ours.get(path), theirs: theirs.get(path) };
    if (!within(path) || same(entry.base, entry.theirs) || same(entry.ours, entry.theirs)) continue;
    if (same(entry.base, entry.ours)) changes.set(path, entry.theirs);
    else contested.push(entry);
  }
  return { changes, contested };
}

function same(a: TreeEntry | undefined, b: TreeEntry | undefined): boolean {
  return a?.mode === b?.mode && a?.id === b?.id;
}

/** True if the path is one of these files, or below one of these folders. No paths: everything. */
export function pathFilter(paths: readonly string[]): (path: string) => boolean {
  const wanted = paths.map((path) => path.replace(/\/+$/u, ""));
  if (wanted.length === 0 || wanted.includes("")) return () => true;
  return (path) => wanted.some((one) => path === one || path.startsWith(`${one}/`));
}
