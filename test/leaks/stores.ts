/** Stores of the leak test: in memory, with a password, and able to fail in the worst way: with the values in the error. */
import { Failure } from "../../src/failure.ts";
import { type MemoryStore, memoryStore } from "../../src/stores/memory.ts";
import { drivers } from "../../src/stores/registry.ts";
import type { Store, StoreDriver, Write } from "../../src/stores/store.ts";
import type { PlainMap } from "../../src/model.ts";

/**
 * What goes wrong, always with secrets in the message, the cause or both: `commit-throws` and `read-throws` are what a
 * client library might throw, `commit-fails` is a failure of ours around it, `open-throws` shows the password.
 */
export type Trouble = "commit-throws" | "commit-fails" | "read-throws" | "read-fails" | "open-throws" | "open-fails";
export const TROUBLES: readonly Trouble[] = [
  "commit-throws",
  "commit-fails",
  "read-throws",
  "read-fails",
  "open-throws",
  "open-fails",
];

export interface FakeStore {
  readonly memory: MemoryStore;
  trouble: Trouble | undefined;
}

const fakes = new Map<string, FakeStore>();

/** The store behind `connection: { id: … }`; made when it is first asked for. */
export function fakeStore(id: string): FakeStore {
  const known = fakes.get(id);
  if (known !== undefined) return known;
  const fake: FakeStore = { memory: memoryStore(), trouble: undefined };
  fakes.set(id, fake);
  return fake;
}

export function forgetStore(id: string): void {
  fakes.delete(id);
}

/** Adds the kind of store `memory` to those that trueup knows. */
export function registerFakes(): void {
  Object.assign(drivers, { memory: driver });
}

const driver: StoreDriver = {
  type: "memory",
  limits: memoryStore().limits,
  connectionSchema: {
    type: "object",
    additionalProperties: false,
    required: ["id"],
    properties: {
      id: { type: "string" },
      password: { type: "object", required: ["fromEnv"], properties: { fromEnv: { type: "string" } } },
    },
  },
  defaults: { layout: "keys", connection: {} },
  open: (connection) => {
    const fake = fakeStore(connection["id"] as string);
    const worst = worstError(JSON.stringify(connection));
    if (fake.trouble === "open-throws") throw worst;
    if (fake.trouble === "open-fails") throw unreachable(worst);
    return Promise.resolve(withTrouble(fake, connection));
  },
};

function withTrouble(fake: FakeStore, connection: PlainMap): Store {
  const { store } = fake.memory;
  return {
    ...store,
    async *read(query, signal) {
      const worst = worstError(JSON.stringify([connection, ...fake.memory.contents()]));
      if (fake.trouble === "read-throws") throw worst;
      if (fake.trouble === "read-fails") throw unreachable(worst);
      yield* store.read(query, signal);
    },
    async *commit(head, groups, signal) {
      const texts = groups.flatMap(({ writes }) => writes.map(textOf));
      const worst = worstError(texts.join("\n"));
      if (fake.trouble === "commit-throws") throw worst;
      if (fake.trouble === "commit-fails") {
        const failure = new Failure("DENIED", "the store refused a write", { cause: worst });
        for (const { unit } of groups) yield { kind: "failed", unit, failure, written: [] };
        yield { kind: "head", version: "1", state: "partial", proof: "revision 1" };
        return;
      }
      yield* store.commit(head, groups, signal);
    },
  };
}

function textOf(write: Write): string {
  if (write.kind === "delete") return write.key;
  return typeof write.text === "string" ? write.text : write.text.reveal();
}

function unreachable(cause: Error): Failure {
  return new Failure("UNREACHABLE", "the store cannot be reached", { cause });
}

/** Says everything it knows, in every way an error can. */
function worstError(text: string): Error {
  const cause = Object.assign(new TypeError(`invalid value ${text}`), { body: text, request: { text } });
  return Object.assign(new Error(`400 Bad Request: ${text}`, { cause }), { code: "EINVAL", response: text });
}
