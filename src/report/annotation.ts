/** Annotations of GitHub as workflow commands: the only lines of ours that a runner is meant to obey. */
import { breakCommands, safePiece } from "./redact.ts";
import { plural } from "./words.ts";

export type AnnotationLevel = "error" | "warning" | "notice";

export interface Annotation {
  readonly level: AnnotationLevel;
  /** From the top of the repository. */
  readonly file: string | undefined;
  /** One-based; columns are there only if it is one line. */
  readonly line?: number;
  readonly endLine?: number;
  readonly col?: number;
  readonly endColumn?: number;
  readonly title: string;
  /** Each stays one line of the message. */
  readonly message: readonly string[];
}

/** GitHub shows ten annotations per level and step and drops the rest silently; the tenth says what is missing. */
const SHOWN = 9;
/** A message is cut at 4,096 characters (actions/runner, ExecutionContext.cs, seen 2026-11). */
const MESSAGE = 4000;

/** Lines for stdout, one command each: of each level nine, and a tenth that counts the others. */
export function annotationCommands(annotations: readonly Annotation[]): string {
  return (["error", "warning", "notice"] as const)
    .flatMap((level) => {
      const all = annotations.filter((annotation) => annotation.level === level);
      const lines = all.slice(0, SHOWN).map(command);
      const hidden = all.length - lines.length;
      if (hidden > 0) lines.push(`::${level} title=trueup::and ${plural(hidden, "more", "more")}, see the summary`);
      return lines;
    })
    .map((line) => `${line}\n`)
    .join("");
}

function command(annotation: Annotation): string {
  const { file, line, endLine, col, endColumn, title } = annotation;
  const words = Object.entries({ file, line, endLine, col, endColumn, title }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${escapeProperty(String(value))}`],
  );
  // Our own line feeds divide the lines; those of the user are visible escapes by then.
  const text = annotation.message.map(safePiece).join("\n");
  const message = text.length <= MESSAGE ? text : `${text.slice(0, MESSAGE)}…`;
  return `::${annotation.level} ${words.join(",")}::${escapeData(message)}`;
}

function escapeData(text: string): string {
  // The runner stops at its newer form, which this line is; what looks like the older one (`##[`) is broken all the same.
  return breakCommands(text).replaceAll("%", "%25").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(safePiece(text)).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
