/** What is well and what is to be mended around a config repo: one line a check, the cure below it. */
import { printJson } from "../json.ts";
import { type Line, type Span, print, styled } from "../print.ts";
import { alignColumns } from "../table.ts";
import { plural } from "../words.ts";

export type CheckGroup = "tool" | "targets" | "workflows" | "review" | "secrets";
/** `problem`: something is to be mended before trueup can do its work. `warning`: it works, but somebody should know. `unchecked`: nobody knows. */
export type CheckStatus = "ok" | "unchecked" | "warning" | "problem";

export interface Check {
  readonly group: CheckGroup;
  /** What was looked at: `git`, `config prod, staging`. */
  readonly name: string;
  readonly status: CheckStatus;
  /** What was found; for trouble also the cause. */
  readonly message: string;
  /** What to do about it. */
  readonly fix?: string;
}

const TITLES: Readonly<Record<CheckGroup, string>> = {
  tool: "tool and repo",
  targets: "targets",
  workflows: "workflows",
  review: "review",
  secrets: "secrets",
};
const MARKS: Readonly<Record<CheckStatus, Span>> = {
  ok: styled("green", "✔"),
  unchecked: styled("dim", "?"),
  warning: styled("yellow", "⚠"),
  problem: styled("red", "✖"),
};

export function doctorText(checks: readonly Check[], options: { readonly color: boolean }): string {
  const lines = (Object.keys(TITLES) as CheckGroup[]).flatMap((group) => {
    const own = checks.filter((check) => check.group === group);
    return own.length === 0 ? [] : [[styled("bold", TITLES[group])], ...groupLines(own), []];
  });
  return print([...lines, verdict(checks)], options.color);
}

function groupLines(checks: readonly Check[]): Line[] {
  const rows = alignColumns(
    checks.map(({ status, name, message }) => [[MARKS[status], ` ${name}`], message]),
    { indent: 2 },
  );
  return checks.flatMap(({ fix }, index) => {
    const row = rows[index] ?? [];
    return fix === undefined ? [row] : [row, ["      ", styled("cyan", "fix"), `   ${fix}`]];
  });
}

function verdict(checks: readonly Check[]): Line {
  const problems = checks.filter((check) => check.status === "problem").length;
  const warnings = checks.filter((check) => check.status === "warning").length;
  const unchecked = checks.filter((check) => check.status === "unchecked").length;
  if (problems + warnings === 0)
    return [MARKS.ok, unchecked === 0 ? " Everything is fine." : ` Nothing is wrong; ${unchecked} not checked.`];
  const parts = [
    ...(problems === 0 ? [] : [plural(problems, "problem")]),
    ...(warnings === 0 ? [] : [plural(warnings, "warning")]),
  ];
  return [problems > 0 ? MARKS.problem : MARKS.warning, ` ${parts.join(", ")}`];
}

/** `{ "version": 1, "checks": [{ group, name, status, message, fix? }] }`. */
export function doctorJson(checks: readonly Check[]): string {
  const plain = checks.map(({ group, name, status, message, fix }) => ({ group, name, status, message, fix }));
  return printJson({ version: 1, checks: plain });
}
