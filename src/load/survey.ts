/** What a tree of files may hold: no links, no foreign repositories, no names that mean two things, not too much of it. */
import type { Problem } from "../problem.ts";
import { showName } from "./characters.ts";
import { formatBytes, formatCount, LIMITS } from "./limits.ts";
import { foldName, judgeName } from "./names.ts";
import { CONFIG_FILE } from "./settings.ts";
import { OWN_FOLDERS } from "./source.ts";
import type { TreeEntry } from "./source.ts";

export interface Survey {
  /** Plain files of ours with good names, sorted as they came. */
  readonly files: readonly TreeEntry[];
  readonly problems: readonly Problem[];
  /** Over budget: nothing may be read. */
  readonly stop: boolean;
}

/** Looks at names and kinds only. Files outside `apps/`, `shared/`, `schemas/` and `trueup.yaml` are nobody's business. */
export function survey(entries: readonly TreeEntry[]): Survey {
  const own = ownEntries(entries);
  const over = overBudget(own);
  if (over !== undefined) return { files: [], problems: [over], stop: true };
  const twins = findTwins(own);
  const problems = [...new Set(twins.values()), ...misspelt(entries)];
  const files: TreeEntry[] = [];
  const judge = remembered(judgeName);
  for (const entry of own) {
    const problem = judgeEntry(entry, judge);
    if (problem !== undefined) problems.push(problem);
    else if (entry.kind === "file" && !twins.has(entry.path)) files.push(entry);
  }
  return { files, problems, stop: false };
}

/** Ours among them; of too many, one more than the budget allows. */
function ownEntries(entries: readonly TreeEntry[]): TreeEntry[] {
  const own: TreeEntry[] = [];
  for (const entry of entries) {
    if (own.length > LIMITS.files) break;
    if (isOwn(entry.path)) own.push(entry);
  }
  return own;
}

/** Dot files belong to editors and systems: `.DS_Store`, `.#base.yaml`, `.base.yaml.swp`. `..` is no such name. */
function isOwn(path: string): boolean {
  const top = topOf(path);
  return (OWN_FOLDERS.includes(top) || path === CONFIG_FILE) && !/\/\.[^./]/u.test(path);
}

function topOf(path: string): string {
  const slash = path.indexOf("/");
  return slash < 0 ? path : path.slice(0, slash);
}

function overBudget(entries: readonly TreeEntry[]): Problem | undefined {
  let bytes = 0;
  if (entries.length > LIMITS.files)
    return tooMuch(`apps/, shared/ and schemas/ hold more than ${formatCount(LIMITS.files)} files and folders`, "apps");
  for (const { path, size } of entries) {
    const steps = path.split("/");
    if (steps.length > LIMITS.folders)
      return tooMuch(`folders are nested more than ${LIMITS.folders} deep`, steps.slice(0, 3).join("/"));
    if (/\.(?:ya?ml|json|hbs)$/u.test(path)) bytes += Math.min(size, LIMITS.fileBytes + 1);
  }
  return bytes > LIMITS.treeBytes
    ? tooMuch(`apps/, shared/ and schemas/ hold more than ${formatBytes(LIMITS.treeBytes)}`, "apps")
    : undefined;
}

function tooMuch(message: string, file: string): Problem {
  const fix = "keep only configuration in these folders; split the repo if it has become too large";
  return { code: "TU1011", severity: "error", message, at: { file }, fix };
}

const KINDS: Readonly<Record<string, string>> = {
  symlink: "a symbolic link; what it points to may differ from machine to machine",
  submodule: "a repository of its own (a Git submodule)",
  special: "a device, pipe or socket",
};

type Judge = (name: string) => string | undefined;

/** Folder names come again with every file in them. */
function remembered(judge: Judge): Judge {
  const known = new Map<string, string | undefined>();
  return (name) => {
    if (!known.has(name)) known.set(name, judge(name));
    return known.get(name);
  };
}

function judgeEntry({ path, kind }: TreeEntry, judge: Judge): Problem | undefined {
  const fault = path
    .split("/")
    .map(judge)
    .find((one) => one !== undefined);
  if (fault !== undefined)
    return {
      code: "TU1013",
      severity: "error",
      message: `the name ${showName(path)} ${fault}`,
      at: { file: path },
      fix: "rename it with letters, digits and . _ -",
    };
  if (path.length > LIMITS.pathLength)
    return { code: "TU1013", severity: "error", message: `the path ${showName(path)} is too long`, at: { file: path } };
  const what = KINDS[kind];
  if (what === undefined) return undefined;
  return {
    code: "TU1012",
    severity: "error",
    message: `${path} is ${what}`,
    at: { file: path },
    fix: "put a plain file here; shared values go into shared/ and are referred to by templates",
  };
}

/** Files and folders that are one on macOS and Windows: `Prod.yaml` and `prod.yaml`. Both are left out. */
function findTwins(entries: readonly TreeEntry[]): Map<string, Problem> {
  const first = new Map<string, string>();
  const seen = new Set<string>();
  const twins = new Map<string, Problem>();
  for (const { path } of entries) {
    for (const part of partsOf(path)) {
      if (seen.has(part)) break;
      seen.add(part);
      const folded = foldName(part);
      const other = first.get(folded);
      if (other === undefined) first.set(folded, part);
      else if (other !== part && !twins.has(part)) twins.set(part, twinProblem(part, other));
    }
  }
  for (const [path, problem] of twins) {
    const other = first.get(foldName(path));
    if (other !== undefined && !twins.has(other)) twins.set(other, problem);
  }
  return twins;
}

/** The path and the folders above it, which a listing may not name. */
function partsOf(path: string): string[] {
  const parts = [path];
  for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) parts.push(path.slice(0, at));
  return parts;
}

function twinProblem(path: string, other: string): Problem {
  return {
    code: "TU1013",
    severity: "error",
    message: `${showName(path)} and ${showName(other)} are one file on macOS and Windows`,
    at: { file: path },
    fix: "rename or remove one of them",
  };
}

/** `Apps/` would simply not be read: better to say so. */
function misspelt(entries: readonly TreeEntry[]): Problem[] {
  const tops = new Set(entries.map(({ path }) => topOf(path)));
  return [...tops].flatMap((top): Problem[] => {
    const meant = [...OWN_FOLDERS, CONFIG_FILE].find((name) => name !== top && name === foldName(top));
    if (meant === undefined) return [];
    return [
      {
        code: "TU1007",
        severity: "error",
        message: `${showName(top)} is not read; did you mean ${meant}?`,
        at: { file: top },
        fix: `rename it to ${meant}`,
      },
    ];
  });
}
