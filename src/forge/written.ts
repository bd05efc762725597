/** Writes whose outcome must be known: what the forge refuses is an answer, what got lost is looked up. */
import { isFailure } from "../failure.ts";
import type { Client } from "./client.ts";
import type { Written } from "./forge.ts";
import { troubleBehind } from "./trouble.ts";
import type { Trouble } from "./trouble.ts";

const DENIED: ReadonlySet<Trouble["kind"]> = new Set(["denied", "absent", "gone"]);

/** Turns a refusal into an answer. Everything else that goes wrong is thrown. */
export async function written<T>(write: () => Promise<T>): Promise<Written<T>> {
  try {
    return { kind: "done", value: await write() };
  } catch (error) {
    const kind = kindOf(error);
    if (!isFailure(error) || kind === undefined) throw error;
    if (DENIED.has(kind)) return { kind: "denied", failure: error };
    if (kind === "too-long") return { kind: "too-long", failure: error };
    throw error;
  }
}

/** How often a write is sent that turned out not to have been done. */
const TRIES = 3;
/** Milliseconds that a forge gets to finish what it did not answer, before we look. */
const SETTLE = 2000;

/** Sends a write. If nobody can say whether it was done, `find` looks, and only what is not there is sent again. */
export async function surely<T>(
  client: Client,
  send: () => Promise<T>,
  find: () => Promise<T | undefined>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      if (kindOf(error) !== "unknown") throw error;
      await client.pause(SETTLE);
      const found = await find();
      if (found !== undefined) return found;
      if (attempt >= TRIES) throw error;
    }
  }
}

export function kindOf(error: unknown): Trouble["kind"] | undefined {
  return isFailure(error) ? troubleBehind(error)?.kind : undefined;
}

/** What `read` gives; undefined if the forge says that there is no such thing. */
export async function orAbsent<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (kindOf(error) === "absent") return undefined;
    throw error;
  }
}
