/** Modules that no simulated code needs, and that would make the bundle large. */
import { Failure } from "../../../src/failure.ts";

/** `map/map.ts`: only plans against a Git ref use it. */
export function textOf(): never {
  throw new Error("not part of the simulation");
}

/** `stores/etcd/probe.ts`: would look at the real network. */
export function unreachable(_options: unknown, subject: string): Promise<Failure> {
  return Promise.resolve(new Failure("UNREACHABLE", `no endpoint can be connected to, to ${subject}`));
}
