/** The program, its surroundings and the config repo. */
import type { Check } from "../report/look/doctor.ts";
import { plural, shortCommit } from "../report/words.ts";
import type { ToolFacts } from "./facts.ts";
import { troubleText } from "./trouble.ts";

/** `engines` of package.json. */
export const OLDEST_NODE: readonly [major: number, minor: number] = [20, 19];
const FETCH_ALL = "check out with full history: fetch-depth: 0 in actions/checkout, or git fetch --unshallow";

export function checkTool(facts: ToolFacts): Check[] {
  return [
    node(facts.node),
    { group: "tool", name: "trueup", status: "ok", message: facts.trueup },
    config(facts.config),
    git(facts.git),
    ci(facts),
  ];
}

function node(version: string): Check {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [least, lesser] = OLDEST_NODE;
  const check = { group: "tool", name: "node" } as const;
  if (major > least || (major === least && minor >= lesser)) return { ...check, status: "ok", message: version };
  return {
    ...check,
    status: "problem",
    message: `${version} is older than ${least}.${lesser}, the oldest Node that trueup is made for`,
    fix: `install Node ${least}.${lesser} or newer; in CI, set node-version in actions/setup-node`,
  };
}

function config({ errors, warnings, apps, places }: ToolFacts["config"]): Check {
  const check = { group: "tool", name: "trueup.yaml" } as const;
  const what = `${plural(apps, "app")}, ${plural(places, "place")}`;
  if (errors > 0)
    return {
      ...check,
      status: "problem",
      message: `the configuration has ${plural(errors, "error")}`,
      fix: "trueup validate shows where",
    };
  if (warnings > 0)
    return {
      ...check,
      status: "warning",
      message: `valid with ${plural(warnings, "warning")}: ${what}`,
      fix: "trueup validate shows where",
    };
  return { ...check, status: "ok", message: `valid: ${what}` };
}

function git(facts: ToolFacts["git"]): Check {
  const check = { group: "tool", name: "git" } as const;
  if (facts.kind === "failed") return { ...check, status: "problem", ...troubleText(facts.trouble) };
  if (facts.kind === "none")
    return {
      ...check,
      status: "warning",
      message: "this folder is not in a Git repository: no history, no rollback, no check of what is live",
      fix: "git init, then commit",
    };
  if (facts.head === undefined)
    return { ...check, status: "warning", message: "the repository has no commit yet", fix: "git commit" };
  const at = `commit ${shortCommit(facts.head.commit)}${facts.head.branch === undefined ? "" : ` on ${facts.head.branch}`}`;
  if (facts.shallow)
    return {
      ...check,
      status: "warning",
      message: `${at}; the clone is shallow, so apply may not be able to tell older commits from newer ones`,
      fix: FETCH_ALL,
    };
  return { ...check, status: "ok", message: `${at}, history available` };
}

function ci({ ci: name, git: repo }: ToolFacts): Check {
  const check = { group: "tool", name: "ci" } as const;
  if (name === undefined) return { ...check, status: "ok", message: "not in CI: files are read as they stand" };
  if (repo.kind === "repo" && repo.head !== undefined)
    return { ...check, status: "ok", message: `${name}: files are read from the commit` };
  return {
    ...check,
    status: "warning",
    message: `${name}, but there is no commit to read files from: they are read as they stand`,
    fix: "check the repository out with Git (actions/checkout) before trueup runs",
  };
}
