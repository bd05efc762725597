/** An etcd store over options that are complete already. Loaded when a store is opened. */
import type { Store } from "../store.ts";
import { openClient } from "./client.ts";
import { commit } from "./commit.ts";
import type { Options } from "./options.ts";
import { read } from "./read.ts";
import { rightsOf } from "./rights.ts";

export async function openEtcd(options: Options): Promise<Store> {
  const client = await openClient(options);
  return {
    read: (query, signal) => read(client, query, signal),
    commit: (head, groups, signal) => commit(client, head, groups, signal),
    rights: (query, signal) => rightsOf(client, query, signal),
    close: () => Promise.resolve(client.close()),
  };
}
