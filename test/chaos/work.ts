/** Who works on the cluster while it is hurt: appliers with the real pipeline, a hand editor, readers, and one who records every revision. */
import { rmSync } from "node:fs";
import type { DestinationReceipt } from "../../src/model.ts";
import { run, tempFolder, writeFiles } from "../project.ts";
import { post } from "./cluster.ts";
import type { Operation } from "./register.ts";

export const APPS = ["a", "b"] as const;
export const NAMES = ["k0", "k1", "k2", "k3"] as const;
/** People write here too. */
export const SHARED_KEY = "/cfg/dev/a/k3";
const PREFIX = "/cfg/";
const PREFIX_END = "/cfg0";

export type Verdict = "applied" | "not applied" | "unknown";

export interface Attempt {
  readonly token: string;
  readonly from: number;
  readonly to: number;
  readonly verdict: Verdict;
  /** Why it was not applied, or is not known. */
  readonly code: string;
  /** Revision that the receipt names. */
  readonly revision: number | undefined;
}

export interface Sample {
  readonly from: number;
  readonly to: number;
  readonly revision: number;
  readonly values: ReadonlyMap<string, string>;
}

export interface Records {
  readonly attempts: Attempt[];
  readonly hands: Operation[];
  readonly samples: Sample[];
  /** The store at each revision, as far as it was recorded. */
  readonly revisions: Map<number, ReadonlyMap<string, string>>;
  /** Things that may never happen. */
  readonly wrongs: string[];
}

export const noRecords = (): Records => ({ attempts: [], hands: [], samples: [], revisions: new Map(), wrongs: [] });

export interface Flag {
  over: boolean;
}

const now = (): number => performance.now();
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Applies one commit after the other; each writes one token to every key. */
export async function applier(name: string, endpoints: readonly string[], records: Records, flag: Flag): Promise<void> {
  const { folder, dispose } = tempFolder();
  try {
    for (let n = 0; !flag.over; n++) {
      const token = `${name}-${n}`;
      rmSync(`${folder}/apps`, { recursive: true, force: true });
      writeFiles(folder, {
        "trueup.yaml": `version: 1\nsystem: shop\nenvironments: { dev: {} }\ntargets:\n  config: { type: etcd, path: "/cfg/{{env}}/{{app}}/{{key}}", connection: { endpoints: ${JSON.stringify(endpoints)}, timeout: 3 } }\n`,
        ...Object.fromEntries(
          APPS.map((app) => [
            `apps/${app}/base.yaml`,
            JSON.stringify(Object.fromEntries(NAMES.map((key) => [key, token]))),
          ]),
        ),
      });
      const made = await attempt(folder, token);
      records.attempts.push(made);
      if (made.verdict === "not applied") await pause(30);
    }
  } finally {
    dispose();
  }
}

async function attempt(folder: string, token: string): Promise<Attempt> {
  const from = now();
  const done = (verdict: Verdict, code: string, receipt?: DestinationReceipt): Attempt => {
    const revision = /revision (\d+)/u.exec(receipt?.proof ?? "")?.[1];
    return { token, from, to: now(), verdict, code, revision: revision === undefined ? undefined : Number(revision) };
  };
  try {
    const allow = ["drift", "conflict", "adopt", "wide"];
    const { receipts } = await run(folder, "apply", { allow, applyId: `apply-${token}` });
    const [receipt] = receipts;
    if (receipt === undefined) return done("not applied", "NOTHING");
    const code = receipt.failure?.code ?? receipt.result;
    if (receipt.result === "applied") return done("applied", code, receipt);
    // A part may be written: the receipt says which, and the checker looks at every key.
    if (receipt.result === "partial" || code === "UNKNOWN_OUTCOME") return done("unknown", code, receipt);
    return done("not applied", code);
  } catch (error) {
    return done("not applied", (error as { readonly code?: string }).code ?? String(error));
  }
}

/** Writes to one key of the appliers now and then, past trueup. */
export async function handEditor(endpoints: readonly string[], records: Records, flag: Flag): Promise<void> {
  for (let n = 0; !flag.over; n++) {
    const value = `hand-${n}`;
    const from = now();
    const body = { key: inBase64(SHARED_KEY), value: inBase64(value) };
    const taken = await post(endpoints[n % endpoints.length] ?? "", "kv/put", body, 3000).then(
      () => true,
      () => false,
    );
    records.hands.push({ kind: "write", value, from, to: taken ? now() : Infinity });
    await pause(300);
  }
}

/** Reads everything in one request, again and again, each time from another member. */
export async function sampler(endpoints: readonly string[], records: Records, flag: Flag): Promise<void> {
  for (let n = 0; !flag.over; n++) {
    const from = now();
    const found = await rangeAt(endpoints[n % endpoints.length] ?? "", undefined).catch(() => undefined);
    if (found !== undefined) {
      records.samples.push({ from, to: now(), ...found });
      const mixed = mixedUnit(found.values);
      if (mixed !== undefined) records.wrongs.push(`a reader saw ${mixed} at revision ${found.revision}`);
    }
    await pause(40);
  }
}

/** Undefined if every unit is that of one commit, hand edits apart. */
export function mixedUnit(values: ReadonlyMap<string, string>): string | undefined {
  for (const app of APPS) {
    const own = NAMES.map((name) => `/cfg/dev/${app}/${name}`);
    const tokens = new Set(own.map((key) => values.get(key)).filter((text) => text?.startsWith("hand-") !== true));
    if (tokens.size > 1) return `unit ${app} mixed of ${[...tokens].join(" and ")}`;
  }
  return undefined;
}

/** Reads every revision, so that in the end there is a history to judge by. Returns where it has got to. */
export async function recorder(
  endpoints: readonly string[],
  records: Records,
  flag: Flag,
  progress: { at: number },
): Promise<void> {
  for (let n = 0; ; n++) {
    const endpoint = endpoints[n % endpoints.length] ?? "";
    const last = flag.over;
    try {
      const { revision } = await rangeAt(endpoint, undefined);
      while (progress.at < revision) {
        const { values } = await rangeAt(endpoint, progress.at + 1);
        records.revisions.set(progress.at + 1, values);
        progress.at++;
      }
      if (last) return;
    } catch {
      // Another member, later.
    }
    await pause(50);
  }
}

export async function rangeAt(
  endpoint: string,
  revision: number | undefined,
): Promise<{ readonly revision: number; readonly values: ReadonlyMap<string, string> }> {
  const body = {
    key: inBase64(PREFIX),
    range_end: inBase64(PREFIX_END),
    ...(revision === undefined ? {} : { revision: String(revision) }),
  };
  const answer = (await post(endpoint, "kv/range", body, 3000)) as {
    readonly header: { readonly revision: string };
    readonly kvs?: readonly { readonly key: string; readonly value?: string }[];
  };
  const values = (answer.kvs ?? []).map(({ key, value }) => [outOf(key), outOf(value ?? "")] as const);
  return { revision: Number(answer.header.revision), values: new Map(values) };
}

export const inBase64 = (text: string): string => Buffer.from(text).toString("base64");
const outOf = (base64: string): string => Buffer.from(base64, "base64").toString("utf8");
