/** A store that applies are killed on: how a run is killed there, and a reader that shares no code with trueup. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Drivers } from "../../src/index.ts";
import type { Key } from "../../src/model.ts";
import type { Hand } from "./plans.ts";

/** Kill at the point of that number, counted from 1, and how; undefined: only count. */
export interface Kill {
  readonly at: number;
  readonly how: string;
  /** In place of the number: the first point of that name. Pages of SSM are not alike, and so are not the numbers. */
  readonly named?: string;
  /** Where the apply that follows is killed too, counted from 1. */
  readonly again?: number;
}

export interface Ran {
  /** Names of the points that were met, in order; the last one is where it was killed. */
  readonly points: readonly string[];
  readonly killed: boolean;
  readonly ended: { readonly refused: readonly string[]; readonly results: readonly string[] } | undefined;
  readonly errors: string;
}

export interface Ground {
  readonly kind: "directory" | "etcd" | "ssm";
  readonly hows: readonly string[];
  /** True if a kill of that sort says something at that point. */
  fits(point: string, how: string): boolean;
  /** `type` and `connection` of a target, for a process that is to be killed and for one here. */
  target(forChild: boolean): string;
  readonly drivers: Drivers;
  /** What is whole or untouched at any moment: keys with the same name stand or fall together. */
  atom(key: Key): string;
  /** An empty store. */
  clear(folder: string): Promise<void>;
  /** The state as it is now, to go back to; undefined where it has to be made again. */
  readonly keep?: (folder: string) => Promise<() => Promise<void>>;
  hand(folder: string, hand: Hand): Promise<void>;
  /** Every key with its text, trueup's own records too. */
  contents(folder: string): Promise<ReadonlyMap<Key, string>>;
  /** Something that differs after any write to a key. */
  trace(folder: string, key: Key): Promise<string>;
  /** Something that differs after any write at all. */
  traces(folder: string): Promise<string>;
  run(child: Child, folder: string, allow: readonly string[], kill: Kill | undefined): Promise<Ran>;
  stop(): Promise<void>;
}

/** Where the built child and its preload are. */
export interface Child {
  readonly program: string;
  readonly preload: string;
}

export interface Running {
  readonly pid: number;
  kill(): void;
}

/** Runs the child to its end. */
export async function runChild(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  started: (child: Running) => void = () => undefined,
): Promise<Ran> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  let [output, errors] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  started({ pid: child.pid ?? 0, kill: () => void child.kill("SIGKILL") });
  const [, signal] = (await once(child, "close")) as [number | null, string | null];
  const ended = /^ended:(.*)$/mu.exec(output)?.[1];
  return {
    points: [...output.matchAll(/^point:(.*)$/gmu)].map(([, name = ""]) => name),
    killed: signal === "SIGKILL",
    ended: ended === undefined ? undefined : (JSON.parse(ended) as Ran["ended"]),
    errors,
  };
}
