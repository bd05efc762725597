/** The hidden first line by which our comments and issues are found again. */
import { Failure } from "../failure.ts";

const LINE = /^<!-- (trueup:[\w-]+)((?: [\w-]+=[^\s>]*)*) -->$/u;

/**
 * Kind and root of the marker on the first line, such as `trueup:plan root=.`; undefined if there is none. Other fields
 * (head, plan) tell what the comment says, not which one it is.
 */
export function identityOf(body: string): string | undefined {
  const [, kind, fields = ""] = LINE.exec(firstLine(body)) ?? [];
  if (kind === undefined) return undefined;
  const root = fields.split(" ").find((field) => field.startsWith("root="));
  return root === undefined ? kind : `${kind} ${root}`;
}

/** As {@link identityOf}, of a text that must have a marker. */
export function needIdentity(body: string): string {
  const identity = identityOf(body);
  if (identity !== undefined) return identity;
  throw new Failure(
    "INTERNAL",
    "A text for the forge has no marker on its first line, so it could not be found again.",
  );
}

/** What a caller looks for: a marker with or without its `<!--` and `-->`. */
export function wantedIdentity(marker: string): string {
  return needIdentity(marker.startsWith("<!--") ? marker : `<!-- ${marker} -->`);
}

/** Somebody's editor may have put a carriage return there. */
function firstLine(text: string): string {
  return (text.split("\n", 1)[0] ?? "").trimEnd();
}
