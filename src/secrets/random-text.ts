/** New values that nobody can guess. The random source comes from the edge. */
import { Failure } from "../failure.ts";
import type { Sealed } from "../secret.ts";
import { ALPHABET_NAMES, type RandomBytes, makeValue } from "./generate.ts";

const LENGTH = { least: 16, most: 512, usual: "32" };

/** Gives values one after the other. Throws `USAGE` for a length or alphabet that cannot be. */
export function textMaker(length: string = LENGTH.usual, alphabet = "alphanumeric", random: RandomBytes): () => Sealed {
  if (!ALPHABET_NAMES.includes(alphabet))
    throw new Failure("USAGE", `there is no alphabet ${alphabet}`, { fix: `one of ${ALPHABET_NAMES.join(", ")}` });
  const count = Number(length);
  if (!Number.isInteger(count) || count < LENGTH.least || count > LENGTH.most)
    throw new Failure("USAGE", `--length takes a number from ${LENGTH.least} to ${LENGTH.most}`);
  return () => makeValue({ length: count, alphabet }, random);
}

/** A rule that not one value in so many fits is no rule for generated values. */
const TRIES = 100;

/** The first value without problems; of the last one tried, what is wrong with it. */
export function fittingText<T>(
  make: () => Sealed,
  problemsOf: (value: Sealed) => readonly T[],
): { readonly value: Sealed } | { readonly problems: readonly T[] } {
  let problems: readonly T[] = [];
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const value = make();
    problems = problemsOf(value);
    if (problems.length === 0) return { value };
  }
  return { problems };
}
