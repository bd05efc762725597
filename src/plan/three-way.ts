/** Three columns for one value: wanted in Git, last applied by us, live. Digests; undefined where there is none. */

export interface Columns {
  readonly wanted: string | undefined;
  readonly applied: string | undefined;
  readonly live: string | undefined;
}

export type Verdict =
  | "same" // nothing to do
  | "add" // Git has it, nobody else
  | "change" // Git changed it, live is as we left it
  | "remove" // Git dropped it, live is as we left it
  | "adopt" // Git wants it, somebody else made it
  | "settled" // live already is what Git wants: only the ledger is behind
  | "drift" // live was changed, Git was not
  | "drift-deleted" // live was deleted, Git still wants it as before
  | "both-changed"
  | "deleted-live" // Git changed it, somebody deleted it
  | "changed-live"; // Git dropped it, somebody changed it

export function threeWay({ wanted, applied, live }: Columns): Verdict {
  if (wanted === undefined) {
    if (applied === undefined) return "same";
    if (live === undefined) return "settled";
    return live === applied ? "remove" : "changed-live";
  }
  if (applied === undefined) return live === undefined ? "add" : "adopt";
  if (live === undefined) return wanted === applied ? "drift-deleted" : "deleted-live";
  if (live === applied) return wanted === applied ? "same" : "change";
  if (wanted === live) return "settled";
  return wanted === applied ? "drift" : "both-changed";
}
