/** Which values of a file are encrypted: one rule a file, tested on every key above a value and its own. */
import { goPattern } from "./pattern.ts";

export const SELECTORS = [
  "unencrypted_suffix",
  "encrypted_suffix",
  "unencrypted_regex",
  "encrypted_regex",
  "unencrypted_comment_regex",
  "encrypted_comment_regex",
] as const;
export type SelectorName = (typeof SELECTORS)[number];

export interface Selector {
  readonly name: SelectorName;
  readonly text: string;
}
/** What SOPS does when a file names no rule. */
export const DEFAULT_SELECTOR: Selector = { name: "unencrypted_suffix", text: "_unencrypted" };

/** Tells for the keys of a value whether it has to be encrypted; `undefined`: only its form tells (comment rules). */
export type Selects = (keys: readonly string[]) => boolean | undefined;

/** The test of a rule, or why it cannot be used. */
export function selects({ name, text }: Selector): Selects | { readonly why: string } {
  if (name === "unencrypted_suffix") return (keys) => !keys.some((key) => key.endsWith(text));
  if (name === "encrypted_suffix") return (keys) => keys.some((key) => key.endsWith(text));
  if (name.endsWith("_comment_regex")) return () => undefined;
  const test = goPattern(text);
  if (typeof test !== "function") return test;
  return name === "encrypted_regex" ? (keys) => keys.some(test) : (keys) => !keys.some(test);
}
