/**
 * What the GitHub runner would take for a command: its two parsers in TypeScript, used as an oracle.
 * Behaviour after actions/runner: ProcessInvoker reads lines, OutputManager hands each to ActionCommandManager, which tries the form
 * `::name key=value::data` first and the older `##[name key=value]data` second (ActionCommand.cs, seen 2026-11).
 */
export interface RunnerCommand {
  readonly name: string;
  readonly properties: ReadonlyMap<string, string>;
  readonly data: string;
}

/** Every name that a runner has obeyed at some time, without regard to case, and those that frame its own log. */
const NAMES = new Set([
  "add-mask", "add-matcher", "add-path", "debug", "echo", "end-action", "endgroup", "error", "group",
  "internal-set-repo-path", "notice", "remove-matcher", "save-state", "section", "set-env", "set-output",
  "start-action", "stop-commands", "warning", "command",
]); // prettier-ignore

/** .NET's Char.IsWhiteSpace, which its TrimStart goes by. */
const LEADING_SPACE = /^[\p{Z}\t-\r\u0085]+/u;
/** Characters without weight: .NET's culture-aware IndexOf and StartsWith look through them. */
const WEIGHTLESS = /(?![\t-\r])[\p{Cc}\p{Cf}\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}\p{Co}]/gu;

/** Commands in a text, one line at a time; lines end at CR LF, CR or LF. Each line is read with and without weightless characters. */
export function commandsIn(text: string): RunnerCommand[] {
  return text.split(/\r\n|\r|\n/u).flatMap((line) => parse(line) ?? parse(line.replace(WEIGHTLESS, "")) ?? []);
}

function parse(line: string): RunnerCommand | undefined {
  return parseNew(line) ?? parseOld(line);
}

function parseNew(line: string): RunnerCommand | undefined {
  const text = line.replace(LEADING_SPACE, "");
  if (!text.startsWith("::")) return undefined;
  const end = text.indexOf("::", 2);
  if (end < 0) return undefined;
  return command(text.slice(2, end), ",", text.slice(end + 2), [
    ["%3A", ":"],
    ["%2C", ","],
  ]);
}

function parseOld(line: string): RunnerCommand | undefined {
  const start = line.indexOf("##[");
  if (start < 0) return undefined;
  const end = line.indexOf("]", start);
  if (end < 0) return undefined;
  return command(line.slice(start + 3, end), ";", line.slice(end + 1), [
    ["%3B", ";"],
    ["%5D", "]"],
  ]);
}

type Escapes = readonly (readonly [string, string])[];
const DATA: Escapes = [
  ["%0D", "\r"],
  ["%0A", "\n"],
];

function command(head: string, separator: string, data: string, escapes: Escapes): RunnerCommand | undefined {
  const space = head.indexOf(" ");
  const name = space < 0 ? head : head.slice(0, space);
  if (!NAMES.has(name.toLowerCase())) return undefined;
  const properties = new Map<string, string>();
  for (const pair of (space < 0 ? "" : head.slice(space + 1)).split(separator)) {
    const equals = pair.indexOf("=");
    if (equals > 0 && equals < pair.length - 1) {
      properties.set(pair.slice(0, equals).trim(), unescape(pair.slice(equals + 1), [...DATA, ...escapes]));
    }
  }
  return { name, properties, data: unescape(data, DATA) };
}

function unescape(text: string, escapes: Escapes): string {
  return escapes.reduce((left, [from, to]) => left.replaceAll(from, to), text).replaceAll("%25", "%");
}
