/** etcd 3.4 and newer: one guarded transaction for an apply, reads at one revision. */
import type { StoreDriver } from "../store.ts";
import { limits } from "./limits.ts";
import { connectionSchema } from "./schema.ts";

export const etcd: StoreDriver = {
  type: "etcd",
  limits,
  connectionSchema,
  defaults: {
    path: "/config/{{env}}/{{app}}/{{key}}",
    layout: "keys",
    connection: { endpoints: ["http://127.0.0.1:2379"] },
  },
  open: async (connection, folder) => {
    const [{ openEtcd }, { optionsOf }] = await Promise.all([import("./open.ts"), import("./options.ts")]);
    return openEtcd(await optionsOf(connection, folder));
  },
};
