/**
 * One world: virtual time, everything that is to happen, and who is at work. Nothing happens by itself: one event is
 * taken, its promise settled, and the microtasks drained until all is quiet; then the next. Every call has two events, its
 * arrival at the store and its reply, so a request can be on its way while others overtake it.
 */
import { setFlagsFromString } from "node:v8";
import type { Dice } from "./dice.ts";
import type { Fault } from "./scenario.ts";

setFlagsFromString("--allow-natives-syntax");
/** Runs all microtasks now. Node's own way is a turn of its event loop, which takes several times as long. */
// oxlint-disable-next-line typescript/no-implied-eval -- a function of V8 that only such a text can name
const drain = new Function("%PerformMicrotaskCheckpoint()") as () => void;

export interface Stop {
  readonly signal: AbortSignal;
  abort(): void;
}

/** What `AbortController` is for: Node's own takes longer to make than an apply takes to plan. */
export function stopOf(): Stop {
  const listeners = new Set<() => void>();
  const signal = {
    aborted: false,
    addEventListener: (_: string, listener: () => void) => void listeners.add(listener),
    removeEventListener: (_: string, listener: () => void) => void listeners.delete(listener),
  };
  return {
    signal: signal as unknown as AbortSignal,
    abort() {
      signal.aborted = true;
      for (const listener of listeners) listener();
      listeners.clear();
    },
  };
}

/** A process: when it dies, nothing of it goes on. */
export interface Actor {
  readonly name: string;
  readonly pid: number;
  readonly dice: Dice;
  readonly stop: Stop;
  readonly slow: number;
  readonly faults: ReadonlyMap<number, Fault>;
  readonly crash: { readonly call: number; readonly arrives: boolean } | undefined;
  readonly expired: number;
  readonly denied: string | undefined;
  readonly jump: readonly [number, number] | undefined;
  alive: boolean;
  calls: number;
  /** Milliseconds that its wall clock is off. */
  skew: number;
  /** Requests to change something that it made after it was told to stop. */
  lateWrites: string[];
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly actor: Actor;
  /** True: happens in the store, also if whoever caused it is dead. */
  readonly outside: boolean;
  readonly what: string;
  readonly run: () => void;
}

/** What is asked of the scheduler where it has a choice: seeds go by time, the exhaustive search tries everything. */
export interface Chooser {
  /** Index of the event to take. */
  readonly next?: (events: readonly { readonly actor: Actor; readonly what: string; readonly at: number }[]) => number;
  /** What becomes of a call, instead of the actor's own list. */
  readonly fate?: (actor: Actor, what: string) => Fault | "crash" | "crash-arrives" | undefined;
  /** Told of every answer, before the process that asked goes on. */
  readonly answered?: (actor: Actor, what: string, answer: unknown) => void;
  /** True: a reply comes with the arrival. */
  readonly instant?: boolean;
}

export interface Request<T> {
  readonly what: string;
  /** True: it may change what is stored. */
  readonly mutates: boolean;
  readonly perform: () => T;
  /** What the client library makes of a call that got no proper answer. Gives or throws. */
  readonly broken: (fault: Fault | "expired") => T;
}

export interface World {
  now: number;
  /** Whose code runs. */
  actor: Actor;
  readonly counts: Map<string, number>;
  readonly trace: string[] | undefined;
  events: number;
  hash: number;
  /** Milliseconds after which a client gives up waiting. */
  readonly timeout: number;
  call<T>(request: Request<T>): Promise<T>;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Something that happens at a moment, to an actor or in the store. */
  at(time: number, actor: Actor, what: string, run: () => void, outside?: boolean): void;
  start(actor: Actor, work: () => Promise<void>): void;
  note(text: string): void;
  count(what: string): void;
  /** Runs until nothing is left to happen, or `isDone`. False: too much happened. */
  run(limit: number, isDone: () => boolean): boolean;
  pending(): readonly string[];
}

/** Milliseconds since 1970 when every world begins. */
export const EPOCH = 1_790_000_000_000;

export function worldOf(
  nobody: Actor,
  chooser: Chooser,
  options: { readonly timeout: number; readonly traced: boolean },
): World {
  let queue: Event[] = [];
  let order = 0;

  const world: World = {
    now: 0,
    actor: nobody,
    counts: new Map(),
    trace: options.traced ? [] : undefined,
    events: 0,
    hash: 0x811c9dc5,
    timeout: options.timeout,

    call(request) {
      const { actor } = world;
      const { what } = request;
      if (!actor.alive) return new Promise(() => undefined);
      const n = actor.calls++;
      if (actor.jump?.[0] === n) {
        actor.skew += actor.jump[1];
        world.count("fault: clock jump");
      }
      if (actor.stop.signal.aborted && request.mutates) actor.lateWrites.push(what);
      const own = actor.crash?.call === n ? (actor.crash.arrives ? "crash-arrives" : "crash") : actor.faults.get(n);
      const fate = chooser.fate === undefined ? own : chooser.fate(actor, what);
      const there = world.now + latency(actor);
      if (fate !== undefined) world.count(`fault: ${fate}`);
      if (fate === "crash" || fate === "crash-arrives") {
        world.note(`${actor.name} dies at ${what}`);
        actor.alive = false;
        if (fate === "crash-arrives")
          push(there, actor, true, `${what} of the dead ${actor.name}`, () => attempt(request));
        return new Promise(() => undefined);
      }
      return new Promise((resolve, reject) => {
        const answer = (at: number, give: () => unknown): void => {
          const reply = (): void => {
            let value: unknown;
            try {
              value = give();
            } catch (error) {
              chooser.answered?.(actor, what, String(error));
              reject(error);
              return;
            }
            chooser.answered?.(actor, what, value);
            resolve(value as never);
          };
          if (chooser.instant === true) reply();
          else push(at, actor, false, `reply ${what}`, reply);
        };
        const broken = (why: Fault | "expired") => () => request.broken(why);
        const arrive = (at: number, then: (done: () => unknown) => void): void =>
          void push(at, actor, true, what, () => then(attempt(request)));
        if (n >= actor.expired) {
          world.count("fault: expired credentials");
          push(there, actor, true, `${what} (expired)`, () => answer(world.now + latency(actor), broken("expired")));
        } else if (fate === undefined) arrive(there, (done) => answer(world.now + latency(actor), done));
        else if (fate === "lose-reply") {
          arrive(there, () => answer(giveUp(actor, there), broken(fate)));
        } else if (fate === "lose-request")
          push(there, actor, true, `${what} (lost)`, () => answer(giveUp(actor, there), broken(fate)));
        else if (fate === "late") {
          answer(world.now + world.timeout, broken(fate));
          // Mostly in the way of whoever gave up a moment ago, or when nobody thinks of it any more.
          const after = actor.dice.chance(0.5) ? 100 : 3 * world.timeout;
          arrive(world.now + world.timeout + Math.floor(actor.dice.next() * after), () => undefined);
        } else push(there, actor, true, `${what} (${fate})`, () => answer(world.now + latency(actor), broken(fate)));
      });
    },

    sleep(ms, signal) {
      const { actor } = world;
      if (!actor.alive) return new Promise(() => undefined);
      if (signal?.aborted === true) return Promise.resolve();
      return new Promise((resolve) => {
        let isOver = false;
        const wake = (): void => {
          if (isOver) return;
          isOver = true;
          signal?.removeEventListener("abort", wake);
          queue = queue.filter((each) => each !== event);
          resolve();
        };
        const event = push(world.now + Math.max(0, Math.ceil(ms)), actor, false, "wakes", wake);
        signal?.addEventListener("abort", wake, { once: true });
      });
    },

    at: (time, actor, what, run, outside = false) => void push(time, actor, outside, what, run),

    start(actor, work) {
      push(world.now, actor, false, "starts", () => void work());
    },

    note(text) {
      for (let n = 0; n < text.length; n++) world.hash = Math.imul(world.hash ^ text.charCodeAt(n), 0x01000193);
      world.trace?.push(`${String(world.now).padStart(7)} ${text}`);
    },

    count: (what) => void world.counts.set(what, (world.counts.get(what) ?? 0) + 1),

    run(limit, isDone) {
      for (let n = 0; n < limit; n++) {
        if (isDone()) return true;
        const event = take();
        if (event === undefined) return true;
        world.now = Math.max(world.now, event.at);
        if (!event.outside && !event.actor.alive) continue;
        world.events++;
        world.note(`${event.actor.name} ${event.what}`);
        world.actor = event.actor;
        event.run();
        drain();
        world.actor = nobody;
      }
      return isDone();
    },

    pending: () => queue.map(({ actor, what }) => `${actor.name} ${what}`),
  };

  function attempt<T>(request: Request<T>): () => T {
    try {
      const value = request.perform();
      return () => value;
    } catch (error) {
      return () => {
        throw error;
      };
    }
  }

  /** Sometimes the connection is cut at once, sometimes only the timeout tells. */
  function giveUp(actor: Actor, there: number): number {
    return actor.dice.chance(0.6) ? there + latency(actor) : world.now + world.timeout;
  }

  function latency({ dice, slow }: Actor): number {
    const draw = dice.next();
    return 1 + Math.floor((draw < 0.85 ? draw * 12 : draw < 0.97 ? draw * 60 : draw * 900) * slow);
  }

  function push(at: number, actor: Actor, outside: boolean, what: string, run: () => void): Event {
    const event: Event = { at, order: order++, actor, outside, what, run };
    queue.push(event);
    return event;
  }

  function take(): Event | undefined {
    if (chooser.next !== undefined) {
      queue = queue.filter((event) => event.outside || event.actor.alive);
      if (queue.length === 0) return undefined;
      return queue.splice(queue.length === 1 ? 0 : chooser.next(queue), 1)[0];
    }
    let best = 0;
    for (let n = 1; n < queue.length; n++) {
      const [a, b] = [queue[n], queue[best]];
      if (a !== undefined && b !== undefined && (a.at < b.at || (a.at === b.at && a.order < b.order))) best = n;
    }
    const event = queue[best];
    const last = queue.pop();
    if (event !== last && last !== undefined) queue[best] = last;
    return event;
  }

  return world;
}
