/**
 * What the driver code gets instead of the platform while it runs in a world: clock, timers, process, host. The bundle
 * (`scripts/simulate.mjs`) puts these in place of Node's own; product code knows nothing of it.
 */
import { EPOCH, type World } from "./world.ts";

let current: World | undefined;
/** From now on all code of the bundle runs in this world. */
export function enter(world: World): void {
  current = world;
}

export function here(): World {
  if (current === undefined) throw new Error("no world is entered");
  return current;
}

const RealDate = globalThis.Date;

/** `Date` of a world: the wall clock of whoever runs. */
export class SimulatedDate extends RealDate {
  constructor(value?: number | string) {
    super(value ?? wallClock());
  }
  static override now(): number {
    return wallClock();
  }
}

function wallClock(): number {
  const world = here();
  return EPOCH + world.now + world.actor.skew;
}

/** `performance.now`: goes on whatever the wall clock does. */
export function monotonicNow(): number {
  return here().now;
}

/** `process.pid`: of the simulated process whose code runs. */
export const simulated = {
  get pid(): number {
    return here().actor.pid;
  },
};

/** `process.kill(pid, 0)` asks whether a process lives. */
export function simulatedKill(pid: number): boolean {
  if (isAlive(pid)) return true;
  throw Object.assign(new Error("no such process"), { code: "ESRCH" });
}

let isAlive: (pid: number) => boolean = () => false;
export function processesAre(alive: (pid: number) => boolean): void {
  isAlive = alive;
}

/** `Math.random`, timers and `fetch`: not in a world. */
export function poison(): never {
  throw new Error("the simulated code asked the real world for something");
}
