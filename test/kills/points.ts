/** Every point where an apply can be killed that changes something, or waits for an answer. `kills.test.ts` hits each. */
import type { Ground } from "./ground.ts";

const FILES = ["staged key", "staged ledger", "staged head", "history/next.json"].flatMap((file) =>
  ["create", "writeFile", "chmod open", "sync"].map((verb) => `${verb} ${file}`),
);

export const POINTS: Readonly<Record<Ground["kind"], readonly string[]>> = {
  directory: [
    ...FILES,
    "utimes open staged key",
    "mkdir history",
    "sync generations",
    "symlink lock",
    "rename lock to tmp-lock",
    "rm tmp-lock",
    "unlink lock",
    "mkdir tmp-next",
    "chmod tmp-next",
    "mkdir staged key",
    "chmod staged key",
    "link staged key",
    "link staged ledger",
    "link staged head",
    "sync tmp-next",
    "sync history",
    "rename tmp-next to N",
    "symlink tmp-link",
    "rename tmp-link to live",
    "rename history/next.json to history/N.json",
    "unlink history/next.json",
    "rm N",
    "rm tmp-link",
    "rename N to tmp-old-N",
    "rm tmp-old-N",
    "rm tmp-next",
  ],
  ssm: [
    "GetParametersByPath",
    "GetParameters",
    "PutParameter claim",
    "PutParameter head, first",
    "PutParameter head, last",
    "PutParameter ledger, first",
    "PutParameter ledger, last",
    "PutParameter new key",
    "PutParameter key",
    "DeleteParameters keys",
  ],
  etcd: ["Range", "Txn", "Txn head ready of units"],
};
