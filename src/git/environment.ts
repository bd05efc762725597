/** What a `git` that we start gets to see of the surrounding environment, and the settings it always runs with. */

/** `GIT_*` variables that are passed on: where people configure Git (CI containers do it this way) and who commits. */
const KEPT =
  /^GIT_(?:CONFIG_(?:GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)|(?:AUTHOR|COMMITTER)_(?:NAME|EMAIL|DATE)|CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM|SSL_CAINFO|SSL_CAPATH)$/u;
/** Programs that Git would start, and switches of other tools that change what Git does or prints. */
const DROPPED = /^(?:EDITOR|VISUAL|PAGER|LESS|PREFIX|SSH_ASKPASS|LANGUAGE|LC_\w+|LANG)$/u;

/** Settings of every call. None of our commands may start a program that a repository names. */
export const SETTINGS: readonly string[] = [
  "core.fsmonitor=false",
  "core.hooksPath=/dev/null",
  "core.quotePath=false",
  "gc.auto=0",
  "log.showSignature=false",
  "i18n.logOutputEncoding=UTF-8",
];

/**
 * The environment for `git`: `GIT_DIR`, `GIT_INDEX_FILE`, `GIT_EXTERNAL_DIFF`, `GIT_TRACE` and the like are left out,
 * because they would point us at another repository or change output. Answers come in English, so that they can be
 * understood by us; path arguments are literal; replaced objects (`refs/replace`) are not followed.
 */
export function gitEnvironment(parent: NodeJS.ProcessEnv): Record<string, string> {
  const kept = Object.entries(parent).flatMap(([name, value]) =>
    value === undefined || DROPPED.test(name) || (/^GIT_/iu.test(name) && !KEPT.test(name)) ? [] : [[name, value]],
  );
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    GIT_LITERAL_PATHSPECS: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    LC_ALL: "C",
  };
}

/** True where a job owns the checkout in spite of its owner's number: containers in CI run as another user. */
export function isCi(parent: NodeJS.ProcessEnv): boolean {
  return [parent["CI"], parent["GITHUB_ACTIONS"]].some(
    (value) => value !== undefined && !/^(?:|0|false)$/iu.test(value),
  );
}
