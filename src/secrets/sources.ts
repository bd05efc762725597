/** Sources of secrets held by `ref`: what is there instead of one that is missing. */
import { isFailure } from "../failure.ts";
import type { Key } from "../model.ts";
import type { Store } from "../stores/store.ts";
import { suggest } from "../suggest.ts";

/** Keys looked at for one that is called nearly the same: a folder may hold thousands. */
const MOST = 500;
const SHOWN = 3;

/** Keys beside a missing one with a similar name. None where the store does not let us list them. */
export async function nearKeys(store: Store, missing: Key, signal?: AbortSignal): Promise<readonly Key[]> {
  const folder = missing.slice(0, missing.lastIndexOf("/") + 1);
  if (folder === "/") return [];
  const found: Key[] = [];
  try {
    const query = { prefixes: [folder], keys: [], secrets: "versions", secretKeys: new Set<Key>() } as const;
    for await (const page of store.read(query, signal)) {
      found.push(...page.map(({ key }) => key));
      if (found.length >= MOST) break;
    }
  } catch (error) {
    if (isFailure(error) && error.code === "DENIED") return [];
    throw error;
  }
  const nearest: Key[] = [];
  for (let rest = found; nearest.length < SHOWN; rest = rest.filter((key) => !nearest.includes(key))) {
    const name = suggest(
      missing.slice(folder.length),
      rest.map((key) => key.slice(folder.length)),
    );
    if (name === undefined) break;
    nearest.push(folder + name);
  }
  return nearest;
}
