/** A `.env` file that people and trueup share: trueup's lines stand between two marks, everything else is left alone. */
import { parseEnv } from "node:util";
import type { Named } from "./format.ts";
import { dotenvText } from "./dotenv.ts";

const START = "# trueup: lines from here on are made by trueup export";
const END = "# trueup: end";

export interface EnvFile {
  /** The people's text, before and after trueup's lines, byte for byte. */
  readonly before: string;
  readonly after: string;
  /** What the people's lines say; they win over everything trueup knows. */
  readonly own: ReadonlyMap<string, string>;
  /** What trueup's lines said when they were written. */
  readonly made: ReadonlyMap<string, string>;
}

/** Reads a `.env` file by the rules of Node's own `--env-file`. */
export function readEnvFile(text: string): EnvFile {
  const start = lineAt(text, START, 0);
  const end = start < 0 ? -1 : lineAt(text, END, start);
  if (start < 0 || end < 0) return { before: text, after: "", own: parsed(text), made: new Map() };
  const before = text.slice(0, start);
  const after = text.slice(end + END.length).replace(/^\r?\n/u, "");
  return { before, after, own: parsed(`${before}\n${after}`), made: parsed(text.slice(start, end)) };
}

/** Offset of the line that starts with the mark; -1 if there is none. */
function lineAt(text: string, mark: string, from: number): number {
  for (let at = text.indexOf(mark, from); at >= 0; at = text.indexOf(mark, at + 1))
    if (at === 0 || text[at - 1] === "\n") return at;
  return -1;
}

function parsed(text: string): ReadonlyMap<string, string> {
  return new Map(Object.entries(parseEnv(text)).map(([name, value]) => [name, value ?? ""]));
}

export interface EnvFileChange {
  readonly text: string;
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** Names that the people's lines set; trueup writes none of them. */
  readonly kept: readonly string[];
}

/** The file with trueup's lines replaced. `unit` is named in the first of them. */
export function updateEnvFile(file: EnvFile, variables: readonly Named[], unit: string): EnvFileChange {
  const ours = variables.filter(({ name }) => !file.own.has(name));
  const names = new Set(ours.map(({ name }) => name));
  const gap = file.before === "" || file.before.endsWith("\n") ? "" : "\n";
  return {
    text: `${file.before}${gap}${START} (${unit})\n${dotenvText(ours)}${END}\n${file.after}`,
    added: ours.filter(({ name }) => !file.made.has(name)).map(({ name }) => name),
    changed: ours
      .filter(({ name, text }) => file.made.has(name) && file.made.get(name) !== text)
      .map(({ name }) => name),
    removed: [...file.made.keys()].filter((name) => !names.has(name)),
    kept: [...file.own.keys()],
  };
}

/** True for a text that could be taken for the end of trueup's lines. */
export function looksLikeMark(text: string): boolean {
  return lineAt(text, END, 0) >= 0 || lineAt(text, START, 0) >= 0;
}
