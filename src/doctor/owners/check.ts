/**
 * Who has to approve what, as far as files say it: CODEOWNERS held against the files that decide what is live. Whether
 * the teams exist, and whether GitHub asks them at all, is not in the repository.
 */
import type { Check, CheckStatus } from "../../report/look/doctor.ts";
import { some } from "../../report/words.ts";
import { type OwnersRule, ownersRules } from "./rules.ts";

export interface OwnersFacts {
  /** From the top of the repository; undefined if there is no such file. */
  readonly path: string | undefined;
  /** Undefined if it is larger than GitHub reads. */
  readonly text: string | undefined;
  /** Files of the config repo and of `.github/`, from the top of the repository. */
  readonly files: readonly string[];
  /** Files that no protected environment is made of. */
  readonly isMinor: (file: string) => boolean;
}

/** GitHub does not use a larger file (docs.github.com, About code owners, seen 2026-11). */
export const OWNERS_BYTES = 3 * 1024 * 1024;
const SHOWN = 3;
/** Lines times files, and lines times lines, that are looked at. */
const MAX_STEPS = 1_000_000;

/** What no file says and no command without a token can know. */
export const SETTINGS_OF_GITHUB: Check = {
  group: "review",
  name: "GitHub",
  status: "unchecked",
  message: "who must approve, and that nobody approves a push of their own, are settings that no file shows",
  fix: "docs/actions.md, Who approves: the rules for the branch and for each environment",
};

export function checkOwners({ path, text, files, isMinor }: OwnersFacts): readonly Check[] {
  const own = (line: number | undefined, status: CheckStatus, message: string, fix?: string): Check => ({
    group: "review",
    name: line === undefined ? (path ?? "CODEOWNERS") : `${path}:${line}`,
    status,
    message,
    ...(fix === undefined ? {} : { fix }),
  });
  if (path === undefined)
    return [own(undefined, "warning", "there is none, so nobody in particular is asked", "write .github/CODEOWNERS")];
  if (text === undefined)
    return [own(undefined, "problem", "is larger than 3 MB, and GitHub does not use it", "write fewer, wider lines")];
  const { rules, faults } = ownersRules(text);
  const found = faults.map(({ line, message, fix }) => own(line, "problem", message, fix));
  if (rules.length === 0)
    return [
      ...found,
      own(undefined, "warning", "names nobody yet", "put in your teams; the last line that matches wins"),
    ];
  if (rules.length * Math.max(rules.length, files.length) > MAX_STEPS)
    return [...found, own(undefined, "unchecked", "has too many lines to be held against every file")];
  const { winners, hits } = winnersOf(rules, files);
  const holes = holesIn(winners, isMinor);
  const checks = [
    ...found,
    ...holes.map(({ files: unowned, taker, status }) =>
      own(
        taker?.line,
        status,
        taker === undefined ? `nobody owns ${some(unowned, SHOWN)}` : `takes away the owner of ${some(unowned, SHOWN)}`,
        taker === undefined ? `add a line: ${lineFor(unowned)} @your-org/your-team` : "name an owner, or drop the line",
      ),
    ),
    ...uselessLines(rules, hits, files).map(({ line, status, message, fix }) => own(line, status, message, fix)),
  ].toSorted((a, b) => lineOf(a) - lineOf(b));
  return checks.length > 0 ? checks : [own(undefined, "ok", `every one of ${files.length} files has an owner`)];
}

function lineOf({ name }: Check): number {
  return Number(/:(\d+)$/u.exec(name)?.[1] ?? 0);
}

type Winners = ReadonlyMap<string, OwnersRule | undefined>;

/** The last line that matches each file, and which files each line matches at all. */
function winnersOf(
  rules: readonly OwnersRule[],
  files: readonly string[],
): { readonly winners: Winners; readonly hits: ReadonlyMap<OwnersRule, readonly string[]> } {
  const winners = new Map<string, OwnersRule | undefined>(files.map((file) => [file, undefined]));
  const hits = new Map<OwnersRule, string[]>(rules.map((rule) => [rule, []]));
  for (const rule of rules)
    for (const file of files)
      if (rule.test(file)) {
        winners.set(file, rule);
        hits.get(rule)?.push(file);
      }
  return { winners, hits };
}

interface Hole {
  readonly files: readonly string[];
  /** The line that leaves them without an owner; undefined if none is about them. */
  readonly taker: OwnersRule | undefined;
  readonly status: CheckStatus;
}

function holesIn(winners: Winners, isMinor: (file: string) => boolean): Hole[] {
  const holes = new Map<string, { files: string[]; taker: OwnersRule | undefined; status: CheckStatus }>();
  for (const [file, rule] of winners) {
    if (rule !== undefined && rule.owners.length > 0) continue;
    const status = isMinor(file) ? "warning" : "problem";
    const name = `${status} ${rule?.line ?? 0}`;
    const hole = holes.get(name) ?? { files: [], taker: rule, status };
    hole.files.push(file);
    holes.set(name, hole);
  }
  return [...holes.values()];
}

/** `/apps/` for files that are all below it; the file itself where there is one. */
function lineFor(files: readonly string[]): string {
  const [first = ""] = files;
  const top = first.slice(0, first.indexOf("/") + 1);
  return top !== "" && files.every((file) => file.startsWith(top)) ? `/${top}` : files.length === 1 ? `/${first}` : "*";
}

interface Useless {
  readonly line: number;
  readonly status: CheckStatus;
  readonly message: string;
  readonly fix: string;
}

/** Lines that never decide, because a later one is about all of their files; and those about files that are not there. */
function uselessLines(
  rules: readonly OwnersRule[],
  hits: ReadonlyMap<OwnersRule, readonly string[]>,
  files: readonly string[],
): Useless[] {
  return rules.flatMap((rule, index): Useless[] => {
    const matched = hits.get(rule) ?? [];
    if (matched.length === 0) {
      if (!isAbout(rule.pattern, files)) return [];
      const message = `${JSON.stringify(rule.pattern)} matches no file`;
      return [{ line: rule.line, status: "warning", message, fix: "correct the path; upper and lower case count" }];
    }
    const over = rules.findLast((other, at) => at > index && matched.every((file) => other.test(file)));
    if (over === undefined || sameOwners(over, rule)) return [];
    const message = `never counts: line ${over.line} comes later and wins for all of its files`;
    return [
      { line: rule.line, status: "problem", message, fix: "put wide lines first: the last one that matches wins" },
    ];
  });
}

function sameOwners(a: OwnersRule, b: OwnersRule): boolean {
  return a.owners.toSorted().join(" ") === b.owners.toSorted().join(" ");
}

/** True if the pattern starts with a folder or file of the config repo: of other files nothing is known here. */
function isAbout(pattern: string, files: readonly string[]): boolean {
  const [first = ""] = pattern.replace(/^\//u, "").split("/");
  const isFixed = pattern.replace(/\/$/u, "").includes("/");
  return isFixed && files.some((file) => file === first || file.startsWith(`${first}/`));
}
