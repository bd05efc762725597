/** Names that a variable cannot have, or must not have because a program would obey it. */

/** What a variable is made for. `data`: JSON and YAML, where a name is only a name. */
export type NameUse = "exec" | "file" | "github" | "data";

/** The dynamic loader and the shell run code that these name, before the program's own first line. */
const STEERS_LOADER = /^(?:LD_(?:PRELOAD|AUDIT|LIBRARY_PATH)|DYLD_\w+|BASH_ENV|BASH_FUNC_\w*|PROMPT_COMMAND)$/u;
/** Read-only in bash, or so much part of it that a file with such a line breaks the shell that reads it. */
const SHELL_OWN = /^(?:PATH|IFS|UID|EUID|PPID|BASHOPTS|SHELLOPTS|BASH_VERSINFO|PS4)$/u;
/** The runner refuses or ignores these in GITHUB_ENV, or a later step would obey them (actions/runner, SetEnvFileCommand). */
const RUNNER_OWN = /^(?:NODE_OPTIONS|CI|GITHUB_\w*|RUNNER_\w*|ACTIONS_\w*)$/iu;

/** Why a name cannot be used; undefined if it can. */
export function nameFault(name: string, use: NameUse): string | undefined {
  if (use === "data") return undefined;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/u.test(name)) return "is not a name that a shell can hold";
  if (STEERS_LOADER.test(name)) return "would make the system run other code";
  if (use !== "exec" && SHELL_OWN.test(name)) return "belongs to the shell";
  if (use === "github" && RUNNER_OWN.test(name)) return "belongs to the runner";
  return undefined;
}
