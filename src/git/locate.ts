/** Finding the repository around a folder. */
import { existsSync, realpathSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { Failure } from "../failure.ts";
import { isCi } from "./environment.ts";
import { gitFailure, runGit } from "./process.ts";

export interface Location {
  /** Absolute path of the work tree's top. */
  readonly top: string;
  /** The folder relative to the top, with forward slashes and none at the end; `""` at the top. */
  readonly root: string;
  /** History is cut off somewhere. */
  readonly shallow: boolean;
  /** The commit that was checked out then; undefined before the first one. */
  readonly opened: string | undefined;
  /** `-c` settings that calls in this repository need. */
  readonly settings: readonly string[];
}

/**
 * The repository that holds the folder; undefined outside of one. A checkout that belongs to another user is used
 * only in CI, where containers have other user numbers than the runner: anywhere else it might be a trap
 * (CVE-2022-24765), and Git's own refusal stands.
 */
export async function locate(folder: string): Promise<Location | undefined> {
  // Every start of a program is felt, and without `.git` there is no work tree: GIT_DIR and the like are not passed on.
  if (existsSync(folder) && !hasGitAbove(realpathSync(folder))) return undefined;
  const settings: string[] = [];
  // All at once, because every start of a program is felt.
  const question = [
    "rev-parse",
    "--is-inside-work-tree",
    "--is-shallow-repository",
    "--show-toplevel",
    "--show-prefix",
    "--revs-only",
    "HEAD^{commit}",
  ];
  let answer = await runGit(folder, question);
  const owned = /detected dubious ownership in repository at '([^\n]*)'/u.exec(answer.stderr)?.[1];
  if (answer.code !== 0 && owned !== undefined) {
    if (!isCi(process.env) || !isAbove(owned, folder)) throw foreign(owned);
    settings.push(`safe.directory=${owned}`);
    answer = await runGit(folder, question, { settings });
  }
  if (answer.code !== 0) {
    // The second: in a bare repository, or in the folder .git.
    if (/not a git repository|must be run in a work tree/iu.test(answer.stderr)) return undefined;
    throw gitFailure(question, answer.stderr);
  }
  const [inside, shallow, ...lines] = answer.stdout.toString("utf8").replaceAll("\r\n", "\n").split("\n").slice(0, -1);
  if (inside !== "true") return undefined;
  const opened = /^[\da-f]{40,}$/u.test(lines.at(-1) ?? "") ? lines.pop() : undefined;
  const known = { shallow: shallow === "true", opened, settings };
  const [path = "", below = "", ...rest] = lines;
  // More lines than two: a name of a folder has a line break in it.
  if (rest.length === 0) return { top: path, root: below.replace(/\/$/u, ""), ...known };
  const line = async (flag: string) => {
    const { code, stdout, stderr } = await runGit(folder, ["rev-parse", flag], { settings });
    if (code !== 0) throw gitFailure(["rev-parse"], stderr);
    return stdout.toString("utf8").replace(/\r?\n$/u, "");
  };
  const [top, prefix] = await Promise.all([line("--show-toplevel"), line("--show-prefix")]);
  return { top, root: prefix.replace(/\/$/u, ""), ...known };
}

/** True if the folder or one above it holds `.git`, as a folder or, in further work trees, as a file. */
function hasGitAbove(folder: string): boolean {
  return existsSync(join(folder, ".git")) || (dirname(folder) !== folder && hasGitAbove(dirname(folder)));
}

function isAbove(owned: string, folder: string): boolean {
  const [upper, lower] = [realpathSync(owned), realpathSync(folder)];
  return lower === upper || lower.startsWith(upper.endsWith(sep) ? upper : upper + sep);
}

function foreign(path: string): Failure {
  return new Failure("DENIED", `The repository ${path} belongs to another user, so Git does not trust it.`, {
    fix: `git config --global --add safe.directory '${path}'`,
  });
}
