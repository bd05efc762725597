/** Judges what was recorded: acknowledged applies are there, others were told rightly, no key ever behaved unlike a register. */
import { type Operation, isRegister } from "./register.ts";
import { APPS, NAMES, type Records, SHARED_KEY, mixedUnit } from "./work.ts";

export interface Verdicts {
  readonly wrongs: readonly string[];
  readonly applied: number;
  readonly notApplied: number;
  /** Said to be unknown, and how many of them the store shows. */
  readonly unknown: number;
  readonly unknownButDone: number;
  readonly codes: ReadonlyMap<string, number>;
  readonly revisions: number;
  readonly samples: number;
  readonly operations: number;
}

const HEAD = /\/\.trueup\/.*\/head$/u;

export function judge(records: Records): Verdicts {
  const wrongs = [...records.wrongs];
  const { attempts, revisions, samples } = records;
  const seen = new Map<string, number>();
  let generation = 0;
  let before: ReadonlyMap<string, string> | undefined;
  for (const [revision, values] of [...revisions].toSorted(([a], [b]) => a - b)) {
    const mixed = mixedUnit(values);
    if (mixed !== undefined) wrongs.push(`revision ${revision}: ${mixed}`);
    for (const [key, text] of values) if (!key.includes("/.trueup/") && !seen.has(text)) seen.set(text, revision);
    const head = headOf(values);
    if (head !== undefined) {
      if (head.generation < generation || head.generation > generation + 1)
        wrongs.push(`revision ${revision}: generation ${generation} became ${head.generation}`);
      generation = head.generation;
    }
    wrongs.push(...silentChanges(before, values, revision));
    before = values;
  }
  for (const { token, verdict, code, revision } of attempts) {
    const first = seen.get(token);
    if (verdict === "applied") {
      if (first === undefined) wrongs.push(`${token} was acknowledged and is in no revision`);
      const there = revision === undefined ? undefined : revisions.get(revision);
      const isWhole = APPS.every((app) => NAMES.every((name) => there?.get(`/cfg/dev/${app}/${name}`) === token));
      if (there !== undefined && !isWhole)
        wrongs.push(`${token} says revision ${revision}, which does not hold all of it`);
      if (revision === undefined) wrongs.push(`${token} was acknowledged without a revision`);
    } else if (verdict === "not applied" && first !== undefined)
      wrongs.push(`${token} said it was not applied (${code}), and is in revision ${first}`);
  }
  let operations = 0;
  for (const key of APPS.flatMap((app) => NAMES.map((name) => `/cfg/dev/${app}/${name}`))) {
    const history = historyOf(records, key);
    operations += history.length;
    if (!isRegister(history, undefined)) wrongs.push(`${key} did not behave as one register`);
  }
  const byEnd = samples.toSorted((a, b) => a.to - b.to);
  for (const sample of byEnd) {
    const later = byEnd.find((each) => each.from > sample.to && each.revision < sample.revision);
    if (later !== undefined) wrongs.push(`a later read saw revision ${later.revision} after ${sample.revision}`);
  }
  const unknown = attempts.filter(({ verdict }) => verdict === "unknown");
  const codes = new Map<string, number>();
  for (const { verdict, code } of attempts)
    codes.set(`${verdict}: ${code}`, (codes.get(`${verdict}: ${code}`) ?? 0) + 1);
  return {
    wrongs: [...new Set(wrongs)],
    applied: attempts.filter(({ verdict }) => verdict === "applied").length,
    notApplied: attempts.filter(({ verdict }) => verdict === "not applied").length,
    unknown: unknown.length,
    unknownButDone: unknown.filter(({ token }) => seen.has(token)).length,
    codes,
    revisions: revisions.size,
    samples: samples.length,
    operations,
  };
}

/** Calls and answers that concern one key. An apply that says it wrote nothing is no operation at all. */
function historyOf({ attempts, hands, samples }: Records, key: string): Operation[] {
  const writes = attempts.flatMap(({ token, from, to, verdict }): Operation[] =>
    verdict === "not applied" ? [] : [{ kind: "write", value: token, from, to: verdict === "applied" ? to : Infinity }],
  );
  const reads = samples.map(({ from, to, values }): Operation => ({ kind: "read", value: values.get(key), from, to }));
  return [...writes, ...reads, ...(key === SHARED_KEY ? hands : [])];
}

/** Keys change only with the head of an apply, but for the one that people write to. */
function silentChanges(
  before: ReadonlyMap<string, string> | undefined,
  now: ReadonlyMap<string, string>,
  revision: number,
): string[] {
  if (before === undefined) return [];
  const changed = [...new Set([...before.keys(), ...now.keys()])].filter((key) => before.get(key) !== now.get(key));
  const isApply = changed.some((key) => HEAD.test(key));
  return changed.flatMap((key) => {
    if (isApply || (key === SHARED_KEY && now.get(key)?.startsWith("hand-") === true)) return [];
    return [`revision ${revision}: ${key} changed without its head`];
  });
}

function headOf(values: ReadonlyMap<string, string>): { readonly generation: number } | undefined {
  for (const [key, text] of values) if (HEAD.test(key)) return JSON.parse(text) as { readonly generation: number };
  return undefined;
}
