/** Lost answers, lost requests, dead leaders, and people who edit in the very wrong moment. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Key, PlainMap } from "../../src/model.ts";
import type { Status } from "../../src/stores/etcd/status.ts";
import type { CommitEvent, Write } from "../../src/stores/store.ts";
import { apply, failureOf, group, look, nextHead, put, readAll, run, versionOf } from "./contract-moves.ts";
import type { Harness } from "./contract-moves.ts";
import { startProxy } from "./etcd-proxy.ts";
import type { Proxy } from "./etcd-proxy.ts";
import { describeWithEtcd, startEtcd } from "./etcd-server.ts";
import type { EtcdServer } from "./etcd-server.ts";
import { cleanup, harness, keysOf, kinds, LOST, settings } from "./etcd-trouble.ts";

/** Waits until etcdctl sees a key. */
async function until(server: EtcdServer, key: Key, text = ""): Promise<void> {
  while (!(await server.ctl("get", "--", key)).includes(text || key)) continue;
}

describeWithEtcd("an apply to etcd in trouble", () => {
  let server: EtcdServer;
  beforeAll(async () => {
    server = await startEtcd();
  });
  afterEach(async () => {
    for (const each of cleanup.splice(0)) await each();
  });
  afterAll(() => server?.stop());

  describe.each([
    ["nested", {}],
    ["plain", { nested: false }],
  ])("with %s transactions", (_name, how: PlainMap) => {
    async function proxied(connection: PlainMap = {}): Promise<{ h: Harness; proxy: Proxy }> {
      const proxy = await startProxy(server.endpoints[0] ?? "");
      cleanup.push(() => proxy.close());
      return { h: await harness(server, { ...how, endpoints: [proxy.endpoint], ...connection }), proxy };
    }

    it("whose answer is lost is found to be done", async () => {
      const { h, proxy } = await proxied();
      const known = await look(h);
      proxy.mode = "deaf";
      const head = nextHead(h, known, "a-lost");
      const writes = keysOf(h, "app", 3).map((key) => put(key, "1"));
      const done = run(h, head, [group(h, known, "app", writes)]);
      await until(server, head.key);
      proxy.mode = "pass";
      proxy.drop();
      const events = await done;
      expect(kinds(events)).toEqual(["applied", "ready"]);
      const after = await look(h);
      const applied = events.find((event) => event.kind === "applied");
      for (const { key } of writes) expect(applied?.versions.get(key)).toBe(versionOf(after, key));
      expect(events.at(-1)).toMatchObject({ version: after.head?.version });
      expect(after.head?.head.generation).toBe(1);
      expect(new Set([...after.entries.values()].map((entry) => entry.version)).size).toBe(1);
    });

    it("that never arrived is sent again, once", async () => {
      const { h, proxy } = await proxied();
      const known = await look(h);
      proxy.mode = "cut-once";
      const events = await run(h, nextHead(h, known), [group(h, known, "app", [put(`${h.prefix}app/a`, "1")])]);
      expect(kinds(events)).toEqual(["applied", "ready"]);
      expect(await settings(h)).toEqual(new Map([[`${h.prefix}app/a`, "1"]]));
      expect((await look(h)).head?.head.generation).toBe(1);
    });

    it("into a black hole ends in time, and says that running it again is safe", async () => {
      const { h, proxy } = await proxied({ timeout: 0.3 });
      const known = await look(h);
      proxy.mode = "mute";
      const failure = await failureOf(
        run(h, nextHead(h, known), [group(h, known, "app", [put(`${h.prefix}app/a`, "1")])]),
        "UNKNOWN_OUTCOME",
      );
      expect(failure.fix).toContain("safe");
      proxy.mode = "pass";
      proxy.drop();
      expect(await settings(h)).toEqual(new Map());
      await apply(h, { app: [put(`${h.prefix}app/a`, "1")] });
    });

    it("that nothing listens to is unreachable, and nothing is written", async () => {
      const { h, proxy } = await proxied();
      const known = await look(h);
      await proxy.close();
      await failureOf(look(h), "UNREACHABLE");
      const failure = await failureOf(run(h, nextHead(h, known), []), "UNREACHABLE");
      expect(failure.details).toContain("Nothing was written.");
    });

    it("of several requests survives a lost answer in each of them", async () => {
      const h = await harness(server, { ...how, maxRequestBytes: 65_536 }, { after: async () => LOST });
      const known = await look(h);
      const apps = ["a", "b", "c", "d"];
      const writes = (app: string) => keysOf(h, app, 40).map((key) => put(key, "x".repeat(app === "c" ? 3000 : 700)));
      const events = await run(
        h,
        nextHead(h, known, "a-many"),
        apps.map((app) => group(h, known, app, writes(app))),
      );
      expect(kinds(events)).toEqual(["applied", "applied", "applied", "applied", "ready"]);
      expect((await settings(h)).size).toBe(160);
      const after = await look(h);
      for (const event of events)
        if (event.kind === "applied")
          for (const [key, version] of event.versions) expect(versionOf(after, key)).toBe(version);
      for (const { record } of after.ledgers.values()) {
        expect(record.pending).toBeUndefined();
        for (const [key, entry] of record.settings) expect(entry.version).toBe(versionOf(after, key));
      }
    });

    it("finds out which units had moved although the answer is lost", async () => {
      const h = await harness(server, how, { after: async (n) => (n === 1 ? LOST : undefined) });
      const first = await apply(h, { a: [put(`${h.prefix}a/x`, "1")], b: [put(`${h.prefix}b/x`, "1")] });
      await h.handPut(`${h.prefix}b/x`, "by hand");
      const groups = ["a", "b"].map((app) =>
        group(h, first, app, [put(`${h.prefix}${app}/x`, "2", versionOf(first, `${h.prefix}${app}/x`))]),
      );
      const events = await run(h, nextHead(h, first, "a-second"), groups);
      expect(events.filter((event) => event.kind === "moved")).toEqual([
        { kind: "moved", unit: "b@prod", keys: [`${h.prefix}b/x`] },
      ]);
      expect(events.filter((event) => event.kind === "applied").map((event) => event.unit)).toEqual(["a@prod"]);
      expect(events.at(-1)).toMatchObject({ kind: "head", state: "partial" });
      expect(await settings(h)).toEqual(
        new Map([
          [`${h.prefix}a/x`, "2"],
          [`${h.prefix}b/x`, "by hand"],
        ]),
      );
    });

    it("whose answer is lost is found even behind somebody else's next apply", async () => {
      const other = await harness(server, how);
      const h: Harness = {
        ...(await harness(server, how, {
          after: async () => {
            await apply({ ...other, prefix: h.prefix }, { other: [put(`${h.prefix}other/x`, "theirs")] });
            return LOST;
          },
        })),
      };
      const known = await look(h);
      const events = await run(h, nextHead(h, known, "a-ours"), [
        group(h, known, "app", [put(`${h.prefix}app/x`, "ours")]),
      ]);
      expect(kinds(events)).toEqual(["applied", "ready"]);
      expect((await look(h)).head?.head.generation).toBe(2);
      expect((await settings(h)).size).toBe(2);
    });

    it("that was beaten while its own request was lost is told so, and has written nothing", async () => {
      const other = await harness(server, how);
      const h: Harness = {
        ...(await harness(server, how, {
          before: async () => {
            await apply({ ...other, prefix: h.prefix }, { other: [put(`${h.prefix}other/x`, "theirs")] });
          },
          after: async () => LOST,
        })),
      };
      const known = await look(h);
      await failureOf(
        run(h, nextHead(h, known, "a-ours"), [group(h, known, "app", [put(`${h.prefix}app/x`, "ours")])]),
        "MOVED",
      );
      expect([...(await settings(h)).values()]).toEqual(["theirs"]);
    });

    it("is not sent again after an abort, but still looked up", async () => {
      const stop = new AbortController();
      const lost = await harness(server, how, {
        after: async () => {
          stop.abort();
          return LOST;
        },
      });
      const known = await look(lost);
      // The abort comes between the two: what was in flight is finished and told, what follows is not begun.
      const events = await run(
        lost,
        nextHead(lost, known, "a-1"),
        [group(lost, known, "app", [put(`${lost.prefix}app/x`, "1")])],
        stop.signal,
      );
      expect(kinds(events)).toEqual(["applied", "ready"]);
      expect(lost.writes()).toBe(1);
    });

    it("stops between two requests after an abort", async () => {
      const stop = new AbortController();
      const h = await harness(
        server,
        { ...how, maxRequestBytes: 65_536 },
        {
          after: async () => {
            stop.abort();
            return undefined;
          },
        },
      );
      const known = await look(h);
      const groups = ["a", "b", "c"].map((app) =>
        group(h, known, app, [put(`${h.prefix}${app}/x`, "x".repeat(50_000))]),
      );
      const events: CommitEvent[] = [];
      const attempt = async () => {
        for await (const event of h.store.commit(nextHead(h, known), groups, stop.signal)) events.push(event);
      };
      await failureOf(attempt(), "INTERRUPTED");
      expect(h.writes()).toBe(1);
      expect(events.map((event) => event.kind === "applied" && event.unit)).toEqual(["a@prod"]);
      expect([...(await settings(h)).keys()]).toEqual([`${h.prefix}a/x`]);
      expect((await look(h)).head?.head.state).toBe("applying");
    });

    it("that meets a hand edit in the middle of a unit over the request size stops there and leaves a list", async () => {
      const edited = { key: "" };
      // Write 0 is the write-ahead record, 1 the first batch.
      const h = await harness(
        server,
        { ...how, maxRequestBytes: 65_536 },
        {
          before: async (n) => {
            if (n === 2) await h.handPut(edited.key, "by hand");
          },
        },
      );
      const known = await look(h);
      const keys = keysOf(h, "huge", 100);
      edited.key = keys[99] ?? "";
      const events = await run(h, nextHead(h, known, "a-half"), [
        group(
          h,
          known,
          "huge",
          keys.map((key) => put(key, "x".repeat(1000))),
        ),
      ]);
      const [failed, head] = events;
      expect(head).toMatchObject({ kind: "head", state: "partial" });
      expect(failed).toMatchObject({ kind: "failed", unit: "huge@prod", failure: { code: "MOVED" } });
      const written = failed?.kind === "failed" ? failed.written : [];
      expect(written.length).toBeGreaterThan(0);
      const after = await settings(h);
      expect([...after.keys()].toSorted()).toEqual([...written, edited.key].toSorted());
      const now = await look(h);
      const record = now.ledgers.get("huge")?.record;
      expect(record?.settings.size).toBe(0);
      expect([...(record?.pending?.keys() ?? [])].toSorted()).toEqual(keys);
      expect(record?.applyId).toBe("a-half");
    });
  });

  interface Meddling {
    /** How many of the keys are there before. */
    readonly updates?: number;
    readonly prepare?: (h: Harness, keys: readonly Key[]) => Promise<unknown>;
    /** What the answer to the n-th request is replaced with. */
    readonly after?: (n: number) => Status | undefined;
  }

  describe("between the check of a large unit and its request", () => {
    /** 300 keys, updated once more while `meddle` runs just before the request. */
    async function meddled(
      meddle: (h: Harness, keys: readonly Key[], n: number) => Promise<void>,
      { updates = 300, prepare = () => Promise.resolve(), after }: Meddling = {},
    ) {
      const armed = { now: false, n: 0 };
      const h = await harness(
        server,
        {},
        {
          before: async () => {
            if (armed.now) await meddle(h, keys, armed.n++);
          },
          after: async () => (armed.now ? after?.(armed.n - 1) : undefined),
        },
      );
      const keys = keysOf(h, "app", 300);
      await apply(h, { app: keys.slice(0, updates).map((key) => put(key, "1")) });
      await prepare(h, keys);
      const known = await look(h);
      armed.now = true;
      const writes = keys.map((key, n): Write => (n < updates ? put(key, "2", versionOf(known, key)) : put(key, "2")));
      const events = await run(h, nextHead(h, known), [group(h, known, "app", writes)]);
      armed.now = false;
      return { h, keys, events };
    }

    it("a change by hand of one of its keys keeps it out", async () => {
      const { h, keys, events } = await meddled((at, all) => at.handPut(all[7] ?? "", "by hand"));
      expect(events).toMatchObject([
        { kind: "moved", keys: [keys[7]] },
        { kind: "head", state: "partial" },
      ]);
      expect([...(await settings(h)).values()].filter((text) => text === "2")).toEqual([]);
    });

    it("a deletion by hand cannot be seen in time, but is reported with its key", async () => {
      const { h, keys, events } = await meddled((at, all) => at.handDelete(all[7] ?? ""));
      expect(events).toMatchObject([
        { kind: "failed", failure: { code: "MOVED" }, written: keys },
        { kind: "head", state: "partial" },
      ]);
      const [failed] = events;
      expect(failed?.kind === "failed" && failed.failure.message).toContain(keys[7]);
      expect(new Set((await settings(h)).values())).toEqual(new Set(["2"]));
    });

    it("a deletion by hand keeps it out where few of its keys are updates", async () => {
      const { h, keys, events } = await meddled((at, all) => at.handDelete(all[7] ?? ""), { updates: 50 });
      expect(events).toMatchObject([
        { kind: "moved", keys: [keys[7]] },
        { kind: "head", state: "partial" },
      ]);
      expect((await settings(h)).size).toBe(49);
    });

    it("a new key of somebody else among its own delays it, no more", async () => {
      const { h, keys, events } = await meddled(async (at, all, n) => {
        if (n < 2) await at.handPut(`${all[7]}-foreign-${n}`, "not ours");
      });
      expect(kinds(events)).toEqual(["applied", "ready"]);
      const after = await settings(h);
      expect(keys.every((key) => after.get(key) === "2")).toBe(true);
      expect([...after.values()].filter((text) => text === "not ours")).toHaveLength(2);
    });

    it("a deleted key of somebody else among its own changes nothing", async () => {
      const { h, events } = await meddled((at, all) => at.handDelete(`${all[7]}-foreign`), {
        prepare: (at, all) => at.handPut(`${all[7]}-foreign`, "not ours"),
      });
      expect(kinds(events)).toEqual(["applied", "ready"]);
      expect(new Set((await settings(h)).values())).toEqual(new Set(["2"]));
      expect((await settings(h)).size).toBe(300);
    });

    it("a new key of somebody else between two runs of its own changes nothing", async () => {
      const { h, events } = await meddled((at, all) => at.handPut(`${all[149]}-foreign`, "not ours"), {
        // The second half gets another version than the first: two runs.
        prepare: async (at, all) => {
          const known = await look(at);
          await apply(at, { app: all.slice(150).map((key) => put(key, "1", versionOf(known, key))) });
        },
      });
      expect(kinds(events)).toEqual(["applied", "ready"]);
      expect([...(await settings(h)).values()].filter((text) => text === "2")).toHaveLength(300);
    });

    it("a neighbour gets in the way of a request whose answer is lost: it is sent again", async () => {
      const { h, events } = await meddled(
        async (at, all, n) => {
          if (n === 0) await at.handPut(`${all[7]}-foreign`, "not ours");
        },
        { after: (n) => (n === 0 ? LOST : undefined) },
      );
      expect(kinds(events)).toEqual(["applied", "ready"]);
      expect([...(await settings(h)).values()].filter((text) => text === "2")).toHaveLength(300);
    });

    it("deletions by hand are reported also where the answer is lost, a few of them by name", async () => {
      const { h, keys, events } = await meddled(
        async (at, all, n) => {
          if (n === 0) for (const key of all.slice(10, 15)) await at.handDelete(key);
        },
        { after: () => LOST },
      );
      expect(events).toMatchObject([
        { kind: "failed", failure: { code: "MOVED" }, written: keys },
        { kind: "head", state: "partial" },
      ]);
      const message = events[0]?.kind === "failed" ? events[0].failure.message : "";
      for (const key of keys.slice(10, 13)) expect(message).toContain(key);
      expect(message).toContain("and 2 more");
      expect((await settings(h)).size).toBe(300);
    });

    it("a neighbour that never rests makes it give up, unwritten", async () => {
      const { h, events } = await meddled((at, all, n) => at.handPut(`${all[7]}-foreign`, String(n)));
      expect(events).toMatchObject([
        { kind: "failed", failure: { code: "MOVED" }, written: [] },
        { kind: "head", state: "partial" },
      ]);
      expect([...(await settings(h)).values()].filter((text) => text === "2")).toEqual([]);
    });
  });

  it("that is frozen and thawed is found to be done", async () => {
    const frozen = await startEtcd();
    cleanup.push(() => frozen.stop());
    // The first request runs into its deadline, and is carried out afterwards.
    const thaw = async (): Promise<undefined> => {
      frozen.processes[0]?.kill("SIGCONT");
      return undefined;
    };
    const h = await harness(frozen, { timeout: 1 }, { after: thaw });
    const known = await look(h);
    frozen.processes[0]?.kill("SIGSTOP");
    const events = await run(h, nextHead(h, known, "a-frozen"), [
      group(h, known, "app", [put(`${h.prefix}app/x`, "1")]),
    ]);
    expect(kinds(events)).toEqual(["applied", "ready"]);
    expect((await look(h)).head?.head.generation).toBe(1);
  });
});

describeWithEtcd("a server that gets full between two requests of an apply", () => {
  it("keeps whole units, and the failure tells how many", async () => {
    const server = await startEtcd({ flags: ["--quota-backend-bytes", String(4 * 1024 * 1024)] });
    try {
      const h = await harness(
        server,
        { maxRequestBytes: 65_536 },
        { before: async (n) => (n === 2 ? server.fill() : undefined) },
      );
      const known = await look(h);
      const apps = ["a", "b", "c", "d"];
      const groups = apps.map((app) =>
        group(
          h,
          known,
          app,
          keysOf(h, app, 5).map((key) => put(key, "x".repeat(9000))),
        ),
      );
      const events: CommitEvent[] = [];
      const attempt = async () => {
        for await (const event of h.store.commit(nextHead(h, known), groups)) events.push(event);
      };
      const failure = await failureOf(attempt(), "FULL");
      expect(failure.details.join(" ")).toContain("2 of 4 units");
      expect(events.map((event) => event.kind === "applied" && event.unit)).toEqual(["a@prod", "b@prod"]);
      expect((await settings(h)).size).toBe(10);
      expect((await look(h)).head?.head.state).toBe("applying");
    } finally {
      await server.stop();
    }
  });
});

describeWithEtcd("an apply to a cluster", () => {
  it("goes through while its leader is killed", async () => {
    const server = await startEtcd({ members: 3 });
    try {
      const h = await harness(server, {});
      const known = await apply(h, { app: [put(`${h.prefix}app/x`, "1")] });
      const statuses = JSON.parse(await server.ctl("endpoint", "status", "-w", "json")) as {
        Endpoint: string;
        Status: { leader: number; header: { member_id: number } };
      }[];
      const leader = statuses.findIndex(({ Status: status }) => status.leader === status.header.member_id);
      server.processes[leader]?.kill("SIGKILL");
      const key = `${h.prefix}app/x`;
      const events = await run(h, nextHead(h, known, "a-second"), [
        group(h, known, "app", [put(key, "2", versionOf(known, key))]),
      ]);
      expect(kinds(events)).toEqual(["applied", "ready"]);
      expect((await readAll(h.store, { keys: [key] })).get(key)?.value).toBe("2");
      expect((await look(h)).head?.head.generation).toBe(2);
      await h.dispose();
    } finally {
      await server.stop();
    }
  });

  it("without a majority fails, in time", async () => {
    const server = await startEtcd({ members: 3 });
    try {
      const h = await harness(server, { timeout: 1 });
      const known = await look(h);
      server.processes[0]?.kill("SIGKILL");
      server.processes[1]?.kill("SIGKILL");
      const failure = await failureOf(
        run(h, nextHead(h, known, "a-1"), [group(h, known, "app", [put(`${h.prefix}app/x`, "1")])]),
      );
      expect(["UNREACHABLE", "TIMEOUT", "UNKNOWN_OUTCOME"]).toContain(failure.code);
      await failureOf(readAll(h.store, { prefixes: [h.prefix] }));
      await h.dispose();
    } finally {
      await server.stop();
    }
  });
});
