/** What can be fuzzed: a name, words that its inputs are made of, inputs to start from, and what must hold for any. */
import { isDeepStrictEqual } from "node:util";

export interface FuzzTarget {
  readonly name: string;
  /** Pieces that mean something to what is fuzzed. */
  readonly dictionary: readonly string[];
  readonly seeds: readonly string[];
  /** New inputs in each run of the tests, beside the kept ones. */
  readonly fresh: number;
  /** Throws if anything that must hold does not. Whatever the product throws itself is a finding too. */
  run(input: Buffer): void | Promise<void>;
  close?(): Promise<void>;
}

/** An input that broke a promise. */
export class Finding extends Error {
  override readonly name = "Finding";
}

export function must(holds: boolean, promise: string, ...shown: readonly unknown[]): asserts holds {
  if (!holds) throw new Finding([promise, ...shown.map((each) => JSON.stringify(each)?.slice(0, 500))].join(" · "));
}

export function mustEqual(actual: unknown, expected: unknown, promise: string): void {
  if (!isDeepStrictEqual(actual, expected)) must(false, promise, actual, expected);
}

/** The text of an input; bytes that are not UTF-8 become replacement characters. */
export function textOf(input: Buffer): string {
  return input.toString("utf8");
}
