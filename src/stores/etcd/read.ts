/** Reads prefixes and keys as they were at one revision, page by page. */
import type { IKeyValue, IRangeResponse } from "etcd3";
import type { Entry, Key } from "../../model.ts";
import { sure } from "../../sure.ts";
import type { ReadQuery } from "../store.ts";
import { incomplete, type Client, type RangesAnswer } from "./client.ts";
import { after, bytesOf, prefixEnd } from "./operations.ts";
import { isAnswerTooLarge, statusBehind } from "./status.ts";
import { keyOf, textOf } from "./text.ts";

/** Keys of one page. Smaller ones cost the server more than they save: it counts the rest of the range each time. */
const PAGE = 5000;

/**
 * Every entry asked for, each once. The first answer fixes the revision of all later ones, so the entries are a state
 * the store really had. Throws INCOMPLETE rather than give fewer keys than the server counts.
 *
 * Keys and values that are not UTF-8 cannot be ours; they come as marked texts (`text.ts`) instead of spoiling the read.
 */
export async function* read(client: Client, query: ReadQuery, signal?: AbortSignal): AsyncGenerator<readonly Entry[]> {
  const { prefixes, keys } = withoutOverlap(query);
  const entryOf = entries(query);
  let revision: string | undefined;
  for (const prefix of prefixes) {
    for await (const page of pages(client, prefix, revision, signal)) {
      revision ??= page.header.revision;
      yield page.kvs.map(entryOf);
    }
  }
  for await (const { revision: at, answers } of exactly(client, keys, revision, signal)) {
    revision ??= at;
    yield answers.flatMap((answer) => answer.kvs.map(entryOf));
  }
}

async function* pages(
  client: Client,
  prefix: Key,
  at: string | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<IRangeResponse> {
  const subject = `read ${prefix}`;
  const end = prefixEnd(prefix);
  let key = bytesOf(prefix);
  let revision = at;
  let size = PAGE;
  let left: number | undefined;
  for (;;) {
    let page: IRangeResponse;
    try {
      const pinned = revision === undefined ? {} : { revision };
      page = await client.range({ key, range_end: end, limit: size, ...pinned }, subject, signal);
    } catch (error) {
      const status = statusBehind(error);
      if (size === 1 || status === undefined || !isAnswerTooLarge(status)) throw error;
      size = Math.floor(size / 2);
      continue;
    }
    revision ??= page.header.revision;
    left ??= Number(page.count);
    const last = page.kvs.at(-1);
    // Two counts of the server must agree with what came: of this page's rest, and of the whole range at the start.
    const rest = left - page.kvs.length;
    if (Number(page.count) !== left || page.more !== rest > 0 || rest < 0 || (page.more && last === undefined))
      throw incomplete(subject, left, page.kvs.length);
    yield page;
    if (!page.more || last === undefined) return;
    left = rest;
    key = after(last.key);
  }
}

async function* exactly(
  client: Client,
  keys: readonly Key[],
  at: string | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<RangesAnswer> {
  let revision = at;
  let size = Math.min(100, client.options.maxTxnOps);
  for (let start = 0; start < keys.length;) {
    const wanted = keys.slice(start, start + size);
    const pinned = revision === undefined ? {} : { revision };
    const requests = wanted.map((key) => ({ key: bytesOf(key), ...pinned }));
    try {
      const answer = await client.ranges(requests, `read ${sure(wanted[0], "a key")}`, signal);
      revision ??= answer.revision;
      yield answer;
      start += wanted.length;
    } catch (error) {
      const status = statusBehind(error);
      if (size === 1 || status === undefined || !isAnswerTooLarge(status)) throw error;
      size = Math.floor(size / 2);
    }
  }
}

function entries(query: ReadQuery): (kv: IKeyValue) => Entry {
  const { secretKeys, secrets } = query;
  return ({ key: bytes, value, mod_revision: version }) => {
    const key = keyOf(bytes);
    const secret = secretKeys.has(key);
    return secret && secrets === "versions" ? { key, version, secret } : { key, version, secret, value: textOf(value) };
  };
}

/** Prefixes inside others, and keys inside prefixes, would come twice. */
function withoutOverlap({ prefixes, keys }: ReadQuery): {
  readonly prefixes: readonly Key[];
  readonly keys: readonly Key[];
} {
  const distinct = [...new Set(prefixes)];
  const outer = distinct.filter((one) => !distinct.some((other) => other !== one && one.startsWith(other)));
  return {
    prefixes: outer,
    keys: [...new Set(keys)].filter((key) => !outer.some((prefix) => key.startsWith(prefix))),
  };
}
