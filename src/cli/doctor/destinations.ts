/** Reads every destination the way a plan would, and keeps what went wrong instead of ending there. */
import type { DestinationFacts, Relation } from "../../doctor/facts.ts";
import { canonicalJson } from "../../canonical.ts";
import { isFailure } from "../../failure.ts";
import { groupBy } from "../../group.ts";
import { readLive } from "../../live.ts";
import type { Destination, PlainMap } from "../../model.ts";
import type { StorePool } from "../../pipeline.ts";
import type { Io } from "../io.ts";
import type { OpenedProject } from "../project.ts";

type Outcome = DestinationFacts["outcome"];

/** Connections side by side, the destinations of one in turn: a store that cannot be reached is waited for once. */
export async function gatherDestinations(
  destinations: readonly Destination[],
  stores: StorePool,
  project: Pick<OpenedProject, "git" | "commit">,
  io: Io,
): Promise<readonly DestinationFacts[]> {
  const found = new Map<string, Outcome>();
  const groups = [...groupBy(destinations, connectionOf).values()];
  await Promise.all(
    groups.map(async (group) => {
      let closed: Outcome | undefined;
      for (const destination of group) {
        const outcome = credentialsOutcome(destination.connection, io.env) ?? closed;
        const result = outcome ?? (await tryRead(destination, stores, project, io));
        if (result.kind === "failed" && result.unreachable) closed = result;
        found.set(destination.id, result);
      }
    }),
  );
  return destinations.flatMap((destination) => {
    const outcome = found.get(destination.id);
    return outcome === undefined ? [] : [{ destination, outcome }];
  });
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
