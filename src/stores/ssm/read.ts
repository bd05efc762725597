/** Reads by path, several paths side by side, without decrypting unless values of secrets are asked for. */
import { Failure } from "../../failure.ts";
import type { Entry, Key } from "../../model.ts";
import type { ReadQuery } from "../store.ts";
import type { Client } from "./client.ts";
import { throwIfStopped } from "./client.ts";
import { isName } from "./limits.ts";
import { look, seenOf } from "./look.ts";
import type { Seen } from "./look.ts";
import { rootOf, unpack } from "./packed.ts";
import { pool } from "./pool.ts";

/** Paths read at once: a chain of pages waits for one answer after the other. */
const WIDTH = 8;
/** Parameters in one page, at most (GetParametersByPath, service model, seen 2026-11). */
const PAGE = 10;
/** How often a packed record is read again that is being written meanwhile. */
const TRIES = 5;

/** Every entry asked for. Throws unless every chain of pages was read to its end. */
export async function* read(client: Client, query: ReadQuery, signal?: AbortSignal): AsyncGenerator<readonly Entry[]> {
  throwIfStopped(signal, "read SSM");
  const decrypt = query.secrets === "values";
  const prefixes = outermost(query.prefixes);
  // SSM refuses a whole call for one name that it does not take. Such a name is not there.
  const keys = [...new Set(query.keys)].filter(
    (key) => isName(key) && !prefixes.some((prefix) => key.startsWith(prefix)),
  );
  const tasks = prefixes.map(
    (prefix) => (emit: (page: readonly Seen[]) => void) => readPath(client, prefix, decrypt, emit, signal),
  );
  if (keys.length > 0) tasks.push(async (emit) => emit([...(await look(client, keys, decrypt, signal)).values()]));

  const packed: Seen[] = [];
  for await (const page of pool(tasks, WIDTH)) {
    const plain = page.filter((seen) => rootOf(seen.key, seen.text) === undefined);
    if (plain.length < page.length) packed.push(...page.filter((seen) => !plain.includes(seen)));
    if (plain.length > 0) yield plain.map((seen) => entryOf(seen, query));
  }
  if (packed.length > 0)
    yield await Promise.all(packed.map(async (seen) => entryOf(await whole(client, seen, signal), query)));
}

/** Every parameter below a slash-ended prefix, page by page. */
export async function readPath(
  client: Client,
  prefix: Key,
  decrypt: boolean,
  emit: (page: readonly Seen[]) => void,
  signal?: AbortSignal,
): Promise<void> {
  const path = prefix === "/" ? "/" : prefix.slice(0, -1);
  if (path !== "/" && !isName(path)) return;
  const tokens = new Set<string>();
  let token: string | undefined;
  do {
    const input = {
      Path: path,
      Recursive: true,
      WithDecryption: decrypt,
      MaxResults: PAGE,
      ...(token === undefined ? {} : { NextToken: token }),
    };
    const { Parameters = [], NextToken } = await client.ask("GetParametersByPath", input, `read ${prefix}`, signal);
    if (Parameters.length > 0) emit(Parameters.map(seenOf));
    // A page may be empty and not the last; the last one's token may be empty too.
    token = NextToken === undefined || NextToken === "" ? undefined : NextToken;
    if (token !== undefined && tokens.has(token)) throw circling(prefix);
    if (token !== undefined) tokens.add(token);
  } while (token !== undefined);
}

function outermost(prefixes: readonly Key[]): Key[] {
  const unique = [...new Set(prefixes)];
  return unique.filter((prefix) => !unique.some((other) => other !== prefix && prefix.startsWith(other)));
}

/** A ledger record that goes on in other parameters, put together. */
async function whole(client: Client, seen: Seen, signal?: AbortSignal): Promise<Seen> {
  let current: Seen | undefined = seen;
  for (let attempt = 0; attempt < TRIES && current !== undefined; attempt++) {
    const root = rootOf(current.key, current.text);
    if (root === undefined) return current;
    const parts = await look(client, root.parts, false, signal);
    const text = unpack(root, new Map([...parts].map(([key, part]) => [key, part.text])));
    if (text !== undefined) return { ...current, text };
    await client.backOff(attempt, signal);
    current = (await look(client, [seen.key], false, signal)).get(seen.key);
  }
  throw new Failure("CORRUPT", `${seen.key} goes on in other parameters, and they do not belong to it.`, {
    fix: "If an apply is running, run the command again after it. Otherwise restore the parameters below .../parts/.",
  });
}

function entryOf(seen: Seen, query: ReadQuery): Entry {
  const secret = seen.secret || query.secretKeys.has(seen.key);
  const isShown = !secret || query.secrets === "values";
  return { key: seen.key, version: seen.version, secret, ...(isShown ? { value: seen.text } : {}) };
}

function circling(prefix: Key): Failure {
  return new Failure("INCOMPLETE", `SSM gave the same page of ${prefix} twice, so the list may not be complete.`, {
    fix: "Run the command again. If it stays so, check connection.endpoint.",
  });
}
