/** Applies of every size against a real server, with etcdctl as the witness. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Key, LedgerEntry, PlainMap } from "../../src/model.ts";
import { digest } from "../../src/canonical.ts";
import { etcd } from "../../src/stores/etcd/etcd.ts";
import { decodeHead, decodeLedger, headKey, ledgerKey } from "../../src/stores/records.ts";
import type { CommitEvent, Group, Write } from "../../src/stores/store.ts";
import { failureOf, group, look, metaOf, nextHead, put, remove, run, versionOf } from "./contract-moves.ts";
import type { Harness } from "./contract-moves.ts";
import { describeWithEtcd, startEtcd } from "./etcd-server.ts";
import type { EtcdServer } from "./etcd-server.ts";

const opened: Harness[] = [];

async function open(server: EtcdServer, prefix: string, connection: PlainMap = {}): Promise<Harness> {
  const store = await etcd.open({ endpoints: server.endpoints, ...connection }, ".");
  const h: Harness = {
    store,
    limits: etcd.limits,
    prefix,
    handPut: async (key, text) => void (await server.ctl("put", "--", key, text)),
    handDelete: async (key) => void (await server.ctl("del", "--", key)),
    readRaw: (below) => server.everything(below),
    failReads: () => Promise.reject(new Error("not here")),
    dispose: () => store.close(),
  };
  opened.push(h);
  return h;
}

const keysOf = (h: Harness, app: string, count: number): Key[] =>
  Array.from({ length: count }, (_, n) => `${h.prefix}${app}/group/key-number-${String(n).padStart(6, "0")}`);

const kinds = (events: readonly CommitEvent[]) =>
  events.map((event) => (event.kind === "head" ? event.state : event.kind));

/** Settings below a prefix, without ledger and head. */
async function settings(h: Harness): Promise<Map<Key, string>> {
  return new Map([...(await h.readRaw(h.prefix))].filter(([key]) => !key.startsWith(metaOf(h))));
}

/** The revision of the whole store: what a request that writes raises by one. */
async function revision(server: EtcdServer): Promise<number> {
  const [status] = JSON.parse(await server.ctl("endpoint", "status", "-w", "json")) as [
    { Status: { header: { revision: number } } },
  ];
  return status.Status.header.revision;
}

/** Every version that the ledger of an app names is the one etcdctl sees. */
async function expectTrueLedger(server: EtcdServer, h: Harness, app: string): Promise<void> {
  const key = ledgerKey(metaOf(h), app);
  const json = await server.ctl("get", "--prefix", "-w", "json", h.prefix);
  const { kvs } = JSON.parse(json) as { kvs: { key: string; value: string; mod_revision: number }[] };
  const found = new Map(kvs.map((kv) => [Buffer.from(kv.key, "base64").toString(), kv]));
  const raw = found.get(key);
  const record = decodeLedger(Buffer.from(raw?.value ?? "", "base64").toString(), key, String(raw?.mod_revision));
  expect(record.pending).toBeUndefined();
  for (const [name, entry] of record.settings) {
    const kv = found.get(name);
    expect(entry.version, name).toBe(String(kv?.mod_revision));
    expect(entry.digest, name).toBe(digest(Buffer.from(kv?.value ?? "", "base64").toString()));
  }
}

describeWithEtcd("applying to etcd", () => {
  let server: EtcdServer;
  beforeAll(async () => {
    server = await startEtcd();
  });
  afterAll(async () => {
    await Promise.all(opened.splice(0).map((h) => h.dispose()));
    await server?.stop();
  });

  it("leaves exactly what was promised under the prefix, by etcdctl's own account", async () => {
    const h = await open(server, "/exactly/");
    const known = await look(h);
    const writes = [put("/exactly/prod/orders/http/port", "8080"), put("/exactly/prod/orders/host", "a.example.com")];
    await run(h, nextHead(h, known), [group(h, known, "orders", writes)]);
    const out = await server.ctl("get", "--prefix", "/exactly/prod/");
    expect(out).toBe("/exactly/prod/orders/host\na.example.com\n/exactly/prod/orders/http/port\n8080\n");
    const keys = (await server.ctl("get", "--prefix", "--keys-only", "/exactly/")).split("\n").filter(Boolean);
    expect(keys.toSorted()).toEqual(
      [...writes.map((write) => write.key), headKey(metaOf(h)), ledgerKey(metaOf(h), "orders")].toSorted(),
    );
    await expectTrueLedger(server, h, "orders");
  });

  it("is one revision for many units, changed and deleted ones too", async () => {
    const h = await open(server, "/one/");
    let known = await look(h);
    const apps = Array.from({ length: 30 }, (_, n) => `app${n}`);
    await run(
      h,
      nextHead(h, known),
      apps.map((app) =>
        group(
          h,
          known,
          app,
          keysOf(h, app, 20).map((key) => put(key, "1")),
        ),
      ),
    );
    known = await look(h);
    const before = await revision(server);
    const events = await run(
      h,
      nextHead(h, known),
      apps.map((app) => {
        const [first = "", second = "", ...rest] = keysOf(h, app, 20);
        const update = rest.map((key) => put(key, "2", versionOf(known, key)));
        return group(h, known, app, [
          put(`${h.prefix}${app}/new`, "n"),
          ...update,
          remove(first, versionOf(known, first)),
          remove(second, versionOf(known, second)),
        ]);
      }),
    );
    expect(kinds(events)).toEqual([...apps.map(() => "applied"), "ready"]);
    expect(await revision(server)).toBe(before + 1);
    const after = await settings(h);
    expect(after.size).toBe(30 * 19);
    expect(new Set(after.values())).toEqual(new Set(["2", "n"]));
    for (const app of apps.slice(0, 3)) await expectTrueLedger(server, h, app);
  });

  it("writes 10,000 new keys of 40 units in as few requests as their bytes allow", async () => {
    const h = await open(server, "/tenthousand/");
    const known = await look(h);
    const apps = Array.from({ length: 40 }, (_, n) => `app${String(n).padStart(2, "0")}`);
    const groups = apps.map((app) =>
      group(
        h,
        known,
        app,
        keysOf(h, app, 250).map((key) => put(key, "v".repeat(60))),
      ),
    );
    const before = await revision(server);
    const events = await run(h, nextHead(h, known), groups);
    expect(kinds(events)).toEqual([...apps.map(() => "applied"), "ready"]);
    const bytes = [...(await h.readRaw(h.prefix))].reduce((sum, [key, text]) => sum + key.length + text.length, 0);
    expect((await revision(server)) - before).toBe(Math.ceil(bytes / (1.4 * 1024 * 1024)));
    expect((await settings(h)).size).toBe(10_000);
    await expectTrueLedger(server, h, "app39");
  });

  describe.each([
    ["nested", {}],
    ["plain", { nested: false }],
  ])("with %s transactions", (name, how: PlainMap) => {
    it("leaves out a unit that was edited by hand, names the key, and says partial", async () => {
      const h = await open(server, `/edited-${name}/`, how);
      let known = await look(h);
      const apps = ["a", "b", "c"];
      await run(
        h,
        nextHead(h, known),
        apps.map((app) =>
          group(
            h,
            known,
            app,
            keysOf(h, app, 3).map((key) => put(key, "1")),
          ),
        ),
      );
      known = await look(h);
      const edited = keysOf(h, "b", 3)[1] ?? "";
      await h.handPut(edited, "by hand");
      const events = await run(
        h,
        nextHead(h, known),
        apps.map((app) =>
          group(
            h,
            known,
            app,
            keysOf(h, app, 3).map((key) => put(key, "2", versionOf(known, key))),
          ),
        ),
      );
      expect(events.filter((event) => event.kind === "moved")).toEqual([
        { kind: "moved", unit: "b@prod", keys: [edited] },
      ]);
      expect(events.filter((event) => event.kind === "applied").map((event) => event.unit)).toEqual([
        "a@prod",
        "c@prod",
      ]);
      expect(events.at(-1)).toMatchObject({ kind: "head", state: "partial" });
      const after = await settings(h);
      expect(keysOf(h, "b", 3).map((key) => after.get(key))).toEqual(["1", "by hand", "1"]);
      for (const app of ["a", "c"]) for (const key of keysOf(h, app, 3)) expect(after.get(key)).toBe("2");
      const head = (await h.readRaw(metaOf(h))).get(headKey(metaOf(h))) ?? "";
      expect(decodeHead(head, headKey(metaOf(h))).state).toBe("partial");
    });

    it("writes units over the size of a request whole, one after the other", async () => {
      const h = await open(server, `/split-${name}/`, { ...how, maxRequestBytes: 65_536 });
      const known = await look(h);
      const apps = ["a", "b", "c", "d", "e"];
      const states: string[] = [];
      const head = nextHead(h, known);
      const groups = apps.map((app) =>
        group(
          h,
          known,
          app,
          keysOf(h, app, 5).map((key) => put(key, "x".repeat(5000))),
        ),
      );
      for await (const event of h.store.commit(head, groups)) {
        const raw = (await h.readRaw(metaOf(h))).get(head.key) ?? "";
        states.push(`${event.kind} ${decodeHead(raw, head.key).state}`);
      }
      expect(states.slice(-1)).toEqual(["head ready"]);
      expect(states[0]).toBe("applied applying");
      expect((await settings(h)).size).toBe(25);
      for (const app of apps) await expectTrueLedger(server, h, app);
    });

    it("writes a unit that no request can hold behind a write-ahead record", async () => {
      const h = await open(server, `/huge-${name}/`, { ...how, maxRequestBytes: 65_536 });
      const known = await look(h);
      const writes = keysOf(h, "huge", 150).map((key) => put(key, "x".repeat(1000)));
      const groups = [group(h, known, "small", [put(`${h.prefix}small/a`, "1")]), group(h, known, "huge", writes)];
      const events = await run(h, nextHead(h, known), groups);
      expect(kinds(events)).toEqual(["applied", "applied", "ready"]);
      const applied = events.find((event) => event.kind === "applied" && event.unit === "huge@prod");
      expect(applied?.kind === "applied" && applied.versions.size).toBe(150);
      await expectTrueLedger(server, h, "huge");
      // And once more with changes and deletions: the record must follow.
      const now = await look(h);
      const again = keysOf(h, "huge", 150).map((key, n): Write =>
        n < 140 ? put(key, "y".repeat(1000), versionOf(now, key)) : remove(key, versionOf(now, key)),
      );
      expect(kinds(await run(h, nextHead(h, now), [group(h, now, "huge", again)]))).toEqual(["applied", "ready"]);
      expect((await settings(h)).size).toBe(141);
      await expectTrueLedger(server, h, "huge");
    });

    it("reports a hand edit of a large unit before anything of it is written", async () => {
      const h = await open(server, `/early-${name}/`, { ...how, maxRequestBytes: 65_536 });
      const known = await look(h);
      const keys = keysOf(h, "huge", 150);
      await h.handPut(keys[77] ?? "", "was first");
      const before = await settings(h);
      const events = await run(h, nextHead(h, known), [
        group(
          h,
          known,
          "huge",
          keys.map((key) => put(key, "x".repeat(1000))),
        ),
      ]);
      expect(events).toMatchObject([
        { kind: "moved", unit: "huge@prod", keys: [keys[77]] },
        { kind: "head", state: "partial" },
      ]);
      expect(await settings(h)).toEqual(before);
      expect((await h.readRaw(metaOf(h))).has(ledgerKey(metaOf(h), "huge"))).toBe(false);
    });

    it("refuses a unit with one value that no request can hold, and applies the rest", async () => {
      const h = await open(server, `/toobig-${name}/`, { ...how, maxRequestBytes: 65_536 });
      const known = await look(h);
      const groups = [
        group(h, known, "big", [put(`${h.prefix}big/a`, "1"), put(`${h.prefix}big/b`, "x".repeat(70_000))]),
        group(h, known, "fine", [put(`${h.prefix}fine/a`, "1")]),
      ];
      const events = await run(h, nextHead(h, known), groups);
      expect(events).toMatchObject([
        { kind: "failed", unit: "big@prod", failure: { code: "LIMIT" }, written: [] },
        { kind: "applied", unit: "fine@prod" },
        { kind: "head", state: "partial" },
      ]);
      expect([...(await settings(h)).keys()]).toEqual([`${h.prefix}fine/a`]);
    });

    it.each([99, 100, 101, 128, 129, 300, 3000])(
      "applies a unit of %i keys: created, changed, deleted",
      async (count) => {
        const h = await open(server, `/size-${name}-${count}/`, how);
        let known = await look(h);
        const keys = keysOf(h, "app", count);
        await h.handPut(`${keys[0]}-foreign`, "not ours");
        expect(
          kinds(
            await run(h, nextHead(h, known), [
              group(
                h,
                known,
                "app",
                keys.map((key) => put(key, "1")),
              ),
            ]),
          ),
        ).toEqual(["applied", "ready"]);
        known = await look(h);
        const changes = keys.map((key, n): Write =>
          n % 3 === 0 ? remove(key, versionOf(known, key)) : put(key, "2", versionOf(known, key)),
        );
        const before = await revision(server);
        expect(kinds(await run(h, nextHead(h, known), [group(h, known, "app", changes)]))).toEqual([
          "applied",
          "ready",
        ]);
        if (name === "nested") expect((await revision(server)) - before).toBe(1);
        const after = await settings(h);
        expect(after.size).toBe(count - Math.ceil(count / 3) + 1);
        expect(after.get(`${keys[0]}-foreign`)).toBe("not ours");
        await expectTrueLedger(server, h, "app");
      },
    );

    it.each([
      ["changed", 300],
      ["deleted", 300],
      ["changed", 20],
      ["deleted", 20],
    ])("finds one %s key in a unit of %i, and writes none", async (what, count) => {
      const h = await open(server, `/find-${name}-${what}-${count}/`, how);
      let known = await look(h);
      const keys = keysOf(h, "app", count);
      await run(h, nextHead(h, known), [
        group(
          h,
          known,
          "app",
          keys.map((key) => put(key, "1")),
        ),
      ]);
      known = await look(h);
      const victim = keys[count - 2] ?? "";
      await (what === "changed" ? h.handPut(victim, "by hand") : h.handDelete(victim));
      const before = await settings(h);
      const change = group(
        h,
        known,
        "app",
        keys.map((key) => put(key, "2", versionOf(known, key))),
      );
      expect(await run(h, nextHead(h, known), [change])).toMatchObject([
        { kind: "moved", unit: "app@prod", keys: [victim] },
        { kind: "head", state: "partial" },
      ]);
      expect(await settings(h)).toEqual(before);
    });
  });

  it("changes every second key of a large unit in one step, strangers between them", async () => {
    const h = await open(server, "/second/");
    let known = await look(h);
    const keys = keysOf(h, "app", 400);
    await run(h, nextHead(h, known), [
      group(
        h,
        known,
        "app",
        keys.map((key) => put(key, "1")),
      ),
    ]);
    await h.handPut(`${keys[9]}-foreign`, "not ours");
    known = await look(h);
    const half = keys.filter((_, n) => n % 2 === 0);
    const before = await revision(server);
    const change = group(
      h,
      known,
      "app",
      half.map((key) => put(key, "2", versionOf(known, key))),
    );
    expect(kinds(await run(h, nextHead(h, known), [change]))).toEqual(["applied", "ready"]);
    expect(await revision(server)).toBe(before + 1);
    const after = await settings(h);
    for (const [n, key] of keys.entries()) expect(after.get(key)).toBe(n % 2 === 0 ? "2" : "1");
    await expectTrueLedger(server, h, "app");
  });

  it("can hold the largest value that its limits take", async () => {
    const h = await open(server, "/largest/");
    const known = await look(h);
    const key = "/largest/app/a";
    const taken = (size: number) => h.limits.refuses({ key, secret: false }, "x".repeat(size)) === undefined;
    let [most, tooMuch] = [0, 2 * 1024 * 1024];
    while (tooMuch - most > 1) {
      const middle = Math.floor((most + tooMuch) / 2);
      if (taken(middle)) most = middle;
      else tooMuch = middle;
    }
    const events = await run(h, nextHead(h, known), [group(h, known, "app", [put(key, "x".repeat(most))])]);
    expect(kinds(events)).toEqual(["applied", "ready"]);
    expect((await settings(h)).get(key)?.length).toBe(most);
  });

  it("tells who was first when the head has moved", async () => {
    const h = await open(server, "/first/");
    const known = await look(h);
    await run(h, { ...nextHead(h, known, "a-theirs") }, []);
    const failure = await failureOf(run(h, nextHead(h, known, "a-ours"), []), "MOVED");
    expect(failure.details.join(" ")).toMatch(/Generation 1 .* contract .* c0ffee.* a-theirs/u);
  });

  it("refuses two units that would write one key, before anything is sent", async () => {
    const h = await open(server, "/twice/");
    const known = await look(h);
    const groups: Group[] = ["a", "b"].map((app) => group(h, known, app, [put("/twice/same", app)]));
    await failureOf(run(h, nextHead(h, known), groups), "INTERNAL");
    expect(await h.readRaw("/twice/")).toEqual(new Map());
  });

  it("keeps secrets out of the ledger and out of failures", async () => {
    const h = await open(server, "/hush/");
    const known = await look(h);
    const stale = { kind: "put", key: "/hush/app/s", text: "c4nary-secret", secret: true, expected: "1" } as const;
    const entry: LedgerEntry = { digest: undefined, version: undefined, secret: true };
    const unit = group(h, known, "app", [stale]);
    const record = { ...unit.ledger.record, settings: new Map([[stale.key, entry]]) };
    const events = await run(h, nextHead(h, known), [{ ...unit, ledger: { ...unit.ledger, record } }]);
    expect(JSON.stringify(events)).not.toContain("c4nary");
  });
});

describeWithEtcd("a server that nests less deep than etcd does by default", () => {
  it("gets plain batches, whole units each, and the result says so", async () => {
    const server = await startEtcd({ flags: ["--max-txn-ops", "126"] });
    try {
      const h = await open(server, "/shallow/");
      const known = await look(h);
      const apps = Array.from({ length: 27 }, (_, n) => `app${n}`);
      const groups = apps.map((app, n) =>
        group(
          h,
          known,
          app,
          keysOf(h, app, n === 0 ? 99 : 3).map((key) => put(key, "1")),
        ),
      );
      const events = await run(h, nextHead(h, known), groups);
      expect(kinds(events)).toEqual([...apps.map(() => "applied"), "ready"]);
      const head = events.at(-1);
      expect(head?.kind === "head" && head.proof).toMatch(/plain batches/u);
      expect((await settings(h)).size).toBe(99 + 26 * 3);
      const strict = await open(server, "/strict/", { nested: true });
      const nothing = await look(strict);
      const failure = await failureOf(
        run(
          strict,
          nextHead(strict, nothing),
          groups.map((each) => ({ ...each, ledger: { ...each.ledger, expected: null } })),
        ),
      );
      expect(["LIMIT", "MOVED"]).toContain(failure.code);
    } finally {
      await server.stop();
    }
  });
});

describeWithEtcd("a server that is full", () => {
  it("is left as it was, and the failure says what to do", async () => {
    const server = await startEtcd({ flags: ["--quota-backend-bytes", String(4 * 1024 * 1024)] });
    try {
      const h = await open(server, "/full/");
      const known = await look(h);
      const apps = Array.from({ length: 40 }, (_, n) => `app${n}`);
      await run(
        h,
        nextHead(h, known),
        apps.map((app) => group(h, known, app, [put(`/full/${app}/a`, "1")])),
      );
      await server.fill();
      const before = await h.readRaw("/full/");
      const now = await look(h);
      const groups = apps.map((app) =>
        group(h, now, app, [put(`/full/${app}/a`, "2", versionOf(now, `/full/${app}/a`))]),
      );
      const failure = await failureOf(run(h, nextHead(h, now), groups), "FULL");
      expect(failure.details).toContain("Nothing was written.");
      expect(failure.fix).toContain("quota");
      expect(await h.readRaw("/full/")).toEqual(before);
    } finally {
      await server.stop();
    }
  });
});
