/**
 * Asks whether everything may be written before anything is. An apply of several requests is then refused whole; and
 * etcd before 3.4.42, 3.5.28 and 3.6.9 does not look at permissions inside nested transactions (CVE-2026-33343), which
 * must not let us write where we may not.
 */
import { isFailure } from "../../failure.ts";
import type { Key } from "../../model.ts";
import type { Group, HeadChange } from "../store.ts";
import type { Client } from "./client.ts";
import { bytesOf, isNever, nameOne, put } from "./operations.ts";

/** Throws DENIED, naming the key, if the user may not write one of the keys or look at it. Writes nothing. */
export async function checkPermission(
  client: Client,
  head: HeadChange,
  groups: readonly Group[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const { auth, tls, maxTxnOps } = client.options;
  if (auth === undefined && tls.cert === undefined) return;
  const keys = [...new Set([head.key, ...keysToAsk(groups, maxTxnOps)])];
  for (let start = 0; start < keys.length; start += maxTxnOps) {
    const some = keys.slice(start, start + maxTxnOps);
    try {
      await ask(client, head.key, some, signal);
    } catch (error) {
      if (!isFailure(error) || error.code !== "DENIED") throw error;
      // The server does not say which key it was about.
      for (const key of some) await ask(client, head.key, [key], signal);
      throw error;
    }
  }
}

/** All keys if they are few. Permissions are ranges, so the first and the last key of a unit speak for many. */
function keysToAsk(groups: readonly Group[], few: number): Key[] {
  const all = groups.flatMap(({ ledger, writes }) => [ledger.key, ...writes.map(({ key }) => key)]);
  if (all.length < few) return all;
  return groups.flatMap(({ ledger, writes }) => {
    const sorted = writes.map(({ key }) => key).toSorted((a, b) => Buffer.compare(bytesOf(a), bytesOf(b)));
    return [ledger.key, ...sorted.slice(0, 1), ...sorted.slice(-1)];
  });
}

/** The comparison is never true, so the puts are checked by the server and not done; the reads are both. */
async function ask(client: Client, head: Key, keys: readonly Key[], signal: AbortSignal | undefined): Promise<void> {
  const nothing = Buffer.alloc(0);
  const subject = `write ${keys.length === 1 ? keys[0] : head}`;
  const bytes = keys.map(bytesOf);
  await client.rehearse(
    { compare: [isNever(bytesOf(head))], success: bytes.map((key) => put(key, nothing)), failure: bytes.map(nameOne) },
    subject,
    signal,
  );
}
