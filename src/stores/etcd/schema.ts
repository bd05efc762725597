/** What `connection` of an etcd target may say. Known without loading anything else of the store. */
import type { PlainMap } from "../../model.ts";
import { DEFAULT_MAX_REQUEST_BYTES, DEFAULT_MAX_TXN_OPS } from "./limits.ts";

const text = (description: string): PlainMap => ({ type: "string", minLength: 1, description });
const credential = (description: string): PlainMap => ({
  description,
  anyOf: [
    { type: "string", minLength: 1, description: "The text itself. Only for servers on your own machine." },
    {
      type: "object",
      description: "Taken from an environment variable when the store is opened.",
      properties: { fromEnv: text("Name of the environment variable.") },
      required: ["fromEnv"],
      additionalProperties: false,
    },
  ],
});

/** JSON Schema (draft-07) of `connection`. */
export const connectionSchema: PlainMap = {
  type: "object",
  description: "How to reach etcd.",
  additionalProperties: false,
  properties: {
    endpoints: {
      type: "array",
      description: "Addresses of the members of one cluster, tried in this order. All http:// or all https://.",
      items: {
        type: "string",
        // Loose on purpose: the text may still hold templates. `optionsOf` looks closely at what they become.
        description: "`https://etcd.example.com:2379`; port 2379 where none is given.",
        pattern: "^https?://",
      },
      minItems: 1,
      uniqueItems: true,
      default: ["http://127.0.0.1:2379"],
    },
    username: credential("User to log in as, if the cluster has authentication on."),
    password: credential("Password of that user."),
    tls: {
      type: "object",
      description: "Certificates for https endpoints. Without it, the authorities that Node.js trusts are trusted.",
      additionalProperties: false,
      properties: {
        ca: text("File (PEM) with the authorities that signed the servers' certificates, relative to trueup.yaml."),
        cert: text("File (PEM) with the client's certificate, relative to trueup.yaml."),
        key: text("File (PEM) with the private key of that certificate, relative to trueup.yaml."),
      },
      dependencies: { cert: ["key"], key: ["cert"] },
    },
    timeout: {
      type: "number",
      description: "Seconds one request may take. Keep it over 8: the server itself gives up after 7.",
      exclusiveMinimum: 0,
      default: 10,
    },
    maxRequestBytes: {
      type: "integer",
      description:
        "Largest request sent. Raise or lower it with the server's --max-request-bytes, and stay below that.",
      minimum: 65_536,
      default: DEFAULT_MAX_REQUEST_BYTES,
    },
    maxTxnOps: {
      type: "integer",
      description: "Operations in one transaction: the server's --max-txn-ops.",
      minimum: 16,
      default: DEFAULT_MAX_TXN_OPS,
    },
    nested: {
      description:
        "Use transactions inside transactions, so that an apply is one step. `auto` finds out; false is for servers that only look like etcd.",
      enum: ["auto", true, false],
      default: "auto",
    },
  },
  dependencies: { username: ["password"], password: ["username"] },
};
