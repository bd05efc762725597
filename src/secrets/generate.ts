/** Values that trueup makes up: what they are made of, and how. The random source comes from the edge. */
import { canonicalJson, digest } from "../canonical.ts";
import type { Generation, SecretDefinition } from "../model.ts";
import type { Problem } from "../problem.ts";
import { Sealed } from "../secret.ts";
import { suggest } from "../suggest.ts";

/** Gives that many bytes that nobody can guess. */
export type RandomBytes = (count: number) => Uint8Array;

const DIGITS = "0123456789";
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** `printable` leaves out what shells, JSON and templates give a meaning: quotes, backslash, `$` and braces. */
const ALPHABETS: Readonly<Record<string, string>> = {
  alphanumeric: LETTERS + DIGITS,
  hex: `${DIGITS}abcdef`,
  base64url: `${LETTERS + DIGITS}-_`,
  printable: `${LETTERS + DIGITS}!#%&()*+,-./:;<=>?@[]^_|~`,
};
/** What `alphabet` in secrets.yaml and `--alphabet` can be called. */
export const ALPHABET_NAMES: readonly string[] = Object.keys(ALPHABETS);
/** Fewer bits could be tried out. */
const MIN_BITS = 64;

function charactersOf(alphabet: string): string {
  return Object.hasOwn(ALPHABETS, alphabet) ? (ALPHABETS[alphabet] ?? alphabet) : alphabet;
}

/** Every character equally likely: bytes that would favour some are thrown away. */
export function makeValue({ length, alphabet }: Pick<Generation, "length" | "alphabet">, random: RandomBytes): Sealed {
  const characters = charactersOf(alphabet);
  const fair = 256 - (256 % characters.length);
  let text = "";
  while (text.length < length) {
    for (const byte of random(length)) {
      if (byte < fair && text.length < length) text += characters[byte % characters.length] ?? "";
    }
  }
  return new Sealed(text);
}

/** True if the text could have been made like this. */
export function couldBeMade(text: string, { length, alphabet }: Generation): boolean {
  const characters = new Set(charactersOf(alphabet));
  return text.length === length && Array.from(text).every((character) => characters.has(character));
}

/** What Git says of a generated secret. Its name is part of it, so that two secrets of one kind are told apart. */
export function generationDigest({ id, generate }: SecretDefinition): string | undefined {
  if (generate === undefined) return undefined;
  return digest(canonicalJson(["generate", id, generate.version, generate.length, generate.alphabet]));
}

/** What is wrong with how a value is to be made; undefined if nothing is. */
export function generationFault({ id, generate, at }: SecretDefinition): Problem | undefined {
  if (generate === undefined) return undefined;
  const { alphabet, length } = generate;
  const fault = ALPHABET_NAMES.includes(alphabet) ? undefined : alphabetFault(alphabet);
  const needed = Math.ceil(MIN_BITS / Math.log2(Math.max(2, charactersOf(alphabet).length)));
  const words =
    fault ??
    (length < needed
      ? {
          message: `${length} characters of ${charactersOf(alphabet).length} different ones could be tried out`,
          fix: `length: ${needed} or more (${MIN_BITS} bits)`,
        }
      : undefined);
  if (words === undefined) return undefined;
  const { message, ...rest } = words;
  return { code: "TU4012", severity: "error", message: `the secret ${id} cannot be made: ${message}`, at, ...rest };
}

function alphabetFault(alphabet: string): { readonly message: string; readonly fix: string } | undefined {
  const meant = suggest(alphabet, ALPHABET_NAMES);
  const fix =
    meant === undefined ? `one of ${ALPHABET_NAMES.join(", ")}, or each character once` : `did you mean ${meant}?`;
  if (meant !== undefined) return { message: "its alphabet is almost the name of one, and not quite", fix };
  if (!/^[!-z|~]+$/u.test(alphabet))
    return { message: "its alphabet holds something other than visible ASCII characters without braces", fix };
  if (new Set(alphabet).size !== alphabet.length)
    return { message: "its alphabet names a character twice, which would make it more likely than others", fix };
  return alphabet.length < 2 ? { message: "its alphabet has one character", fix } : undefined;
}
