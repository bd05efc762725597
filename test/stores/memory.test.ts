import { describe, expect, it } from "vitest";
import { Failure } from "../../src/failure.ts";
import { memoryStore } from "../../src/stores/memory.ts";

import { storeContract } from "./contract.ts";
import { failureOf, readAll } from "./contract-moves.ts";

storeContract("the memory store", () => {
  const memory = memoryStore();
  return Promise.resolve({
    store: memory.store,
    limits: memory.limits,
    prefix: "/fresh/",
    handPut: async (key, text) => memory.handPut(key, text),
    handDelete: async (key) => memory.handDelete(key),
    readRaw: async (prefix) => new Map([...memory.contents()].filter(([key]) => key.startsWith(prefix))),
    failReads: async () =>
      memory.failReads(new Failure("UNREACHABLE", "The memory store is told to fail.", { fix: "–" })),
    dispose: () => memory.store.close(),
  });
});

describe("the memory store", () => {
  it("starts with what it is given", async () => {
    const memory = memoryStore({ "/a/b": "1", "/a/c": "2" });
    const found = await readAll(memory.store, { prefixes: ["/a/"] });
    expect([...found.values()]).toEqual([
      { key: "/a/b", version: "1", secret: false, value: "1" },
      { key: "/a/c", version: "2", secret: false, value: "2" },
    ]);
  });

  it("keeps a secret secret when a person changes it", async () => {
    const memory = memoryStore();
    memory.handPut("/a/s", "one", { secret: true });
    memory.handPut("/a/s", "two");
    const found = await readAll(memory.store, { keys: ["/a/s"], secrets: "versions" });
    expect([...found.values()]).toEqual([{ key: "/a/s", version: "2", secret: true }]);
  });

  it("reads more than one page, and all of it or nothing", async () => {
    const memory = memoryStore(Object.fromEntries(Array.from({ length: 250 }, (_, n) => [`/a/${n}`, "x"])));
    expect((await readAll(memory.store, { prefixes: ["/a/"] })).size).toBe(250);
    memory.failReads(new Failure("UNREACHABLE", "The memory store is told to fail.", { fix: "Wait." }));
    await failureOf(readAll(memory.store, { prefixes: ["/a/"] }), "UNREACHABLE");
    memory.failReads(undefined);
    expect((await readAll(memory.store, { prefixes: ["/a/"] })).size).toBe(250);
  });
});
