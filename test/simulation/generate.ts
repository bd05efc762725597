/** A scenario from a seed. Each seed leaves out some kinds of trouble, so that the others get room (swarm testing). */
import { type Dice, diceOf } from "./dice.ts";
import {
  APPS,
  type Commit,
  type Fault,
  type Hand,
  type Run,
  type Scenario,
  type StoreKind,
  type Want,
  keyOf,
} from "./scenario.ts";

/**
 * A world of SSM or of a disk has many more calls, so of ten seeds two and one are theirs; of a disk less, since a lock
 * keeps applies apart there.
 */
export function storeOf(seed: number): StoreKind {
  const own: { readonly [last: number]: StoreKind } = { 1: "ssm", 3: "directory", 6: "ssm" };
  // In pairs, so that two processes that share the seeds have the same to do.
  return own[Math.floor(seed / 2) % 10] ?? "etcd";
}

interface Trouble {
  readonly hands: boolean;
  readonly secrets: boolean;
  readonly reverts: boolean;
  readonly rewrites: boolean;
  readonly crashes: boolean;
  readonly faults: number;
  readonly kinds: readonly Fault[];
  readonly interrupts: boolean;
  readonly rights: boolean;
  readonly allows: boolean;
  readonly guards: boolean;
  readonly foreign: boolean;
  /** How likely a value becomes a secret where Git changes it, or a secret a value. */
  readonly switches: number;
}

const KINDS: Readonly<Record<StoreKind, readonly Fault[]>> = {
  etcd: ["lose-request", "lose-reply", "late", "refuse", "busy", "login"],
  // A put that arrives after its sender gave up cannot be told from another writer: docs/reliability.md says so.
  ssm: ["lose-request", "lose-reply", "refuse", "busy", "login"],
  directory: ["refuse"],
};

export function scenarioOf(seed: number, store: StoreKind = storeOf(seed)): Scenario {
  const dice = diceOf(seed, 7);
  const layout = dice.chance(0.2) ? ("blob" as const) : ("keys" as const);
  // Few worlds, but in these values and secrets change places all the time.
  const isSwitching = layout === "keys" && diceOf(seed, 11).chance(0.06);
  const trouble: Trouble = {
    hands: dice.chance(0.5),
    secrets: layout === "keys" && (dice.chance(0.35) || isSwitching),
    reverts: dice.chance(0.6),
    rewrites: dice.chance(0.15),
    crashes: dice.chance(0.35),
    faults: dice.chance(0.5) ? dice.pick([0.03, 0.08, 0.2]) : 0,
    kinds: KINDS[store].filter(() => dice.chance(0.6)),
    interrupts: dice.chance(isSwitching ? 0.5 : 0.15),
    rights: dice.chance(0.12),
    allows: dice.chance(0.3),
    guards: dice.chance(0.15),
    foreign: dice.chance(0.35),
    switches: isSwitching ? 0.5 : 0.04,
  };
  // More keys than one transaction may hold, with few operations allowed.
  const isLarge = store === "etcd" && layout === "keys" && dice.chance(0.1);
  const names = isLarge ? Array.from({ length: 15 }, (_, n) => `a/k${n}`) : namesOf(dice, trouble);
  const commits = commitsOf(dice, names, trouble);
  const tip = commits.length - 1;
  const span = store === "ssm" ? 2500 : 250;
  const runs = Array.from({ length: 2 + fewOf(dice, 3) }, () => runOf(dice, commits.length, tip, trouble, span));
  const hands = trouble.hands
    ? Array.from({ length: 1 + fewOf(dice, 3) }, () => handOf(dice, names, layout, span))
    : [];
  return {
    store,
    layout,
    pace: Math.floor(dice.next() * 2 ** 31),
    preset: trouble.foreign ? presetOf(dice, names, layout) : {},
    commits,
    first: dice.chance(0.8) ? 0 : null,
    tip,
    runs,
    hands,
    ...(dice.chance(0.12) ? { reads: [{ at: dice.below(span), plain: dice.chance(0.5) }] } : {}),
    guards: trouble.guards ? { maxDeleteCount: 1 } : {},
    tuning: { ...tuningOf(dice, store, trouble), ...(isLarge ? { maxTxnOps: 16, nested: false } : {}) },
  };
}

/** From 0 up to, not including, `most`: mostly less than half of it. Many small worlds find more than few large ones. */
function fewOf(dice: Dice, most: number): number {
  return dice.below(dice.chance(0.7) ? Math.ceil(most / 2) : most);
}

function namesOf(dice: Dice, trouble: Trouble): string[] {
  const count = 2 + fewOf(dice, 6);
  const names = Array.from({ length: count }, (_, n) => `${n % 3 === 1 ? APPS[1] : APPS[0]}/k${n}`);
  return trouble.secrets ? [...names, "a/s0", ...(dice.chance(0.5) ? ["a/g0"] : [])] : names;
}

function wantOf(dice: Dice, name: string, text: string, { secrets, switches }: Trouble): Want {
  // Now and then a secret moves into Git, or out of it.
  if (/\/[sg]/u.test(name))
    return name.includes("/s") === dice.chance(0.85) ? { secret: "external" } : { secret: "git", text };
  // Now and then a value becomes a secret, or stops being one.
  return secrets && name.endsWith("k0") && dice.chance(switches) ? { secret: "external" } : text;
}

/** Few different texts, so that commits undo each other and hands do what Git does. */
function textOf(dice: Dice): string {
  return `v${dice.below(4)}`;
}

function commitsOf(dice: Dice, names: readonly string[], trouble: Trouble): Commit[] {
  const first = Object.fromEntries(
    names.filter(() => dice.chance(0.8)).map((name) => [name, wantOf(dice, name, textOf(dice), trouble)]),
  );
  const commits: Commit[] = [{ parent: null, wants: first }];
  const count = 1 + fewOf(dice, 4);
  for (let n = 1; n <= count; n++) {
    const before = commits[n - 1];
    const undone = commits[n - 2];
    if (trouble.reverts && undone !== undefined && dice.chance(0.45))
      commits.push({ parent: n - 1, wants: undone.wants });
    else {
      const parent = trouble.rewrites && n > 1 && dice.chance(0.4) ? n - 2 : n - 1;
      const wants: Record<string, Want> = { ...(commits[parent] ?? before)?.wants };
      const gone = dice.chance(0.12) ? dice.pick(APPS) : undefined;
      for (const name of names) {
        const draw = dice.next();
        if (draw < 0.3) wants[name] = wantOf(dice, name, textOf(dice), trouble);
        else if (draw < 0.45) delete wants[name];
        if (gone !== undefined && name.startsWith(`${gone}/`)) delete wants[name];
      }
      commits.push({ parent, wants });
    }
  }
  return commits;
}

function runOf(dice: Dice, commits: number, tip: number, trouble: Trouble, span: number): Run {
  const faults: [number, Fault][] = [];
  if (trouble.faults > 0 && trouble.kinds.length > 0)
    for (let call = 0; call < 40; call++)
      // Trouble seldom comes alone: what looks after a lost answer is often lost too.
      if (dice.chance(faults.at(-1)?.[0] === call - 1 ? 0.35 : trouble.faults))
        faults.push([call, dice.pick(trouble.kinds)]);
  return {
    commit: dice.chance(0.45) ? tip : dice.below(commits),
    at: dice.below(span),
    allow: [...allowOf(dice, trouble), ...(trouble.switches > 0.1 ? ["replace"] : [])],
    ...(trouble.rewrites && dice.chance(0.5) ? { acceptRewrite: true } : {}),
    ...(dice.chance(0.1) ? { only: dice.pick(APPS) } : {}),
    ...(dice.chance(0.12) ? { review: dice.below(span) } : {}),
    ...(trouble.interrupts && dice.chance(0.5) ? { interrupt: dice.below(span) } : {}),
    ...(trouble.crashes && dice.chance(0.6)
      ? { crash: { call: dice.chance(0.5) ? dice.below(8) : dice.below(60), arrives: dice.chance(0.5) } }
      : {}),
    faults,
    ...(trouble.rights && dice.chance(0.4) ? { denied: dice.pick(["k0", "k1", "k2", "head"]) } : {}),
    ...(trouble.rights && dice.chance(0.3) ? { expired: dice.below(30) } : {}),
    ...(dice.chance(0.05) ? { jump: [dice.below(10), dice.pick([-3e11, -5000, 5000, 3e11])] as const } : {}),
    slow: dice.chance(0.2) ? dice.pick([4, 20]) : 1,
  };
}

function allowOf(dice: Dice, trouble: Trouble): string[] {
  if (trouble.allows)
    return ["drift", "conflict", "adopt", "replace", "delete", "empty"].filter(() => dice.chance(0.4));
  return dice.chance(0.3) ? ["empty", "delete"] : [];
}

function handOf(dice: Dice, names: readonly string[], layout: Scenario["layout"], span: number): Hand {
  const name = dice.pick(names);
  const at = dice.below(span * 2);
  if (layout === "blob" && dice.chance(0.5))
    return { at, key: keyOf(name.slice(0, 1)), into: name.slice(2), text: textOf(dice) };
  if (layout === "blob") {
    const text = dice.chance(0.15)
      ? null
      : dice.chance(0.1)
        ? "not JSON"
        : JSON.stringify({ [name.slice(2)]: textOf(dice), hand: "made" });
    return { at, key: keyOf(name.slice(0, 1)), text };
  }
  const isSecret = name.includes("/s") || name.includes("/g");
  const text = isSecret
    ? `s3cret-filled-${dice.below(3)}`
    : dice.chance(0.3)
      ? null
      : dice.chance(0.5)
        ? "by hand"
        : textOf(dice);
  return { at, key: keyOf(name), text };
}

/** Foreign keys around ours, some with names that begin alike, and one that a commit may want. */
function presetOf(dice: Dice, names: readonly string[], layout: Scenario["layout"]): Record<string, string> {
  const preset: Record<string, string> = {};
  for (const key of [
    "/config/prod/a/foreign",
    "/config/prod/ab/k0",
    "/config/prod/a/k",
    "/config/prod/a/k0x",
    "/config/prod2/a/k0",
    "/other/a/k0",
  ])
    if (dice.chance(0.5)) preset[key] = textOf(dice);
  if (layout === "keys" && dice.chance(0.4)) {
    const name = dice.pick(names);
    if (!name.includes("/s") && !name.includes("/g")) preset[keyOf(name)] = textOf(dice);
  }
  return preset;
}

function tuningOf(dice: Dice, store: StoreKind, trouble: Trouble): Scenario["tuning"] {
  if (store === "etcd")
    return {
      ...(dice.chance(0.2) ? { maxTxnOps: 16 } : {}),
      ...(dice.chance(0.2) ? { maxRequestBytes: dice.pick([6000, 2600, 2000]) } : {}),
      ...(dice.chance(0.15) ? { nested: false } : {}),
      ...(trouble.rights ? { auth: true } : {}),
      ...(dice.chance(0.04) ? { room: 2 + dice.below(6) } : {}),
    };
  if (store === "ssm")
    return {
      ...(dice.chance(0.4) ? { staleMs: dice.pick([200, 1500, 4000]) } : {}),
      ...(dice.chance(trouble.switches > 0.1 ? 0.7 : 0.3) ? { recreateMs: 30_000 } : {}),
      ...(dice.chance(0.04) ? { room: 4 + dice.below(8) } : {}),
      ...(dice.chance(0.1) ? { storm: [dice.below(2000), 2000 + dice.below(60_000)] as const } : {}),
    };
  return {};
}
