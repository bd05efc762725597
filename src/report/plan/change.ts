/** What happens to one value, in words: for a terminal and for a comment alike. */
import type { Conflict, Drift } from "../../model.ts";
import { SECRET_TEXT } from "../../secret.ts";
import { quoteChange, quoteValue } from "../redact.ts";
import type { Row } from "./fold.ts";

export type Outcome = Row["outcomes"][number];

export const SYMBOL: { readonly [action in Row["action"]]: string } = {
  add: "+",
  change: "~",
  remove: "-",
  replace: "±",
  adopt: "~",
};

/** The sides of a change that there are, quoted, each at most `width` columns. A secret is one side, `(secret)`. */
export function sides(row: Row, outcome: Outcome, width: number): readonly string[] {
  if (row.secret) return [SECRET_TEXT];
  const { before, after } = outcome;
  if (row.action === "add") return [quoteValue(after, { width })];
  if (row.action === "remove") return [quoteValue(before, { width })];
  const quoted = quoteChange(before, after, { width });
  return quoted.before === quoted.after ? [quoted.after] : [quoted.before, quoted.after];
}

/** Things about a row that a reader would otherwise have to find out. */
export function remarks(row: Row, needs: string): string[] {
  const found: string[] = [];
  if (row.secret) found.push(secretRemark(row, needs));
  if (row.action === "replace")
    found.push("the store cannot change it in place: deleted and created, for a moment without a value");
  if (row.action === "adopt") found.push("live already, managed by nobody: taken over");
  const shorter = row.secret ? undefined : row.outcomes.map(shorterList).find((text) => text !== undefined);
  if (shorter !== undefined) found.push(shorter);
  return found;
}

function secretRemark(row: Row, needs: string): string {
  if (row.placeholder)
    return `${row.action === "add" ? "new, " : ""}held outside Git → ? needs a value in ${needs} after apply`;
  if (row.encrypted)
    return row.action === "add" ? "new secret, encrypted in Git" : "new ciphertext in Git, or new text around it";
  if (row.action === "add") return "new secret";
  if (row.action === "remove") return "the secret is deleted from the store";
  return "new content; values of secrets are not part of a plan";
}

function shorterList(outcome: Outcome): string | undefined {
  const { before, after } = outcome;
  if (!Array.isArray(before) || !Array.isArray(after) || after.length >= before.length) return undefined;
  return `list replaced: ${before.length} items → ${after.length}`;
}

/** `Git says 600, but live was changed to 900`. */
export function conflictText(conflict: Pick<Conflict, "kind" | "git" | "live" | "secret">, width: number): string {
  const git = conflict.secret ? "changed in Git" : `Git says ${quoteValue(conflict.git, { width })}`;
  const live = conflict.secret ? "" : ` to ${quoteValue(conflict.live, { width })}`;
  const texts: { readonly [kind in Conflict["kind"]]: string } = {
    "both-changed": `${git}, but live was changed${live}`,
    "deleted-live": `${git}, but it was deleted live`,
    "changed-live": `deleted in Git, but live was changed${live}`,
  };
  return texts[conflict.kind];
}

/** `is "debug" live, "info" in Git`. */
export function driftText(drift: Drift, width: number): string {
  if (drift.secret) return `(secret) was ${drift.kind} live`;
  const git = quoteValue(drift.git, { width });
  const live = quoteValue(drift.live, { width });
  if (drift.kind === "deleted") return `is deleted live, ${git} in Git`;
  return drift.kind === "added" ? `is ${live} live, not in Git` : `is ${live} live, ${git} in Git`;
}
