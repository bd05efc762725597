/**
 * A small world in every order: two applies of two commits over three keys, at most one crash and two lost messages. What
 * seeds leave to chance is tried out here, choice by choice. Two ways that lead to the same state go on as one: a process
 * is what it was answered, so the state is the store, the answers of each process, and what is under way.
 */
import type { Violation } from "./invariants.ts";
import type { Fault, Run, Scenario } from "./scenario.ts";
import { simulate } from "./simulate.ts";
import type { Actor, Chooser } from "./world.ts";

export interface Explored {
  readonly schedules: number;
  readonly states: number;
  /** False: `most` schedules were tried, and there are more. */
  readonly complete: boolean;
  readonly failures: readonly (Violation & { readonly choices: readonly number[] })[];
}

const run = (commit: number): Run => ({ commit, at: 0, allow: [], faults: [], slow: 1 });

export function smallWorld(store: "etcd" | "ssm"): Scenario {
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

/** `turns`: how often another process may go on although the one before could; Infinity: always. `most` schedules. */
export function explore(store: "etcd" | "ssm", turns: number, most: number): Explored {
  const scenario = smallWorld(store);
  const states = new Set<string>();
  const failures: (Violation & { choices: readonly number[] })[] = [];
  let schedules = 0;
  let path: Choice[] | undefined = [];
  while (path !== undefined && schedules < most && failures.length < 3) {
    const choices = follow(scenario, path, turns, states, failures);
    schedules++;
    path = nextOf(choices);
  }
  return { schedules, states: states.size, complete: path === undefined, failures };
}

/** The next way in order: the last choice that has another option takes it. */
function nextOf(choices: readonly Choice[]): Choice[] | undefined {
  const at = choices.findLastIndex(({ taken, of }) => taken + 1 < of);
  const last = choices[at];
  return last === undefined ? undefined : [...choices.slice(0, at), { ...last, taken: last.taken + 1 }];
}

/** Runs one way: the choices given, then always the first option. Returns all choices that were made. */
function follow(
  scenario: Scenario,
  given: readonly Choice[],
  turns: number,
  states: Set<string>,
  failures: (Violation & { choices: readonly number[] })[],
): Choice[] {
  const made: Choice[] = [];
  const answers = new Map<string, number>();
  const left = { lost: 2, crashes: 1, turns };
  let last: string | undefined;
  let storeText = (): string => "";
  const choose = (of: number): number => {
    const taken = given[made.length]?.taken ?? 0;
    made.push({ taken, of });
    return taken;
  };
  const remember = (actor: Actor, text: string): void => {
    let hash = answers.get(actor.name) ?? 17;
    for (let n = 0; n < text.length; n++) hash = Math.imul(hash ^ text.charCodeAt(n), 0x01000193);
    answers.set(actor.name, hash);
  };
  const chooser: Chooser = {
    instant: true,
    next(events) {
      const isNew = made.length >= given.length;
      const under = events.map(({ actor, what }) => `${actor.name} ${what}`).toSorted();
      const store = storeText();
      if (isNew) {
        const state = JSON.stringify([store, [...answers].map(String).toSorted(), under, left, last]);
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
        remember(event.actor, `${event.what} ${store}`);
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
      remember(actor, `${what} ${fate ?? ""}`);
      return fate;
    },
  };
  try {
    const { violations } = simulate(scenario, {
      chooser,
      watch: ({ store }) => {
        storeText = () =>
          JSON.stringify([...store.cells].map(([key, { version, text }]) => `${key} ${version} ${text}`).toSorted());
      },
    });
    const [first] = violations;
    if (first !== undefined) failures.push({ ...first, choices: made.map(({ taken }) => taken) });
  } catch (error) {
    if (!(error instanceof Known)) throw error;
  }
  return made;
}
