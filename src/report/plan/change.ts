/** What happens to one value, in words: for a terminal and for a comment alike. */
import type { Conflict, Drift, Holder, SourceMove } from "../../model.ts";
import { SECRET_TEXT } from "../../secret.ts";
import { quoteChange, quoteValue } from "../redact.ts";
import { some } from "../words.ts";
import type { Row, UnsourcedRow } from "./fold.ts";

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
  if (row.action !== "remove" && row.holders.length > 0) return heldRemark(row);
  if (row.action === "add") return "new secret";
  if (row.action === "remove") return "the secret is deleted from the store";
  return "new content; values of secrets are not part of a plan";
}

/** Why a secret that trueup can get at is written. */
function heldRemark(row: Row): string {
  const isNew = row.action === "add";
  const moved = row.sources.filter(({ to }) => to !== undefined);
  if (row.made) return isNew ? "new secret, its value is made up by the apply" : "a new value is made up by the apply";
  if (!isNew && moved.length > 0) return movedText(moved);
  const [holder, ...others] = row.holders;
  if (holder === undefined || others.length > 0) return isNew ? "new secret" : "new secrets, or new text around them";
  const texts: { readonly [name in Holder]: readonly [add: string, change: string] } = {
    sops: ["new secret, encrypted in Git", "new ciphertext in Git, or new text around it"],
    generate: ["the generated value that is live already", "new text around the generated value that is live already"],
    ref: [`new secret, read from ${sourceNames(row.sources)}`, "new source in Git, or new text around it"],
    external: ["new secret", "new secret"],
  };
  return texts[holder][isNew ? 0 : 1];
}

/** `source moved v3 → v4 (/platform/prod/db)`. */
function movedText(moves: readonly SourceMove[]): string {
  const keys = new Set(moves.map(({ key }) => key));
  const [from, to] = [moves[0]?.from, moves[0]?.to].map(versionText);
  const versions = moves.length === 1 && from !== undefined && to !== undefined ? ` ${from} → ${to}` : "";
  return `${keys.size === 1 ? "source" : "sources"} moved${versions} (${sourceNames(moves)})`;
}

function sourceNames(moves: readonly SourceMove[]): string {
  return moves.length === 0 ? "its source" : some([...new Set(moves.map(({ key }) => key))], 2);
}

/** Versions that people know: numbers, without what a store adds to them. */
function versionText(version: string | undefined): string | undefined {
  const number = /^(\d{1,15})(?:@|$)/u.exec(version ?? "")?.[1];
  return number === undefined ? undefined : `v${number}`;
}

/** What is not there, and what is: `/platform/prod/db is not there; near: /platform/prod/dbs`. */
export function unsourcedText({ source, near, needed }: Pick<UnsourcedRow, "source" | "near" | "needed">): string {
  const meant = near.length === 0 ? "" : `; did you mean ${near.join(" or ")}?`;
  return `${source} is not there${needed ? "" : " any more; what was taken from it stays"}${meant}`;
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
