/** Rotating a secret that only the stores hold: which use gets which value, in which order. Decides, and writes nothing. */
import { PLACEHOLDER } from "../apply/compose.ts";
import { Failure } from "../failure.ts";
import { groupBy } from "../group.ts";
import { Sealed } from "../secret.ts";
import type { Filling } from "./fill.ts";
import type { SecretUseSite } from "./uses.ts";

/** A use with what is known of it. */
export interface UseState {
  readonly use: SecretUseSite;
  /** Undefined where there is nothing yet. */
  readonly text: Sealed | undefined;
  /** When its rotation began, if one is open (ISO 8601). */
  readonly since: string | undefined;
  /** False: the store writes one key at a time. */
  readonly isWhole: boolean;
}

export interface RotationInput {
  /** `orders.db_password`, for messages. */
  readonly name: string;
  readonly uses: readonly UseState[];
  /** Uses of the secret that keeps the value of before; empty: there is none. */
  readonly previous: readonly UseState[];
  /** ISO 8601. */
  readonly now: string;
}

/** Steps in order: none is begun before the one ahead of it is done in every store. */
export type RotationSteps = readonly (readonly Filling[])[];

/** Undefined: a rotation is half done, and its value is to be used again. */
export type NewValue = Sealed | undefined;

/**
 * Two steps: first the value of before goes where readers look for it (where a store writes a unit whole, the new value
 * goes with it), then the new value goes to all others. Uses that have it already are left alone, so that the same
 * value again continues after a failure. Throws `MISSING` (no value yet), `REFUSED` (another rotation is open), `USAGE`.
 */
export function beginRotation(input: RotationInput, wanted: NewValue): RotationSteps {
  const { uses, previous, now, name } = input;
  requireValues(input);
  const value = wanted ?? valueOfOpen(input);
  const is = (state: UseState): boolean => state.text?.reveal() === value.reveal();
  const stranger = uses.find((state) => state.since !== undefined && !is(state));
  if (stranger !== undefined)
    throw new Failure("REFUSED", `a rotation of ${name} is open since ${dateOf(stranger.since)}, with another value`, {
      fix: "finish it first (--finish), or give the same value again to continue it",
    });
  const todo = uses.filter((state) => !is(state));
  const isKept = (state: UseState): boolean => !isEmpty(state) && !is(state);
  if (todo.length === 0 && !uses.some(isMarked) && !previous.some(isKept)) {
    if (previous.length === 0) return [];
    throw new Failure("USAGE", `this is the value that ${name} has already`, { fix: "rotating needs a new one" });
  }
  const write = (state: UseState): Filling => ({
    use: state.use,
    value: is(state) ? undefined : value,
    before: state.text,
    ...(previous.length === 0 ? {} : { rotation: now }),
  });
  const open = uses.filter((state) => !is(state) || (previous.length > 0 && !isMarked(state)));
  const kept = keep(input, previous, (state) => !is(state));
  const units = new Set(kept.map(({ use }) => placeOf(use)));
  const keys = new Set(kept.map(({ use }) => keyOf(use)));
  // One text is written once; a unit that the store writes whole never shows the one value without the other.
  const isEarly = ({ use, isWhole }: UseState): boolean => (isWhole ? units.has(placeOf(use)) : keys.has(keyOf(use)));
  return [[...kept, ...open.filter(isEarly).map(write)], open.filter((state) => !isEarly(state)).map(write)].filter(
    (step) => step.length > 0,
  );
}

/** The moment from which on nobody may need the value of before; undefined: no rotation is open. */
export function graceEnd(uses: readonly UseState[], graceMs: number): number | undefined {
  const since = uses.flatMap((state) => (state.since === undefined ? [] : [Date.parse(state.since)]));
  return since.length === 0 ? undefined : Math.max(...since) + graceMs;
}

/** The value of before is overwritten by the present one, so that only one is valid and nothing is empty. */
export function finishRotation(input: RotationInput): RotationSteps {
  const { uses, previous, name } = input;
  requireValues(input);
  const rotated = new Set(uses.filter(isMarked).map((state) => state.text?.reveal()));
  const behind = uses.filter((state) => !rotated.has(state.text?.reveal()));
  if (behind.length > 0)
    throw new Failure("REFUSED", `the rotation of ${name} is not complete`, {
      fix: "run trueup secrets rotate again, with the same value, then finish it",
      details: behind.slice(0, SHOWN).map(({ use }) => `${use.destination}  ${use.key} has the value of before`),
    });
  const over = uses.filter(isMarked).map(({ use }): Filling => ({ use, value: undefined, rotation: null }));
  return [[...keep(input, previous, () => true), ...over]];
}

const SHOWN = 10;

/** What each use of the previous secret is to hold: the value that the secret has now, where `counts` takes it. */
function keep(
  { name, uses }: RotationInput,
  previous: readonly UseState[],
  counts: (state: UseState) => boolean,
): Filling[] {
  return previous.flatMap((state): Filling[] => {
    const { use, text } = state;
    const near = [
      uses.filter((other) => placeOf(other.use) === placeOf(use)),
      uses.filter((other) => other.use.unit === use.unit),
      uses.filter((other) => other.use.place === use.place),
      uses,
    ].find((group) => group.length > 0);
    const texts = new Set((near ?? []).filter(counts).flatMap((other) => other.text?.reveal() ?? []));
    if (texts.size > 1)
      throw new Failure(
        "REFUSED",
        `${name} has different values, and nobody can say which of them ${use.key} is to keep`,
        {
          fix: "give it one value first (trueup secrets set), or rotate one place at a time (--region)",
        },
      );
    const [keepText] = texts;
    // Nothing to keep: what is there already was kept by a rotation that is half done.
    if (keepText === undefined) return [];
    if (text?.reveal() === keepText) return [];
    return [{ use, value: new Sealed(keepText), before: text }];
  });
}

/** Something has to be there: a rotation goes from one value to another. */
function requireValues({ name, uses, previous }: RotationInput): void {
  const missing = [...uses, ...previous].find((state) => state.text === undefined);
  if (missing !== undefined)
    throw new Failure("MISSING", `${missing.use.key} has no placeholder yet`, {
      fix: "run trueup apply first: it makes the placeholder, and the ledger then knows the key",
    });
  const empty = uses.find(isEmpty);
  if (empty === undefined) return;
  const { env } = empty.use;
  throw new Failure("MISSING", `${name} has no value yet in ${env}, so there is nothing to rotate`, {
    fix: `trueup secrets set ${name.replace(".", " ")} --env ${env}`,
  });
}

function valueOfOpen({ name, uses }: RotationInput): Sealed {
  const texts = new Map(
    uses.filter(isMarked).flatMap(({ text }) => (text === undefined ? [] : [[text.reveal(), text]])),
  );
  const [value] = texts.values();
  if (value !== undefined && texts.size === 1) return value;
  throw new Failure("REFUSED", `rotations of ${name} are open with different values`, {
    fix: "finish them one place at a time (--region)",
  });
}

function isMarked(state: UseState): boolean {
  return state.since !== undefined;
}

function isEmpty({ text }: UseState): boolean {
  return text?.reveal() === PLACEHOLDER;
}

function placeOf(use: SecretUseSite): string {
  return `${use.destination}\n${use.unit}`;
}

function keyOf(use: SecretUseSite): string {
  return `${use.destination}\n${use.key}`;
}

/** `2026-11-21 16:00` */
function dateOf(since: string | undefined): string {
  return (since ?? "").slice(0, "2026-11-21T16:00".length).replace("T", " ");
}

/** Fillings of one step by destination. */
export function byDestination(step: readonly Filling[]): ReadonlyMap<string, readonly Filling[]> {
  return groupBy(step, ({ use }) => use.destination);
}
