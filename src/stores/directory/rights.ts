/** Whether the folders that a commit works in can be written by this user. Nothing is made or touched. */
import { access, constants, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Right } from "../store.ts";
import { absent } from "./disk.ts";
import { asFailure } from "./failures.ts";
import type { Places } from "./generations.ts";

export async function rightsOf(places: Places): Promise<readonly Right[]> {
  const rights: Right[] = [];
  for (const folder of new Set([places.parent, places.generations, places.history])) {
    const right = await rightOn(folder, places.live);
    if (right !== undefined) rights.push(right);
  }
  return rights.length === 0 ? [{ action: "write", role: undefined, state: "granted" }] : rights;
}

/** Undefined if the folder can be written, or made in one above that can. */
async function rightOn(folder: string, live: string): Promise<Right | undefined> {
  try {
    await access(await nearest(folder), constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const { message, fix } = asFailure(error, live);
    return { action: "write", role: undefined, state: "missing", message, fix };
  }
}

/** The folder, or the nearest one above it that exists. */
async function nearest(folder: string): Promise<string> {
  let at = folder;
  while (dirname(at) !== at && (await stat(at).catch(absent)) === undefined) at = dirname(at);
  return at;
}
