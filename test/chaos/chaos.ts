/** Hurts a cluster of three while it is worked on, one trouble after the other, and judges what came of it. */
import { type Cluster, post, startCluster } from "./cluster.ts";
import { type Verdicts, judge } from "./verdicts.ts";
import { type Flag, applier, handEditor, inBase64, noRecords, rangeAt, recorder, sampler } from "./work.ts";

export const TROUBLES = [
  "leader killed",
  "leader stopped",
  "leader cut off",
  "leader hears nothing",
  "follower cut off",
  "all killed",
  "compacted",
  "space full",
  "rights revoked",
] as const;
export type Trouble = (typeof TROUBLES)[number];

export interface ChaosOptions {
  readonly appliers: number;
  /** Milliseconds that a trouble lasts, and that there is peace after it. */
  readonly lasts: number;
  readonly peace: number;
  /** The next trouble; undefined ends it. */
  readonly next: (done: number) => Trouble | undefined;
  readonly told?: (trouble: Trouble, done: number) => void;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const SPACE = 24 * 1024 * 1024;

export async function chaos(
  options: ChaosOptions,
): Promise<{ readonly verdicts: Verdicts; readonly counts: ReadonlyMap<Trouble, number> }> {
  const cluster = await startCluster([`--quota-backend-bytes=${SPACE}`]);
  const records = noRecords();
  const flag: Flag = { over: false };
  // Later than that: what the last answer acknowledges is in a revision that must be read.
  const answered: Flag = { over: false };
  const progress = { at: 1 };
  const counts = new Map<Trouble, number>();
  try {
    await cluster.ctl("user", "add", "root:root");
    await cluster
      .ctl("user", "grant-role", "root", "root")
      .catch(() => cluster.ctl("role", "add", "root").then(() => cluster.ctl("user", "grant-role", "root", "root")));
    const { endpoints } = cluster;
    // Each begins with another member.
    const turned = (n: number): string[] => endpoints.map((_, at) => endpoints[(at + n) % endpoints.length] ?? "");
    const work = [
      ...Array.from({ length: options.appliers }, (_, n) => applier(`t${n}`, turned(n), records, flag)),
      handEditor(endpoints, records, flag),
      sampler(endpoints, records, flag),
      sampler(turned(1), records, flag),
    ];
    const recording = recorder(endpoints, records, answered, progress);
    for (let done = 0, trouble = options.next(0); trouble !== undefined; trouble = options.next(++done)) {
      options.told?.(trouble, done);
      await makeTrouble(cluster, trouble, options.lasts, progress);
      counts.set(trouble, (counts.get(trouble) ?? 0) + 1);
      await cluster.healthy();
      await pause(options.peace);
    }
    flag.over = true;
    await Promise.all(work);
    answered.over = true;
    await recording;
    return { verdicts: judge(records), counts };
  } finally {
    flag.over = true;
    answered.over = true;
    await cluster.end();
  }
}

async function makeTrouble(
  cluster: Cluster,
  trouble: Trouble,
  lasts: number,
  progress: { readonly at: number },
): Promise<void> {
  const leader = (await cluster.leader()) ?? 0;
  switch (trouble) {
    case "leader killed":
      await cluster.kill(leader);
      await pause(lasts);
      return cluster.start(leader);
    case "leader stopped":
      cluster.stop(leader);
      await pause(lasts);
      return cluster.resume(leader);
    case "leader cut off":
    case "leader hears nothing":
    case "follower cut off":
      cluster.cut(
        trouble === "follower cut off" ? (leader + 1) % 3 : leader,
        trouble === "leader hears nothing" ? "to" : "both",
      );
      await pause(lasts);
      return cluster.heal();
    case "all killed":
      await Promise.all([0, 1, 2].map((member) => cluster.kill(member)));
      await Promise.all([0, 1, 2].map((member) => cluster.start(member)));
      return;
    case "compacted":
      // Not beyond what was recorded: the judge needs it.
      await cluster.ctl("compact", String(progress.at)).catch(() => "");
      return;
    case "space full":
      await fill(cluster);
      await pause(lasts);
      return makeRoom(cluster, progress);
    case "rights revoked":
      await cluster.ctl("auth", "enable");
      await pause(lasts);
      await cluster.ctl("--user", "root:root", "auth", "disable");
  }
}

async function fill(cluster: Cluster): Promise<void> {
  const value = inBase64("x".repeat(700_000));
  for (let n = 0; n < 100; n++) {
    const refusal = await post(
      cluster.endpoints[n % 3] ?? "",
      "kv/put",
      { key: inBase64(`fill${n}`), value },
      5000,
    ).then(
      () => "",
      (error: Error) => error.message,
    );
    if (refusal.includes("space")) return;
  }
}

/** Deletes what filled it. Nothing is compacted that was not recorded yet, so it may take a few rounds. */
async function makeRoom(cluster: Cluster, progress: { readonly at: number }): Promise<void> {
  for (let tries = 0; tries < 30; tries++) {
    try {
      await cluster.ctl("del", "--prefix", "fill");
      const { revision } = await rangeAt(cluster.endpoints[tries % 3] ?? "", undefined);
      for (let waits = 0; waits < 100 && progress.at < revision; waits++) await pause(50);
      await cluster.ctl("compact", String(progress.at)).catch(() => "");
      await cluster.ctl("defrag", "--command-timeout=20s");
      await cluster.ctl("alarm", "disarm");
      await post(
        cluster.endpoints[0] ?? "",
        "kv/put",
        { key: inBase64("room"), value: inBase64("x".repeat(2000)) },
        3000,
      );
      return;
    } catch {
      await pause(200);
    }
  }
  throw new Error("the cluster stays full");
}
