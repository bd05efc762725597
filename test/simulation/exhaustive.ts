/**
 * A small world in every order: two applies of two commits over three keys, at most one crash and two lost messages. What
 * seeds leave to chance is tried out here, choice by choice. Two ways that lead to the same state go on as one: a process
 * is what it was answered, so the state is the store, the answers of each process, and what is under way.
 */
import type { Violation } from "./invariants.ts";
import type { Fault, Run, Scenario, StoreKind } from "./scenario.ts";
import { simulate } from "./simulate.ts";
import type { Actor, Chooser } from "./world.ts";

export interface Explored {
  readonly schedules: number;
  readonly states: number;
  /** Different states of the store when both applies are over, each followed to the end. */
  readonly ends: number;
  /** False: `most` schedules were tried, and there are more. */
  readonly complete: boolean;
  readonly failures: readonly (Violation & { readonly choices: readonly number[] })[];
}

/** Every call takes a millisecond: how long things take is no choice here. */
const run = (commit: number): Run => ({ commit, at: 0, allow: [], faults: [], slow: 0 });

export function smallWorld(store: StoreKind): Scenario {
  return {
    store,
    layout: "keys",
    pace: 1,
    preset: {},
    commits: [
      { parent: null, wants: { "a/k0": "v0", "a/k1": "v0", "b/k2": "v0" } },
      { parent: 0, wants: { "a/k0": "v1", "b/k2": "v1" } },
      { parent: 1, wants: { "a/k0": "v0", "a/k1": "v2", "b/k2": "v1" } },
    ],
    first: 0,
    tip: 2,
    runs: [run(1), run(2)],
    hands: [],
    guards: {},
    tuning: {},
  };
}

class Known extends Error {}

interface Choice {
  readonly taken: number;
  readonly of: number;
}

export interface Scope {
  /** Messages that may get lost, requests or replies. */
  readonly lost: number;
  readonly crashes: number;
  /** How often another process may go on although the one before could; Infinity: always. */
  readonly turns: number;
}

/** Tries `most` schedules at most. */
export function explore(store: StoreKind, scope: Scope, most: number, tell: (found: Progress) => void): Explored {
  const search: Search = { scenario: smallWorld(store), scope, states: new Set(), ends: new Set(), failures: [] };
  const { states, ends, failures } = search;
  let schedules = 0;
  let path: Choice[] | undefined = [];
  while (path !== undefined && schedules < most && failures.length < 3) {
    path = nextOf(follow(search, path));
    schedules++;
    if (schedules % 1000 === 0) tell({ schedules, states: states.size });
  }
  return { schedules, states: states.size, ends: ends.size, complete: path === undefined, failures };
}

export interface Progress {
  readonly schedules: number;
  readonly states: number;
}

interface Search {
  readonly scenario: Scenario;
  readonly scope: Scope;
  /** Seen before, while the runs are at work, and when they are over. */
  readonly states: Set<number>;
  readonly ends: Set<number>;
  readonly failures: (Violation & { readonly choices: readonly number[] })[];
}

/** The next way in order: the last choice that has another option takes it. */
function nextOf(choices: readonly Choice[]): Choice[] | undefined {
  const at = choices.findLastIndex(({ taken, of }) => taken + 1 < of);
  const last = choices[at];
  return last === undefined ? undefined : [...choices.slice(0, at), { ...last, taken: last.taken + 1 }];
}

/** Runs one way: the choices given, then always the first option. Returns all choices that were made. */
function follow({ scenario, scope, states, ends, failures }: Search, given: readonly Choice[]): Choice[] {
  const made: Choice[] = [];
  const heard = new Map<string, number>();
  const left: { -readonly [name in keyof Scope]: number } = { ...scope };
  let last: string | undefined;
  let storeText = (): string => "";
  const choose = (of: number): number => {
    const taken = given[made.length]?.taken ?? 0;
    made.push({ taken, of });
    return taken;
  };
  const remember = (actor: Actor, text: string): void =>
    void heard.set(actor.name, hashOf(text, heard.get(actor.name)));
  const chooser: Chooser = {
    instant: true,
    next(events) {
      if (made.length >= given.length) {
        const under = events.map(({ actor, what }) => `${actor.name} ${what}`).toSorted();
        const who = scope.turns === Infinity ? undefined : last;
        const state = hashOf(JSON.stringify([storeText(), [...heard].map(String).toSorted(), under, left, who]));
        if (states.has(state)) throw new Known();
        states.add(state);
      }
      const same = events.findIndex(({ actor }) => actor.name === last);
      const mayTurn = same === -1 || left.turns > 0;
      const options = mayTurn ? [...events.keys()] : [...events.keys()].filter((n) => events[n]?.actor.name === last);
      const picked = options[options.length === 1 ? 0 : choose(options.length)] ?? 0;
      const event = events[picked];
      if (event !== undefined) {
        if (same !== -1 && event.actor.name !== last) left.turns--;
        last = event.actor.name;
        remember(event.actor, event.what);
      }
      return picked;
    },
    fate(actor, what) {
      const options: (Fault | "crash" | "crash-arrives" | undefined)[] = [undefined];
      if (left.lost > 0) options.push("lose-request", "lose-reply");
      if (left.crashes > 0) options.push("crash", "crash-arrives");
      const fate = options.length === 1 ? undefined : options[choose(options.length)];
      if (fate === "lose-request" || fate === "lose-reply") left.lost--;
      else if (fate !== undefined) left.crashes--;
      if (fate !== undefined) remember(actor, `${what} ${fate}`);
      return fate;
    },
    answered: (actor, what, answer) => remember(actor, `${what} ${textOf(answer)}`),
  };
  try {
    const { violations } = simulate(scenario, {
      chooser,
      thorough: true,
      watch({ store }) {
        storeText = () =>
          JSON.stringify([...store.cells].map(([key, { version, text }]) => `${key} ${version} ${text}`).toSorted());
      },
      isKnownEnd({ touched }) {
        const end = hashOf(JSON.stringify([storeText(), [...touched]]));
        const isKnown = ends.has(end);
        ends.add(end);
        return isKnown;
      },
    });
    const [first] = violations;
    if (first !== undefined) failures.push({ ...first, choices: made.map(({ taken }) => taken) });
  } catch (error) {
    if (!(error instanceof Known)) throw error;
  }
  return made;
}

/** 53 bits of a text, after those of another: what is equal is equal, and hardly anything else is. */
function hashOf(text: string, before = 0): number {
  let high = 0xdeadbeef ^ Math.floor(before / 4_294_967_296);
  let low = 0x41c6ce57 ^ before;
  for (let n = 0; n < text.length; n++) {
    const code = text.charCodeAt(n);
    high = Math.imul(high ^ code, 2_654_435_761);
    low = Math.imul(low ^ code, 1_597_334_677);
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return 4_294_967_296 * (high & 0x1fffff) + (low >>> 0);
}

/** An answer as text. Bytes as JSON would be many numbers. */
function textOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1");
  if (value instanceof Date) return String(value.getTime());
  if (Array.isArray(value)) return `[${value.map(textOf).join()}]`;
  return Object.entries(value)
    .map(([name, each]) => `${name}:${textOf(each)}`)
    .join();
}
