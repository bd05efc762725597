import { leakShard } from "./shard.ts";

leakShard(2);
