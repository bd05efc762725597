/** New values that nobody can guess. The random source comes from the edge. */
import { Failure } from "../failure.ts";
import { Sealed } from "../secret.ts";

const DIGITS = "0123456789";
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** As in secrets.yaml. `printable` leaves out what shells, JSON and templates give a meaning: quotes, backslash, `$`, braces. */
const ALPHABETS: Readonly<Record<string, string>> = {
  alphanumeric: LETTERS + DIGITS,
  hex: `${DIGITS}abcdef`,
  base64url: `${LETTERS + DIGITS}-_`,
  printable: `${LETTERS + DIGITS}!#%&()*+,-./:;<=>?@[]^_|~`,
};
const LENGTH = { least: 16, most: 512, usual: "32" };

/** Gives values one after the other. Throws `USAGE` for a length or alphabet that cannot be. */
export function textMaker(
  length: string = LENGTH.usual,
  alphabet = "alphanumeric",
  random: (count: number) => Uint8Array,
): () => Sealed {
  const characters = Object.hasOwn(ALPHABETS, alphabet) ? ALPHABETS[alphabet] : undefined;
  if (characters === undefined)
    throw new Failure("USAGE", `there is no alphabet ${alphabet}`, {
      fix: `one of ${Object.keys(ALPHABETS).join(", ")}`,
    });
  const count = Number(length);
  if (!Number.isInteger(count) || count < LENGTH.least || count > LENGTH.most)
    throw new Failure("USAGE", `--length takes a number from ${LENGTH.least} to ${LENGTH.most}`);
  // Bytes that would favour some characters are thrown away.
  const fair = 256 - (256 % characters.length);
  return () => {
    let text = "";
    while (text.length < count) {
      for (const byte of random(count))
        if (byte < fair && text.length < count) text += characters[byte % characters.length] ?? "";
    }
    return new Sealed(text);
  };
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
