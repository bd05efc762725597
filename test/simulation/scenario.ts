/** A world to run, as plain data: what a seed becomes, what is shrunk, and what a regression file holds. */

export type StoreKind = "etcd" | "ssm" | "directory";

/** What Git wants on a key: a text, a secret that people fill in, or one that is encrypted in Git. */
export type Want = string | { readonly secret: "external" } | { readonly secret: "git"; readonly text: string };

export interface Commit {
  /** Index of its parent; null: the first one. */
  readonly parent: number | null;
  /** By `app/name`. */
  readonly wants: Readonly<Record<string, Want>>;
}

/**
 * - `lose-request`: never arrives. `lose-reply`: is done, nobody hears of it. `late`: arrives after its sender gave up.
 * - `refuse`: not done, try again (no leader, throttled). `busy`: another refusal of that kind.
 * - `login`: the login has expired (etcd).
 */
export type Fault = "lose-request" | "lose-reply" | "late" | "refuse" | "busy" | "login";

export interface Run {
  /** Index of the commit it applies. */
  readonly commit: number;
  /** Virtual milliseconds. */
  readonly at: number;
  readonly allow: readonly string[];
  readonly acceptRewrite?: boolean;
  /** `--app`: only this app. */
  readonly only?: string;
  /** Plans, waits that long, then applies with `--expect`. */
  readonly review?: number;
  /** SIGINT, that long after the start. */
  readonly interrupt?: number;
  /** Dies when it makes that call, which may still arrive. */
  readonly crash?: { readonly call: number; readonly arrives: boolean };
  /** By number of the call. */
  readonly faults: readonly (readonly [number, Fault])[];
  /** Writes to keys with this ending are denied. */
  readonly denied?: string;
  /** From this call on nothing is allowed any more. */
  readonly expired?: number;
  /** The wall clock jumps by so many milliseconds at this call. */
  readonly jump?: readonly [number, number];
  /** Multiplies its latencies: some runners are slow. */
  readonly slow: number;
}

/** What somebody does by hand. `text` null: deletes it. */
export interface Hand {
  readonly at: number;
  /** Layout `blob`: the text goes under this name, and the rest of the key stays. */
  readonly into?: string;
  readonly key: string;
  readonly text: string | null;
}

/** An app reads all its settings. `plain`: as clients of the store do, not through the driver. */
export interface Read {
  readonly at: number;
  readonly plain: boolean;
}

export interface Scenario {
  readonly store: StoreKind;
  readonly layout: "keys" | "blob";
  /** Chooses latencies and whatever else a world leaves to chance. */
  readonly pace: number;
  /** What was there before, made by others. */
  readonly preset: Readonly<Record<string, string>>;
  readonly commits: readonly Commit[];
  /** Applied first, alone and without trouble; null: the store begins empty. */
  readonly first: number | null;
  /** The commit that main ends with: it must win. */
  readonly tip: number;
  readonly runs: readonly Run[];
  readonly hands: readonly Hand[];
  readonly reads?: readonly Read[];
  readonly guards: { readonly maxDeleteCount?: number };
  readonly tuning: {
    /** etcd: operations a transaction may have, bytes of a request, whether the server nests transactions. */
    readonly maxTxnOps?: number;
    readonly maxRequestBytes?: number;
    readonly nested?: boolean;
    readonly auth?: boolean;
    /** etcd: revisions after which the disk is full; SSM: parameters there is room for. Until the trouble is over. */
    readonly room?: number;
    /** SSM: milliseconds a read may be behind, and a deleted name stays taken. */
    readonly staleMs?: number;
    readonly recreateMs?: number;
    /** SSM: calls are refused for their rate between these moments. */
    readonly storm?: readonly [number, number];
  };
}

export const ENV = "prod";
export const APPS = ["a", "b"] as const;

/** Physical key of `app/name` in layout `keys`. */
export function keyOf(name: string): string {
  return `/config/${ENV}/${name}`;
}

export const META = `/config/.trueup/shop/config/${ENV}/`;
export const RESERVED = "/config/.trueup/";
/** Every secret text begins so: none may be seen anywhere but in its own key. */
export const SECRET_MARK = "s3cret-";

/** Ids like Git's, one for each commit of a scenario. */
export function commitId(index: number): string {
  return String(index).padStart(4, "0").repeat(10);
}

export function commitIndex(id: string): number {
  return Number(id.slice(0, 4));
}

/** How the second commit stands to the first: what Git would say in a full clone. */
export function relationOf(
  commits: readonly Commit[],
  live: number,
  commit: number,
): "same" | "ahead" | "behind" | "diverged" {
  if (live === commit) return "same";
  if (isAncestor(commits, live, commit)) return "ahead";
  return isAncestor(commits, commit, live) ? "behind" : "diverged";
}

function isAncestor(commits: readonly Commit[], older: number, newer: number): boolean {
  for (let at: number | null = newer; at !== null; at = commits[at]?.parent ?? null) if (at === older) return true;
  return false;
}
