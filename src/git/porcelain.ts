/** The small questions to Git, asked through simple-git. It is loaded on first use: most commands need no Git. */
import { Failure } from "../failure.ts";
import { SETTINGS, gitEnvironment } from "./environment.ts";
import { gitFailure } from "./process.ts";

export interface Porcelain {
  /** Output of a command that has to work; throws if it does not. One line break at the end is cut off. */
  run(args: readonly string[]): Promise<string>;
  /** Output of a command whose failing is an answer too: undefined. */
  ask(args: readonly string[]): Promise<string | undefined>;
}

/** `settings` are further `-c name=value`. */
export function porcelain(folder: string, settings: readonly string[]): Porcelain {
  let loading: Promise<(args: readonly string[]) => Promise<string>> | undefined;
  const raw = async (args: readonly string[]): Promise<string> => {
    loading ??= load(folder, settings);
    const git = await loading;
    return (await git(args)).replace(/\n$/u, "");
  };
  return {
    run: async (args) => {
      try {
        return await raw(args);
      } catch (error) {
        if (error instanceof Failure) throw error;
        throw gitFailure(args, error instanceof Error ? error.message : String(error));
      }
    },
    ask: async (args) => {
      try {
        return await raw(args);
      } catch {
        return undefined;
      }
    },
  };
}

async function load(
  folder: string,
  settings: readonly string[],
): Promise<(args: readonly string[]) => Promise<string>> {
  const { simpleGit } = await loadSilently();
  const environment = gitEnvironment(process.env);
  const git = simpleGit({
    baseDir: folder,
    config: [...SETTINGS, ...settings],
    allowEnvironment: Object.keys(environment).filter((name) => name.startsWith("GIT_")),
    // simple-git refuses these because they can start programs. Ours switch programs off, or are the user's own.
    unsafe: {
      allowUnsafeFsMonitor: true,
      allowUnsafeHooksPath: true,
      allowUnsafeConfigPaths: true,
      allowUnsafeConfigEnvCount: true,
    },
    // By default a failing command without a message counts as fine.
    errors: (error, result) => error ?? (result.exitCode === 0 ? undefined : Buffer.concat(result.stdErr)),
  }).env(environment);
  return (args) => git.raw([...args]);
}

/** simple-git prints the environment of every Git it starts, with all credentials in it, if DEBUG asks for that while it is loaded. */
async function loadSilently(): Promise<typeof import("simple-git")> {
  const { DEBUG: asked } = process.env;
  delete process.env["DEBUG"];
  try {
    return await import("simple-git");
  } finally {
    if (asked !== undefined) process.env["DEBUG"] = asked;
  }
}
