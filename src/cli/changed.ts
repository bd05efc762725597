/** Which apps a branch touches. In doubt: all of them. */
import { isFailure } from "../failure.ts";
import type { App } from "../model.ts";
import { plural } from "../report/words.ts";
import type { Io } from "./io.ts";
import type { OpenedProject } from "./project.ts";

/**
 * Names of the apps with a change since a commit (a full id, a branch, a tag); undefined: all. A change outside of the
 * folders of apps may reach any of them, and a commit that is not in the clone tells nothing; a note says so.
 */
export async function changedApps(
  project: OpenedProject,
  since: string,
  io: Io,
): Promise<ReadonlySet<string> | undefined> {
  const { git, commit } = project;
  const apps = project.loaded.repo?.apps;
  if (apps === undefined) return undefined;
  if (git === undefined || commit === null) return everything("this folder is not in Git", io);
  try {
    const paths = await git.changedPaths(await git.resolve(since), commit);
    // Files that are not committed yet belong to the branch as well.
    if (project.dirty) return everything("files differ from the commit", io);
    const touched = appsOf(below(paths, git.root), apps);
    if (touched === undefined) return everything("more than apps changed", io);
    io.err(`Note  ${plural(touched.size, "app")} changed; the others are not checked\n`);
    return touched;
  } catch (error) {
    if (!isFailure(error) || error.code !== "HISTORY") throw error;
    return everything(error.message, io);
  }
}

function everything(why: string, io: Io): undefined {
  io.err(`Note  ${why}: everything is checked\n`);
}

function below(paths: readonly string[], root: string): readonly string[] {
  if (root === "") return paths;
  return paths.flatMap((path) => (path.startsWith(`${root}/`) ? [path.slice(root.length + 1)] : []));
}

const CONFIGURATION = /^(?:trueup\.ya?ml$|(?:apps|shared|schemas)\/)/u;

function appsOf(paths: readonly string[], apps: readonly App[]): ReadonlySet<string> | undefined {
  const touched = new Set<string>();
  for (const path of paths.filter((one) => CONFIGURATION.test(one))) {
    const app = apps.find(({ folder }) => path.startsWith(`${folder}/`));
    // Shared values and schemas, or the folder of an app that is gone.
    if (app === undefined) return undefined;
    touched.add(app.name);
  }
  return touched;
}
