/**
 * Matches patterns in time linear in the text, whatever the pattern: all ways are followed at once and never tried
 * one after the other.
 *
 * Neither V8 nor a package fits. V8's own linear engine (a flag) takes neither the `u` flag nor `{1,20}`, and falls
 * back to backtracking in silence: `^([a-z0-9]{1,20}-?)+$` on 30 characters took 18 s (Node 20.20, seen 2026-11).
 * `re2js` is quick but gives `\s` and `.` another meaning than JavaScript and knows no `\p{Script=…}`.
 */
import { parsePattern, type Part } from "./pattern.ts";

/** More steps than this after writing out every `{n,m}`: refused. */
const MAX_STEPS = 5000;
/** Step numbers remembered in the states of one pattern; beyond that the memory is cleared and built anew. */
const MAX_MEMORY = 100_000;

export interface Matcher {
  readonly source: string;
  /** True if the pattern matches anywhere in the text, as `RegExp.prototype.test` with the `u` flag. */
  readonly test: (text: string) => boolean;
}
export type Matching = { readonly matcher: Matcher } | { readonly wrong: string } | { readonly slow: string };

/** `spend` is told about the work done, in units of some ten nanoseconds; it may throw to stop. */
export function patternMatcher(source: string, spend: (work: number) => void = () => {}): Matching {
  const parsed = parsePattern(source);
  if (!("part" in parsed)) return parsed;
  const program = writeProgram(parsed.part);
  if (program === undefined) return { slow: `has more than ${MAX_STEPS} steps once its repetitions are written out` };
  return { matcher: { source, test: runner(program, spend) } };
}

// ── The program ──────────────────────────────────────────────────────────────────────────────────

type Step =
  | { readonly kind: "read"; readonly character: number; next: number }
  | { readonly kind: "fork"; readonly to: number[] }
  | { readonly kind: "assert"; readonly which: "^" | "$" | "b" | "B"; next: number }
  | { readonly kind: "found" };
interface Program {
  readonly steps: readonly Step[];
  readonly start: number;
  /** Source of every kind of character that occurs. */
  readonly characters: readonly string[];
}

/** Written backwards: each part is told where to go on, and says where it starts. */
function writeProgram(part: Part): Program | undefined {
  const steps: Step[] = [{ kind: "found" }];
  const characters = new Map<string, number>();
  const add = (step: Step): number => {
    if (steps.length > MAX_STEPS) throw new RangeError("steps");
    return steps.push(step) - 1;
  };
  const write = (item: Part, next: number): number => {
    switch (item.kind) {
      case "character": {
        const id = characters.get(item.source) ?? characters.size;
        characters.set(item.source, id);
        return add({ kind: "read", character: id, next });
      }
      case "assertion":
        return add({ kind: "assert", which: item.which, next });
      case "sequence":
        return item.parts.reduceRight((after, each) => write(each, after), next);
      case "choice":
        return add({ kind: "fork", to: item.parts.map((each) => write(each, next)) });
      default:
        return writeRepeat(item.part, item.min, item.max, next);
    }
  };
  const writeRepeat = (item: Part, min: number, max: number, next: number): number => {
    let start = next;
    if (max === Infinity) {
      const loop: number[] = [next];
      start = add({ kind: "fork", to: loop });
      loop.push(write(item, start));
    } else {
      // Every optional copy may leave for the end at once.
      for (let i = min; i < max; i++) start = add({ kind: "fork", to: [next, write(item, start)] });
    }
    for (let i = 0; i < min; i++) start = write(item, start);
    return start;
  };
  try {
    const start = write(part, 0);
    return { steps, start, characters: [...characters.keys()] };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

// ── Running it ───────────────────────────────────────────────────────────────────────────────────

/** What stands before a position. */
type Before = "start" | "word" | "other";
interface State {
  readonly before: Before;
  /** Steps waiting for the next character, before forks and assertions are followed. */
  readonly waiting: readonly number[];
  /** By symbol: where it leads, `true` if a match is complete. */
  readonly to: (State | true | undefined)[];
}
/** A set of characters that no part of the pattern tells apart. */
interface Symbol {
  readonly id: number;
  readonly word: boolean;
  readonly accepts: readonly boolean[];
}
const END: Symbol = { id: 0, word: false, accepts: [] };

function runner(program: Program, spend: (work: number) => void): (text: string) => boolean {
  const symbolOf = alphabet(program.characters);
  let states = new Map<string, State>();
  let held = 0;
  const stateOf = (before: Before, waiting: readonly number[]): State => {
    const name = `${before} ${waiting.join(",")}`;
    const known = states.get(name);
    if (known !== undefined) return known;
    held += waiting.length + 10;
    if (held > MAX_MEMORY) {
      states = new Map();
      held = 0;
    }
    const state: State = { before, waiting, to: [] };
    states.set(name, state);
    return state;
  };
  const advance = (state: State, symbol: Symbol): State | true => {
    const reached = follow(program, state, symbol);
    spend(reached.visited >> 1);
    if (reached.found) return true;
    // A match may begin at every position: the start is always among the waiting.
    reached.next.add(program.start);
    return stateOf(
      symbol.word ? "word" : "other",
      [...reached.next].toSorted((a, b) => a - b),
    );
  };
  return (text) => {
    spend(text.length >> 4);
    let state = stateOf("start", [program.start]);
    for (let i = 0; i < text.length;) {
      const code = text.codePointAt(i) as number;
      i += code > 0xffff ? 2 : 1;
      const symbol = symbolOf(code);
      const next = (state.to[symbol.id] ??= advance(state, symbol));
      if (next === true) return true;
      state = next;
    }
    return (state.to[END.id] ??= advance(state, END)) === true;
  };
}

/** Everything reachable without reading, and after reading one character of `symbol`. */
function follow(
  program: Program,
  state: State,
  symbol: Symbol,
): { readonly found: boolean; readonly next: Set<number>; readonly visited: number } {
  const seen = new Set<number>();
  const todo = [...state.waiting];
  const next = new Set<number>();
  while (todo.length > 0) {
    const at = todo.pop() as number;
    if (seen.has(at)) continue;
    seen.add(at);
    const step = program.steps[at] as Step;
    if (step.kind === "found") return { found: true, next, visited: seen.size };
    if (step.kind === "fork") todo.push(...step.to);
    else if (step.kind === "assert") {
      if (holds(step.which, state.before, symbol)) todo.push(step.next);
    } else if (symbol.accepts[step.character] === true) next.add(step.next);
  }
  return { found: false, next, visited: seen.size };
}

function holds(which: "^" | "$" | "b" | "B", before: Before, symbol: Symbol): boolean {
  if (which === "^") return before === "start";
  if (which === "$") return symbol === END;
  return ((before === "word") !== symbol.word) === (which === "b");
}

/** Sorts characters into symbols; what a class or escape accepts is asked of V8, one character at a time. */
function alphabet(characters: readonly string[]): (code: number) => Symbol {
  const tests = characters.map((source) => new RegExp(`^(?:${source})$`, "u"));
  const symbols = new Map<string, Symbol>();
  const ascii: (Symbol | undefined)[] = Array.from({ length: 128 });
  let known = new Map<number, Symbol>();
  return (code) => {
    const before = code < 128 ? ascii[code] : known.get(code);
    if (before !== undefined) return before;
    const text = String.fromCodePoint(code);
    const word = /^\w$/u.test(text);
    const accepts = tests.map((test) => test.test(text));
    const name = `${word} ${accepts.map(Number).join("")}`;
    const symbol = symbols.get(name) ?? { id: symbols.size + 1, word, accepts };
    symbols.set(name, symbol);
    if (code < 128) ascii[code] = symbol;
    else {
      if (known.size >= 2000) known = new Map();
      known.set(code, symbol);
    }
    return symbol;
  };
}
