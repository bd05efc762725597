/** etcd 3.4 and newer: one guarded transaction for an apply, reads at one revision. */
import type { Store, StoreDriver } from "../store.ts";
import { openClient } from "./client.ts";
import { commit } from "./commit.ts";
import { limits } from "./limits.ts";
import { connectionSchema, optionsOf } from "./options.ts";
import type { Options } from "./options.ts";
import { read } from "./read.ts";

export const etcd: StoreDriver = {
  type: "etcd",
  limits,
  connectionSchema,
  defaults: {
    path: "/config/{{env}}/{{app}}/{{key}}",
    layout: "keys",
    connection: { endpoints: ["http://127.0.0.1:2379"] },
  },
  open: async (connection, folder) => openEtcd(await optionsOf(connection, folder)),
};

/** A store over options that are complete already. */
export async function openEtcd(options: Options): Promise<Store> {
  const client = await openClient(options);
  return {
    read: (query, signal) => read(client, query, signal),
    commit: (head, groups, signal) => commit(client, head, groups, signal),
    close: () => Promise.resolve(client.close()),
  };
}
