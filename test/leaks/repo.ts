/** A generated config repo, and how a secret is put into it. */
import type { SecretOf } from "./apps.ts";
import { CANARY_KINDS, type Canary, type CanaryKind, canaryOf } from "./canary.ts";
import { poolFor } from "./pool.ts";
import type { Random } from "./random.ts";
import type { Trouble } from "./stores.ts";

export interface LeakRepo {
  readonly seed: number;
  readonly files: Record<string, string>;
  readonly canaries: Canary[];
  readonly secrets: SecretOf[];
  /** Keys of the store that belong to somebody else, which secrets are copied from. */
  readonly sources: Map<string, Canary>;
  readonly env: Record<string, string>;
  readonly apps: readonly string[];
  readonly places: readonly string[];
  readonly store: "memory" | "directory" | "ssm";
  /** Key paths whose value is a secret, for `get` and `explain`: `orders@dev:cred.dsn`. */
  readonly secretPaths: string[];
  /** Files that hold a canary in plain text, on purpose. */
  readonly plaintext: Set<string>;
  /** What is wrong, if anything. */
  readonly mistakes: string[];
  /** Done to the files once secrets are set: text in, text out. */
  readonly spoil: { readonly path: RegExp; readonly change: (text: string) => string }[];
  readonly trouble: Trouble | undefined;
  /** True: the live value of a secret is no JSON although it should be. */
  readonly corruptLive: boolean;
  /** True: in a Git repository, with a commit before the last one. */
  readonly history: boolean;
}

export const ENVS = ["dev", "prod"] as const;

/** A secret that nothing else in the repo has. */
export function plant(
  repo: LeakRepo,
  role: string,
  random: Random,
  kind: CanaryKind = random.pick(CANARY_KINDS),
): Canary {
  const used = new Set(repo.canaries.map(({ text }) => text));
  const unused = (poolFor(repo.seed).canaries.get(kind) ?? []).filter(({ text }) => !used.has(text));
  const made = unused[random.int(unused.length)] ?? canaryOf(role, random, kind);
  const canary = { ...made, role: `${repo.canaries.length} ${role}` };
  repo.canaries.push(canary);
  return canary;
}
