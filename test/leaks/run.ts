/** One repo through the commands, in process, and everything that came out of them searched for its secrets. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SsmDouble } from "../stores/ssm-double/double.ts";
import type { Finding } from "./detector.ts";
import { live } from "./life.ts";
import { liveStore } from "./live-store.ts";
import { leakRepo } from "./make-repo.ts";
import { randomOf } from "./random.ts";
import type { LeakRepo } from "./repo.ts";
import { searched } from "./search.ts";
import { forgetStore, registerFakes } from "./stores.ts";
import { type Run, environment } from "./world.ts";

export interface Leak extends Finding {
  readonly seed: number;
  /** `stdout of diff --format json`, `file out/plan.json`, `store /cfg/.trueup/head`. */
  readonly sink: string;
  readonly mistakes: readonly string[];
}

export interface RepoResult {
  readonly leaks: readonly Leak[];
  readonly commands: number;
  /** Characters searched. */
  readonly searched: number;
  /** How often each command ended how: `diff json 0`. */
  readonly exits: ReadonlyMap<string, number>;
  readonly mistakes: readonly string[];
  /** Who holds its secrets, and their kinds. */
  readonly traits: readonly string[];
  /** Secrets that a store holds as they are in the end: proof that there was something to leak. */
  readonly delivered: number;
  /** Secrets that a command whose purpose it is has shown. */
  readonly revealed: number;
}

export interface RunOptions {
  /** Command lines per repo beside those that make it; all of them by default. */
  readonly lines?: number;
  /** The store of the repo; without it one in memory, or a directory. */
  readonly ssm?: SsmDouble;
}

/** A folder without a disk behind it, where there is one: thousands of small repos come and go. */
const IN_MEMORY = "/dev/shm";

registerFakes();

/** Makes the repo of a seed, runs it, searches everything, and removes it. */
export async function runRepo(seed: number, { lines, ssm }: RunOptions = {}): Promise<RepoResult> {
  const repo = leakRepo(seed, ssm?.endpoint);
  const folder = mkdtempSync(join(existsSync(IN_MEMORY) ? IN_MEMORY : tmpdir(), "leak-"));
  const run: Run = {
    repo,
    random: randomOf(seed * 31 + 5),
    folder,
    said: [],
    exits: new Map(),
    store: liveStore(repo, folder, ssm),
    env: environment(repo, folder),
    revealed: [],
    commands: 0,
  };
  const before = process.env["TMPDIR"];
  try {
    mkdirSync(join(folder, "tmp"));
    process.env["TMPDIR"] = join(folder, "tmp");
    await live(run, lines ?? Number.POSITIVE_INFINITY);
    return { ...searched(run), traits: traitsOf(repo) };
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
    rmSync(folder, { recursive: true, force: true });
    forgetStore(String(seed));
  }
}

function traitsOf({ secrets, canaries, store, history }: LeakRepo): string[] {
  return [
    ...secrets.map(({ holder }) => `held by ${holder}`),
    ...canaries.map(({ kind }) => `kind ${kind}`),
    `stored in ${store}`,
    ...(history ? ["in Git"] : []),
  ];
}
