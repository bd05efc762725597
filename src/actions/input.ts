/** Reads one input of an action: what it may be, and what to say if it is something else. */
import { Failure } from "../failure.ts";
import { quoteValue } from "../report/redact.ts";

/** Text of an input by its name, trimmed; `""` if it is not given. The runner fills in defaults. */
export type GetInput = (name: string) => string;

export function text(get: GetInput, name: string): string | undefined {
  const value = get(name);
  if (value === "") return undefined;
  if (/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u.test(value))
    throw bad(name, "holds a line break or another control character", "write it on one line");
  return value;
}

/** Spelled as in YAML (actions/toolkit, getBooleanInput). */
export function flag(get: GetInput, name: string, otherwise: boolean): boolean {
  const value = text(get, name);
  if (value === undefined) return otherwise;
  if (/^(?:true|True|TRUE)$/u.test(value)) return true;
  if (/^(?:false|False|FALSE)$/u.test(value)) return false;
  throw bad(name, `must be true or false, not ${shown(value)}`);
}

export function choice<T extends string>(get: GetInput, name: string, choices: readonly T[], otherwise: T): T {
  const value = text(get, name);
  if (value === undefined) return otherwise;
  const found = choices.find((one) => one === value);
  if (found === undefined) throw bad(name, `must be one of ${choices.join(", ")}, not ${shown(value)}`);
  return found;
}

/** Comma-separated, or one on each line. */
export function list(get: GetInput, name: string): readonly string[] {
  const items = get(name)
    .split(/[,\n]/u)
    .map((item) => item.trim())
    .filter((item) => item !== "");
  return items.map((item) => text(() => item, name) ?? "");
}

/** A list of known words. `never` alone means none. */
export function words<T extends string>(
  get: GetInput,
  name: string,
  known: readonly T[],
  otherwise: readonly T[],
): readonly T[] {
  const items = list(get, name);
  if (items.length === 0) return otherwise;
  if (items.length === 1 && items[0] === "never") return [];
  return items.map((item) => {
    const found = known.find((one) => one === item);
    if (found === undefined)
      throw bad(name, `takes ${known.join(", ")}, or never alone; ${shown(item)} is none of them`);
    return found;
  });
}

/** Globs of names or addresses. */
export function globs(get: GetInput, name: string): readonly string[] {
  const items = list(get, name);
  const wrong = items.find((item) => /\s/u.test(item));
  if (wrong !== undefined) throw bad(name, `takes names or globs with commas between them, not ${shown(wrong)}`);
  return items;
}

/** Plain names, as a list or as JSON: what the output of another step looks like. */
export function names(get: GetInput, name: string): readonly string[] {
  const items = list((each) => get(each).replace(/^\s*\[|\]\s*$/gu, ""), name);
  return items.map((item) => {
    const plain = item.replace(/^"(.*)"$/u, "$1");
    if (!/^[\w-]+$/u.test(plain)) throw bad(name, `takes names with commas between them, not ${shown(item)}`);
    return plain;
  });
}

export function bad(name: string, what: string, fix?: string): Failure {
  return new Failure("USAGE", `the input ${name} ${what}`, {
    fix: fix ?? `correct \`${name}\` under \`with:\` in the workflow`,
  });
}

function shown(value: string): string {
  return quoteValue(value, { width: 60 });
}
