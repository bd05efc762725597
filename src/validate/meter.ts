/** A budget for the work that schemas cause, counted while they run: no clock, so the same files give the same answer. */

/** Looks at one unit's values, roughly: subschema against value. A busy real unit needs some ten thousand. Well below a second. */
export const WORK_PER_UNIT = 700_000;
/** Mistakes in one unit, those of alternatives included. A hostile schema of a few lines can find millions. */
export const MAX_MISTAKES = 20_000;

/** What is thrown through ajv when a budget is gone. Never leaves this folder. */
export class OverBudget extends Error {
  readonly what: "work" | "mistakes";
  constructor(what: "work" | "mistakes") {
    super(what);
    this.what = what;
  }
}

export interface Meter {
  /** Starts a new unit. */
  readonly reset: () => void;
  /** Throws {@link OverBudget} once more was spent than the unit may. */
  readonly spend: (work: number) => void;
  /** Called by ajv's code at every loop and definition. */
  readonly count: (work: number, mistakes: number) => void;
}

export function makeMeter(): Meter {
  let left = WORK_PER_UNIT;
  const spend = (work: number): void => {
    left -= work;
    if (left < 0) throw new OverBudget("work");
  };
  return {
    reset: () => {
      left = WORK_PER_UNIT;
    },
    spend,
    count: (work, mistakes) => {
      if (mistakes > MAX_MISTAKES) throw new OverBudget("mistakes");
      spend(work);
    },
  };
}
