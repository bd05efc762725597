/** Collects the problems of one file: in order, each once, not endlessly many, and masked where a secret may stand. */
import type { Stretch } from "../model.ts";
import type { Code, Problem } from "../problem.ts";
import { isPrivateLine, soundsSecret } from "../private-line.ts";
import { LIMITS } from "./limits.ts";

export interface Fault {
  readonly code: Code;
  /** `error` if left out. */
  readonly severity?: "error" | "warning";
  readonly message: string;
  readonly label?: string;
  readonly fix?: string;
  readonly notes?: NonNullable<Problem["notes"]>;
  /** True if the marked line shows a value: it is masked where its key sounds like a secret. */
  readonly valueShown?: boolean;
  /** Words instead of those that repeat what is written, for lines that may hold a secret. */
  readonly discreet?: Partial<Pick<Problem, "message" | "fix">>;
}

export interface Report {
  /** Offset and length in characters of the file's text. */
  at(offset: number, length: number, fault: Fault): void;
  stretch(offset: number, length: number): Stretch;
  /** True if the line may hold a secret (`db_password: …`): then its value is not repeated in a message. */
  isSensitive(offset: number): boolean;
  /** True once further problems are only counted: no need to look for details. */
  isFull(): boolean;
  /** What was collected, in the order of the file. */
  problems(): Problem[];
}

/** `secretNames`: keys that a schema says are secret. */
export function reportFor(file: string, text: string, secretNames: ReadonlySet<string> = new Set()): Report {
  const found: Problem[] = [];
  let left = 0;
  const stretch = (offset: number, length: number): Stretch => {
    const start = Math.min(Math.max(offset, 0), text.length);
    return { file, offset: start, length: Math.min(Math.max(length, 0), text.length - start) };
  };
  const isPrivate = (offset: number): boolean => isPrivateLine(text, offset, secretNames);
  // Nobody reads the words of a problem that is only counted.
  const isSensitive = (offset: number): boolean =>
    found.length >= LIMITS.problemsPerFile || soundsSecret(lineAt(text, offset)) || isPrivate(offset);
  return {
    stretch,
    isSensitive,
    isFull: () => found.length >= LIMITS.problemsPerFile,
    at: (offset, length, { valueShown, severity, discreet, ...fault }) => {
      if (found.length >= LIMITS.problemsPerFile) {
        left++;
        return;
      }
      const masked = valueShown === true && isSensitive(offset);
      found.push({
        severity: severity ?? "error",
        at: stretch(offset, length),
        ...fault,
        ...(discreet !== undefined && isPrivate(offset) ? discreet : {}),
        ...(masked ? { masked } : {}),
      });
    },
    problems: () => withRest(found.toSorted(byPlace), left),
  };
}

function byPlace(a: Problem, b: Problem): number {
  return offsetOf(a) - offsetOf(b);
}

function offsetOf(problem: Problem): number {
  return problem.at !== undefined && "offset" in problem.at ? problem.at.offset : 0;
}

function withRest(problems: Problem[], left: number): Problem[] {
  const last = problems.at(-1);
  if (left === 0 || last === undefined) return problems;
  const notes = [...(last.notes ?? []), { name: "more", text: `${left} further problems in this file are not listed` }];
  return [...problems.slice(0, -1), { ...last, notes }];
}

/** Where the line of an offset starts. */
export function lineStart(text: string, offset: number): number {
  let at = Math.min(offset, text.length);
  while (at > 0 && text.charCodeAt(at - 1) !== 10 && text.charCodeAt(at - 1) !== 13) at--;
  return at;
}

/** The line around an offset, without its line end; at most 2,000 characters of it. */
export function lineAt(text: string, offset: number): string {
  const at = Math.min(Math.max(offset, 0), text.length);
  const floor = Math.max(0, at - 1000);
  const before = text.slice(floor, at);
  const after = text.slice(at, at + 1000);
  const start = Math.max(before.lastIndexOf("\n"), before.lastIndexOf("\r")) + 1;
  const end = after.search(/[\n\r]/u);
  return before.slice(start) + (end < 0 ? after : after.slice(0, end));
}
