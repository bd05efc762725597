/** Finds the config repo around the working directory, its commit, and opens it. */
import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve as resolvePath } from "node:path";
import { Failure } from "../failure.ts";
import type { Git } from "../git/git.ts";
import { locate } from "../load/locate.ts";
import { folderSource } from "../load/source.ts";
import type { At, Position } from "../model.ts";
import { type Project, openProject } from "../project.ts";
import type { LocatedProblem, Problem } from "../problem.ts";
import { isPrivateLine } from "../private-line.ts";
import { drivers } from "../stores/registry.ts";
import type { Io } from "./io.ts";
import type { CommonOptions } from "./options.ts";

export interface OpenedProject extends Project {
  /** Config root, absolute. */
  readonly folder: string;
  readonly git: Git | undefined;
  /** Full id of the commit at hand; null outside Git. */
  readonly commit: string | null;
  /** True: files differ from the commit. */
  readonly dirty: boolean;
  readonly locate: (at: At) => Position | undefined;
}

/**
 * Opens the config repo. In CI the files are read from Git at the exact commit, so that nothing a job left lying around
 * is taken for configuration; elsewhere they are read as they stand. `withGit` is false for commands that only look
 * at files: asking Git takes longer than everything else they do.
 */
export async function open(options: CommonOptions, io: Io, withGit = true): Promise<OpenedProject> {
  const folder = findRoot(options.dir === undefined ? io.cwd : resolvePath(io.cwd, options.dir));
  const inCi = (io.env.CI ?? "") !== "" && io.env.CI !== "false";
  const git = withGit || inCi ? await (await import("../git/git.ts")).openGit(folder) : undefined;
  const commit = git?.opened ?? null;
  const fromGit = git !== undefined && commit !== null && inCi;
  const source = fromGit ? await git.files(commit) : folderSource(folder);
  const isDirty = git !== undefined && commit !== null && !fromGit && (await git.isDirty());
  const project = await openProject(source, drivers, options.profile);
  const { sources } = project.loaded;
  return { ...project, folder, git, commit, dirty: isDirty, locate: (at) => locate(at, sources) };
}

/** Config root below the top of the repository: `""` or `config/`. */
export function prefixOf({ git }: Pick<OpenedProject, "git">): string {
  return git === undefined || git.root === "" ? "" : `${git.root}/`;
}

/** {@link prefixOf} without opening the config repo: it may be broken. */
export async function prefixAt(dir: string, io: Pick<Io, "cwd">): Promise<string> {
  const folder = findRoot(resolvePath(io.cwd, dir));
  return prefixOf({ git: await (await import("../git/git.ts")).openGit(folder) });
}

/** The config repo as it was at another commit; undefined if it did not exist there. */
export async function openAt(
  project: OpenedProject,
  commit: string,
  options: CommonOptions,
): Promise<Project | undefined> {
  if (project.git === undefined)
    throw new Failure(
      "HISTORY",
      "this folder is not in a Git repository, so there is no other version to compare with",
    );
  const source = await project.git.files(commit);
  return source.list().some((entry) => entry.path === "trueup.yaml")
    ? openProject(source, drivers, options.profile)
    : undefined;
}

/** The nearest folder upwards that holds trueup.yaml. */
function findRoot(start: string): string {
  if (!existsSync(start) || !statSync(start).isDirectory()) throw new Failure("USAGE", `${start} is not a folder`);
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "trueup.yaml"))) return folder;
    if (dirname(folder) === folder) {
      throw new Failure("USAGE", `there is no trueup.yaml in ${start} or above it`, {
        fix: "run trueup init, or name the folder with -C",
      });
    }
  }
}

/** Problems with their places. Masked, whoever found them, where the line may hold a secret. */
export function located(
  problems: readonly Problem[],
  { locate: find, loaded }: Pick<OpenedProject, "locate" | "loaded">,
): LocatedProblem[] {
  const broken = new Set(problems.filter(({ code }) => code.startsWith("TU1")).map(({ at }) => at?.file));
  return problems.map((problem) => {
    const position = problem.at === undefined ? undefined : find(problem.at);
    const masked = problem.masked === true || (position !== undefined && mayHoldSecret(position, loaded, broken));
    const { discreet, ...plain } = problem;
    return {
      ...plain,
      ...(masked ? { ...discreet, masked } : {}),
      position,
      notePositions: (problem.notes ?? []).map((note) => (note.at === undefined ? undefined : find(note.at))),
    };
  });
}

/**
 * Schemas have names of secrets, and no values. In secrets.yaml nothing but names and settings belongs; in one that is
 * `broken`, what else stands there may be meant as a value.
 */
function mayHoldSecret(
  { file, line }: Position,
  { sources, secretNames }: Project["loaded"],
  broken: ReadonlySet<string | undefined>,
): boolean {
  if (/(?:^|\/)secrets\.yaml$/u.test(file)) return broken.has(file);
  if (/(?:^|\/)schema\.yaml$|^schemas\//u.test(file)) return false;
  const text = sources.get(file)?.text ?? "";
  return isPrivateLine(text, offsetOf(text, line), secretNames);
}

/** Where a line starts, counted from 1. */
function offsetOf(text: string, line: number): number {
  let offset = 0;
  for (let at = 1; at < line; at++) offset = text.indexOf("\n", offset) + 1;
  return offset;
}
