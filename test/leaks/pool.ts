/** Canaries made ahead, for many repos after one another: what finds them all is built once. */
import { IDENTITY } from "./age-keys.ts";
import { CANARY_KINDS, type Canary, type CanaryKind, canaryOf } from "./canary.ts";
import { type Detector, detectorOf } from "./detector.ts";
import { randomOf } from "./random.ts";

/** Repos that share a pool. Inside a repo every secret has a canary of its own. */
const REPOS = 500;
/** Of each kind; a repo that needs more makes its own. */
const EACH = 12;

export interface Pool {
  readonly canaries: ReadonlyMap<CanaryKind, readonly Canary[]>;
  readonly detector: Detector;
}

/** The key that opens all encrypted files. */
export const KEY: Canary = {
  role: "age key",
  kind: "ascii",
  text: IDENTITY,
  cores: [IDENTITY.slice("AGE-SECRET-KEY-1".length)],
};

let known: { readonly group: number; readonly pool: Pool } | undefined;

/** The pool of the repo of a seed: the same in every run. */
export function poolFor(seed: number): Pool {
  const group = Math.floor(seed / REPOS);
  if (known?.group !== group) known = { group, pool: makePool(group) };
  return known.pool;
}

function makePool(group: number): Pool {
  const random = randomOf(group * 104_729 + 3);
  const canaries = new Map(
    CANARY_KINDS.map((kind) => [kind, Array.from({ length: EACH }, (_, n) => canaryOf(`${kind} ${n}`, random, kind))]),
  );
  return { canaries, detector: detectorOf([KEY, ...[...canaries.values()].flat()]) };
}
