/** Every kind of store that `type:` in trueup.yaml can name. A new store is one line here and one folder beside it. */
import { directory } from "./directory/directory.ts";
import { etcd } from "./etcd/etcd.ts";
import { ssm } from "./ssm/ssm.ts";
import type { StoreDriver } from "./store.ts";

export const drivers: Readonly<Record<string, StoreDriver>> = { directory, etcd, "aws-ssm": ssm };
