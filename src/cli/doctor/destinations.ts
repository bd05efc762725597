/** Reads every destination the way a plan would, and keeps what went wrong instead of ending there. */
import type { DestinationFacts, Relation } from "../../doctor/facts.ts";
import { canonicalJson } from "../../canonical.ts";
import { isFailure } from "../../failure.ts";
import { groupBy } from "../../group.ts";
import { readLive } from "../../live.ts";
import type { Destination, Live, PlainMap } from "../../model.ts";
import type { StorePool } from "../../pipeline.ts";
import { headKey } from "../../stores/records.ts";
import type { Io } from "../io.ts";
import type { OpenedProject } from "../project.ts";

type Outcome = DestinationFacts["outcome"];
type Rights = DestinationFacts["rights"];

/** Connections side by side, the destinations of one in turn: a store that cannot be reached is waited for once. */
export async function gatherDestinations(
  destinations: readonly Destination[],
  stores: StorePool,
  project: Pick<OpenedProject, "git" | "commit">,
  io: Io,
): Promise<readonly DestinationFacts[]> {
  const found = new Map<string, { readonly outcome: Outcome; readonly rights: Rights }>();
  const groups = [...groupBy(destinations, connectionOf).values()];
  await Promise.all(
    groups.map(async (group) => {
      let closed: Outcome | undefined;
      for (const destination of group) {
        const outcome = credentialsOutcome(destination.connection, io.env) ?? closed;
        const result = outcome ?? (await tryRead(destination, stores, project, io));
        if (result.kind === "failed" && result.unreachable) closed = result;
        const isDeaf = result.kind === "missing" || (result.kind === "failed" && result.unreachable);
        const rights = isDeaf ? undefined : await askRights(destination, result, stores, io);
        found.set(destination.id, { outcome: result, rights });
      }
    }),
  );
  return destinations.flatMap((destination) => {
    const one = found.get(destination.id);
    if (one === undefined) return [];
    const { outcome, rights } = one;
    const toCome = outcome.kind === "read" ? newIn(destination, outcome.live) : 0;
    return [{ destination, outcome, toCome, ...(rights === undefined ? {} : { rights }) }];
  });
}

/** Settings of Git that the store does not hold yet, with a head and the ledger of each new unit. */
function newIn({ units }: Destination, { entries, head, ledger }: Live): number {
  const settings = units.flatMap((unit) => unit.settings).filter(({ key }) => !entries.has(key)).length;
  const records = units.filter(({ unit, settings: own }) => own.length > 0 && !ledger.has(unit)).length;
  return settings + records + (head === undefined && settings > 0 ? 1 : 0);
}

async function askRights(
  destination: Destination,
  outcome: Outcome,
  stores: StorePool,
  io: Io,
): Promise<DestinationFacts["rights"]> {
  const { prefixes, keys } = destination.reads;
  const live = outcome.kind === "read" ? outcome.live : undefined;
  const present = new Map([...(live?.entries ?? [])].map(([key, { secret }]) => [key, secret]));
  if (live?.head !== undefined) present.set(headKey(destination.meta), false);
  const query = {
    prefixes: [destination.meta, ...prefixes],
    keys,
    wanted: destination.units.flatMap(({ settings }) => settings),
    present,
    nobody: io.randomId(),
  };
  try {
    const found = await (await stores.open(destination)).rights?.(query, io.signal);
    return found === undefined ? undefined : { found };
  } catch (error) {
    if (!isFailure(error) || error.code === "INTERRUPTED") throw error;
    return { trouble: error };
  }
}

function connectionOf({ target, connection }: Destination): string {
  return canonicalJson([target.type, connection]);
}

function credentialsOutcome(connection: PlainMap, env: Io["env"]): Outcome | undefined {
  const credentials = Object.entries(connection).flatMap(([name, value]) => {
    if (typeof value !== "object" || value === null || !("fromEnv" in value)) return [];
    const variable = typeof value.fromEnv === "string" ? value.fromEnv : "";
    return (env[variable] ?? "") === "" ? [{ name, variable }] : [];
  });
  return credentials.length === 0 ? undefined : { kind: "missing", credentials };
}

/** What is the same for every key: no way to the store, nothing to log in with. */
const UNREACHABLE: ReadonlySet<string> = new Set(["UNREACHABLE", "TIMEOUT", "TLS", "MISSING", "USAGE"]);

async function tryRead(
  destination: Destination,
  stores: StorePool,
  project: Pick<OpenedProject, "git" | "commit">,
  io: Io,
): Promise<Outcome> {
  try {
    const live = await readLive(await stores.open(destination), destination, io.signal);
    return { kind: "read", live, relation: await relationOf(live.head?.head.commit ?? null, project) };
  } catch (error) {
    if (!isFailure(error) || error.code === "INTERRUPTED") throw error;
    return { kind: "failed", trouble: error, unreachable: UNREACHABLE.has(error.code) };
  }
}

async function relationOf(
  live: string | null,
  { git, commit }: Pick<OpenedProject, "git" | "commit">,
): Promise<Relation | undefined> {
  return live === null || commit === null || git === undefined ? undefined : git.ancestry(live, commit);
}
