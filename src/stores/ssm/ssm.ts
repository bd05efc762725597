/** AWS SSM Parameter Store: one parameter a key, paced, guarded by a claim and by version numbers. */
import type { StoreDriver } from "../store.ts";
import { limits } from "./limits.ts";
import { connectionSchema, optionsOf } from "./options.ts";

export const ssm: StoreDriver = {
  type: "aws-ssm",
  limits,
  connectionSchema,
  defaults: { path: "/{{system}}/{{app}}/{{env}}/{{key}}", layout: "keys", connection: {} },
  older: (key, version) => `${key}:${version.slice(0, version.indexOf("@"))}`,
  open: async (connection, _folder, purpose) => {
    const { openSsm } = await import("./open.ts");
    return openSsm(optionsOf(connection), purpose);
  },
};
