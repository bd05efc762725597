/** The inputs of the five actions, typed. Names, defaults and meanings as in `actions/<name>/action.yml`. */
import { VERSION } from "../version.ts";
import { type GetInput, bad, choice, flag, globs, list, names, text, words } from "./input.ts";

export const ACTIONS = ["validate", "render", "diff", "apply", "drift"] as const;
export type ActionName = (typeof ACTIONS)[number];

/** What can make a step red. */
export type Cause = "error" | "invalid" | "refused" | "partial" | "stale" | "changes" | "delete" | "conflict" | "drift";

/** What the input `fail-on` may name, and its default. Every other cause makes the step red whatever it says. */
export const FAIL_ON: Readonly<
  Record<ActionName, { readonly known: readonly Cause[]; readonly usual: readonly Cause[] }>
> = {
  validate: { known: ["invalid"], usual: ["invalid"] },
  render: { known: ["invalid"], usual: ["invalid"] },
  diff: { known: ["invalid", "refused", "changes", "delete", "conflict"], usual: ["invalid", "refused"] },
  apply: {
    known: ["invalid", "refused", "partial", "stale"],
    usual: ["invalid", "refused", "partial", "stale"],
  },
  drift: { known: ["drift"], usual: [] },
};

export interface CommonInputs {
  readonly workingDirectory: string;
  readonly app: readonly string[];
  readonly env: readonly string[];
  readonly region: readonly string[];
  readonly target: readonly string[];
  readonly token: string;
  readonly summary: boolean;
  readonly failOn: readonly Cause[];
}
export interface ValidateInputs extends CommonInputs {
  readonly action: "validate";
  readonly changedOnly: boolean;
  readonly annotations: boolean;
  readonly strict: boolean;
  readonly sarif: string | undefined;
}
export interface RenderInputs extends CommonInputs {
  readonly action: "render";
  readonly format: "yaml" | "json" | "dotenv" | "k8s";
  readonly out: string;
  readonly physical: boolean;
  readonly secrets: "redact" | "omit";
}
export interface DiffInputs extends CommonInputs {
  readonly action: "diff";
  readonly against: string;
  /** Path of a plan that a fork's run has made: shown, and nothing else is done. */
  readonly fromArtifact: string | undefined;
  readonly comment: "on-change" | "always" | "never";
  readonly labels: boolean;
  readonly html: boolean;
  readonly annotations: "notices" | "none";
}
export interface ApplyInputs extends CommonInputs {
  readonly action: "apply";
  readonly expect: readonly string[];
  readonly onMismatch: "stop" | "continue" | "auto";
  readonly allow: readonly string[];
  readonly receipt: boolean;
  /** Every environment of this run; those without a receipt yet are shown as waiting. */
  readonly environments: readonly string[];
  readonly dryRun: boolean;
}
export interface DriftInputs extends CommonInputs {
  readonly action: "drift";
  readonly issue: boolean;
  readonly restore: readonly string[];
  readonly unmanaged: "ignore" | "count" | "list";
}
export type Inputs = ValidateInputs | RenderInputs | DiffInputs | ApplyInputs | DriftInputs;

/** Throws `USAGE`, with the input's name, for what an input cannot be. */
export function readInputs(action: ActionName, get: GetInput): Inputs {
  requireThisVersion(text(get, "version"));
  switch (action) {
    case "validate":
      return {
        action,
        ...common(get, action),
        changedOnly: flag(get, "changed-only", false),
        annotations: flag(get, "annotations", true),
        strict: flag(get, "strict", false),
        sarif: text(get, "sarif"),
      };
    case "render":
      return {
        action,
        ...common(get, action),
        format: choice(get, "format", ["yaml", "json", "dotenv", "k8s"], "yaml"),
        out: text(get, "out") ?? "rendered",
        physical: flag(get, "physical", false),
        secrets: choice(get, "secrets", ["redact", "omit"], "redact"),
      };
    case "diff":
      return {
        action,
        ...common(get, action),
        against: text(get, "against") ?? "auto",
        fromArtifact: text(get, "from-artifact"),
        comment: choice(get, "comment", ["on-change", "always", "never"], "on-change"),
        labels: flag(get, "labels", true),
        html: flag(get, "html", true),
        annotations: choice(get, "annotations", ["notices", "none"], "notices"),
      };
    case "apply":
      return applyInputs(get);
    default:
      return {
        action,
        ...common(get, action),
        issue: flag(get, "issue", true),
        restore: text(get, "restore") === "never" ? [] : globs(get, "restore"),
        unmanaged: choice(get, "unmanaged", ["ignore", "count", "list"], "count"),
      };
  }
}

function applyInputs(get: GetInput): ApplyInputs {
  const inputs = common(get, "apply");
  const [env, ...more] = inputs.env;
  // One job, one approval, one receipt: a glob would reach environments that nobody approved.
  if (env === undefined || more.length > 0 || !/^[\w-]+$/u.test(env))
    throw bad("env", "must name one environment", "for example `env: prod`; one job for each environment");
  return {
    action: "apply",
    ...inputs,
    expect: list(get, "expect"),
    onMismatch: choice(get, "on-mismatch", ["stop", "continue", "auto"], "auto"),
    allow: list(get, "allow"),
    receipt: flag(get, "receipt", true),
    environments: names(get, "environments"),
    dryRun: flag(get, "dry-run", false),
  };
}

function common(get: GetInput, action: ActionName): CommonInputs {
  const { known, usual } = FAIL_ON[action];
  return {
    workingDirectory: text(get, "working-directory") ?? ".",
    app: globs(get, "app"),
    env: globs(get, "env"),
    region: globs(get, "region"),
    target: globs(get, "target"),
    token: get("token"),
    summary: flag(get, "summary", true),
    failOn: words(get, "fail-on", known, usual),
  };
}

/**
 * The code that runs is the one that `uses:` names, by a tag or by a commit somebody has looked at. Fetching other code
 * while the job runs would make that pin worthless, so another version is refused.
 */
function requireThisVersion(version: string | undefined): void {
  if (version === undefined || version.replace(/^v/u, "") === VERSION) return;
  throw bad(
    "version",
    `asks for another version than this one, ${VERSION}`,
    "choose the version behind the @ in `uses:`; nothing is downloaded while the job runs",
  );
}
