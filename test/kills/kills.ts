/** Kills an apply at its points, one process for each, and looks after every kill whether the store kept its promise. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunOptions, run, writeFiles } from "../project.ts";
import { KEYS_ONE } from "../secrets/sops-files.ts";
import type { Child, Ground, Kill } from "./ground.ts";
import { convergedWrongs, halfwayWrongs } from "./judge.ts";
import type { Case } from "./plans.ts";

export interface Finding {
  readonly store: string;
  readonly plan: string;
  readonly at: number;
  readonly how: string;
  readonly point: string;
  readonly text: string;
}

export interface Told {
  /** Kills that ended the process, by `<how> <point>`. */
  readonly hits: Map<string, number>;
  /** Children that ended before the point was reached: calls side by side come in another order now and then. */
  missed: number;
  readonly findings: Finding[];
}

export const nothingYet = (): Told => ({ hits: new Map(), missed: 0, findings: [] });

export const killsIn = ({ hits }: Told): number => [...hits.values()].reduce((sum, count) => sum + count, 0);

export interface Chosen extends Kill {
  readonly point: string;
}

/** Which of all kills of a plan are done; all of them, or a sample. */
export type Choose = (all: readonly Chosen[]) => readonly Chosen[];

/** A case on a store: first a run that only counts, then one killed process for each chosen point. */
export async function killCase(
  ground: Ground,
  child: Child,
  plan: Case,
  choose: Choose,
  told: Told,
  progress: () => void = () => undefined,
): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "trueup-kills-"));
  try {
    const bench = await prepare(ground, child, plan, root);
    const points = await bench.count();
    for (const text of bench.wrongs)
      told.findings.push({ store: ground.kind, plan: plan.name, at: 0, how: "", point: "", text });
    if (bench.wrongs.length > 0) return;
    const all = points.flatMap((point, n) =>
      ground.hows.filter((how) => ground.fits(point, how)).map((how) => ({ at: n + 1, how, point })),
    );
    for (const kill of choose(all)) {
      const { wrongs, met } = await bench.kill(kill);
      for (const name of met) told.hits.set(name, (told.hits.get(name) ?? 0) + 1);
      if (met.length === 0) told.missed++;
      for (const text of wrongs) told.findings.push({ store: ground.kind, plan: plan.name, ...kill, text });
      progress();
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

interface Bench {
  readonly wrongs: readonly string[];
  count(): Promise<readonly string[]>;
  kill(kill: Kill): Promise<{ readonly wrongs: readonly string[]; readonly met: readonly string[] }>;
}

async function prepare(ground: Ground, child: Child, plan: Case, root: string): Promise<Bench> {
  // One folder for all: the store may lie in it.
  const fill = (files: Case["after"], forChild: boolean): void => {
    for (const name of ["apps", "trueup.yaml"]) rmSync(join(root, name), { recursive: true, force: true });
    const store = ground.target(forChild);
    writeFiles(
      root,
      Object.fromEntries(Object.entries(files).map(([path, text]) => [path, text.replaceAll("$STORE", store)])),
    );
  };
  const options = (): RunOptions => ({
    drivers: ground.drivers,
    allow: plan.allow,
    keys: () => Promise.resolve(KEYS_ONE),
  });
  const wrongs: string[] = [];
  let restore: (() => Promise<void>) | undefined;

  /** The store as it is before the plan. */
  const begin = async (): Promise<void> => {
    if (restore !== undefined) await restore();
    else {
      await ground.clear(root);
      if (plan.before !== undefined) {
        fill(plan.before, false);
        await run(root, "apply", options());
        for (const hand of plan.hands) await ground.hand(root, hand);
      }
      restore = await ground.keep?.(root);
    }
    fill(plan.after, true);
  };

  const foreign = plan.before === undefined ? new Map<string, string>() : plan.foreign;
  const marks = async (): Promise<ReadonlyMap<string, string>> =>
    new Map(await Promise.all([...foreign.keys()].map(async (key) => [key, await ground.trace(root, key)] as const)));

  /** Runs the apply again until it says there is nothing left: once must do, and the second time must write nothing. */
  const converge = async (): Promise<string[]> => {
    fill(plan.after, false);
    const found: string[] = [];
    const again = await run(root, "apply", options());
    const refused = again.plan.refusals.filter(({ lifted }) => !lifted).map(({ guard }) => guard);
    if (refused.length > 0) found.push(`the next apply is refused: ${refused.join(", ")}`);
    const { drift, conflict } = again.plan.summary;
    if (drift !== plan.drift || conflict > 0)
      found.push(`the next plan says drift ${drift}, conflict ${conflict} of what trueup itself wrote`);
    for (const { result, failure, destination } of again.receipts)
      if (result !== "applied")
        found.push(`the next apply of ${destination} ends ${result}: ${failure?.code ?? ""} ${failure?.message ?? ""}`);
    const before = await ground.traces(root);
    const second = await run(root, "apply", options());
    const units = second.plan.destinations.reduce((sum, { units: planned }) => sum + planned.length, 0);
    if (units > 0) found.push(`the second apply still has ${units} units to write`);
    if ((await ground.traces(root)) !== before) found.push("the second apply wrote something");
    return found;
  };

  return {
    wrongs,
    async count() {
      await begin();
      const ran = await ground.run(child, root, plan.allow, undefined);
      if (
        ran.ended === undefined ||
        ran.ended.refused.length > 0 ||
        ran.ended.results.some((result) => result !== "applied")
      )
        wrongs.push(`without a kill: ${JSON.stringify(ran.ended)} ${ran.errors.slice(0, 400)}`);
      else wrongs.push(...convergedWrongs(ground, plan, foreign, await ground.contents(root)));
      return ran.points;
    },
    async kill(kill) {
      await begin();
      const old = await ground.contents(root);
      const marksBefore = await marks();
      const found: string[] = [];
      const met: string[] = [];
      const ran = await ground.run(child, root, plan.allow, kill);
      if (ran.killed) met.push(`${kill.how} ${ran.points.at(-1)}`);
      if (kill.again !== undefined && ran.killed) {
        const second = await ground.run(child, root, plan.allow, { at: kill.again, how: kill.how });
        if (second.killed) met.push(`${kill.how} ${second.points.at(-1)}`);
      }
      if (!ran.killed && ran.ended === undefined) found.push(`the child failed: ${ran.errors.slice(0, 400)}`);
      found.push(...halfwayWrongs(ground, plan, old, await ground.contents(root)));
      try {
        found.push(...(await converge()));
      } catch (error) {
        found.push(`the next apply throws: ${error instanceof Error ? error.message : String(error)}`);
      }
      found.push(...convergedWrongs(ground, plan, foreign, await ground.contents(root)));
      const marksAfter = await marks();
      for (const [key, mark] of marksBefore)
        if (marksAfter.get(key) !== mark) found.push(`${key} is foreign and was written`);
      return { wrongs: found, met };
    },
  };
}
