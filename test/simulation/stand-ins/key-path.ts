/** `stores/directory/key-path.ts` in a world: the real names of files, each worked out once. */
import * as real from "../../../src/stores/directory/key-path.ts";
import type { Key } from "../../../src/model.ts";
import { remembered } from "../remembered.ts";

const keyOfPath = remembered((path) => real.keyAt(path.split("/")));
const layOutOf = remembered((keys) => real.layOut(keys.split("\n")));

export function keyAt(names: readonly string[]): Key {
  return keyOfPath(names.join("/"));
}

export function layOut(keys: Iterable<Key>): ReadonlyMap<Key, string> {
  const list = [...keys];
  return list.length === 0 ? new Map() : layOutOf(list.join("\n"));
}
