/**
 * What this login may do in etcd, prefix by prefix. Reads only count; writes are asked for in transactions whose
 * condition is never true, so that the server looks at the rights and does nothing.
 */
import { isFailure } from "../../failure.ts";
import type { Key } from "../../model.ts";
import type { Right, RightsQuery } from "../store.ts";
import type { Client } from "./client.ts";
import { bytesOf, isNever, prefixEnd, put } from "./operations.ts";
import { statusBehind } from "./status.ts";

/** gRPC's number for "permission denied". */
const DENIED = 7;

interface Area {
  readonly name: Key;
  readonly isPrefix: boolean;
}

export async function rightsOf(client: Client, query: RightsQuery, signal?: AbortSignal): Promise<readonly Right[]> {
  const prefixes = outermost(query.prefixes);
  const keys = [...new Set(query.keys)].filter((key) => !prefixes.some((prefix) => key.startsWith(prefix)));
  const areas: Area[] = [
    ...prefixes.map((name) => ({ name, isPrefix: true })),
    ...keys.map((name) => ({ name, isPrefix: false })),
  ];
  const unread: Area[] = [];
  const unwritten: Area[] = [];
  for (const area of areas) {
    if (!(await mayRead(client, area, signal))) unread.push(area);
    if (!(await mayWrite(client, area, query, signal))) unwritten.push(area);
  }
  return [right("read", unread, client), right("write", unwritten, client)];
}

function outermost(prefixes: readonly Key[]): Key[] {
  const unique = [...new Set(prefixes)];
  return unique.filter((prefix) => !unique.some((other) => other !== prefix && prefix.startsWith(other)));
}

function mayRead(client: Client, { name, isPrefix }: Area, signal?: AbortSignal): Promise<boolean> {
  const range = isPrefix ? { range_end: prefixEnd(name) } : {};
  return isAllowed(() => client.range({ key: bytesOf(name), ...range, count_only: true }, `read ${name}`, signal));
}

/** Rights are ranges of keys: a name that nobody has, and the first and last one wanted, speak for a prefix. */
function mayWrite(client: Client, area: Area, { wanted, nobody }: RightsQuery, signal?: AbortSignal): Promise<boolean> {
  const { name, isPrefix } = area;
  const below = wanted.map(({ key }) => key).filter((key) => key.startsWith(name));
  const sorted = below.toSorted((a, b) => Buffer.compare(bytesOf(a), bytesOf(b)));
  const keys = isPrefix
    ? [...new Set([`${name}trueup-doctor-${nobody}`, ...sorted.slice(0, 1), ...sorted.slice(-1)])]
    : [name];
  const nothing = Buffer.alloc(0);
  const request = { compare: [isNever(bytesOf(name))], success: keys.map((key) => put(bytesOf(key), nothing)) };
  return isAllowed(() => client.rehearse(request, `write ${name}`, signal));
}

async function isAllowed(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (error) {
    if (isFailure(error) && statusBehind(error)?.code === DENIED) return false;
    throw error;
  }
}

function right(action: "read" | "write", denied: readonly Area[], { options }: Client): Right {
  if (denied.length === 0) return { action, role: undefined, state: "granted" };
  const user = options.auth?.username;
  const who = user === undefined ? "this connection" : `user ${JSON.stringify(user)}`;
  const grants = denied.map(
    ({ name, isPrefix }) =>
      `etcdctl role grant-permission <role>${isPrefix ? " --prefix=true" : ""} readwrite ${forShell(name)}`,
  );
  const roles = user === undefined ? "" : ` (etcdctl user get ${forShell(user)} names its roles)`;
  const names = denied.map(({ name, isPrefix }) => (isPrefix ? `below ${name}` : name)).join(", ");
  return {
    action,
    role: undefined,
    state: "missing",
    message: `${who} may not ${action} ${names}`,
    fix: `${grants.join("; ")}${roles}`,
  };
}

function forShell(text: string): string {
  return /^[\w./@%+=:,-]+$/u.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
