/** What the steps on a forge share: the forge itself, opened when it is first needed, and the way to warn. */
import { resolve } from "node:path";
import type { Io } from "../../cli/io.ts";
import { type Failure, isFailure } from "../../failure.ts";
import type { Forge, Pull, Written } from "../../forge/forge.ts";
import type { Git } from "../../git/git.ts";
import type { RunEvent } from "../event.ts";
import type { CommonInputs } from "../inputs.ts";

export interface Session {
  readonly io: Io;
  readonly inputs: CommonInputs;
  readonly event: RunEvent;
  readonly forge: () => Promise<Forge>;
  readonly git: () => Promise<Git | undefined>;
  /** Merged pull requests that brought a commit to the branch of this run. */
  readonly pullsOf: (commit: string) => Promise<readonly Pull[]>;
}

/** True where there is an API to speak to and a token for it. Tokens of forks may only read, so they are not tried. */
export function hasForge(inputs: CommonInputs, event: RunEvent, { env }: Pick<Io, "env">): boolean {
  return inputs.token !== "" && (env["GITHUB_API_URL"] ?? "") !== "" && !event.fork;
}

export function openSession(inputs: CommonInputs, event: RunEvent, io: Io): Session {
  const forge = once(async () => (await import("../../forge/open.ts")).openForge(io.env, inputs.token));
  const git = once(async () => (await import("../../git/git.ts")).openGit(resolve(io.cwd, inputs.workingDirectory)));
  const known = new Map<string, Promise<readonly Pull[]>>();
  return {
    io,
    inputs,
    event,
    forge,
    git,
    pullsOf: (commit) => {
      const found = known.get(commit) ?? findPulls(commit, event, forge);
      known.set(commit, found);
      return found;
    },
  };
}

/** Only those into this branch: whoever may merge somewhere else could otherwise speak for it. */
async function findPulls(commit: string, { ref }: RunEvent, forge: () => Promise<Forge>): Promise<readonly Pull[]> {
  const branch = ref?.startsWith("refs/heads/") === true ? ref.slice("refs/heads/".length) : undefined;
  const all = await (await forge()).pullsOfCommit(commit);
  const here = all.filter((pull) => branch === undefined || pull.base.ref === branch);
  const exact = here.filter((pull) => pull.mergeCommit === commit);
  return exact.length > 0 ? exact : here;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

export type Step = () => Promise<Failure | undefined>;

/**
 * One step after the other. What may not be done leaves the others to be tried; a forge that does not answer ends it,
 * so that nobody waits for it again and again. Gives what went wrong.
 */
export async function tryAll(steps: readonly Step[]): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  for (const step of steps) {
    try {
      const failure = await step();
      if (failure !== undefined) failures.push(failure);
    } catch (error) {
      if (!isFailure(error)) throw error;
      failures.push(error);
      if (error.code !== "DENIED" && error.code !== "MISSING") break;
    }
  }
  return failures;
}

export function refusalOf(written: Written<unknown>): Failure | undefined {
  return written.kind === "done" ? undefined : written.failure;
}
