/** Requests that fail, answers that get lost, an apply that dies: the next one always gets there, and nothing is written twice. */
import { afterEach, describe, expect, it } from "vitest";
import { run, tempFolder, writeFiles } from "../project.ts";
import { startProxy } from "./etcd-proxy.ts";
import { apply, group, look, nextHead, put, putSecret, remove, run as commit, versionOf } from "./contract-moves.ts";
import type { Harness } from "./contract-moves.ts";
import { startDouble } from "./ssm-double/double.ts";
import type { Fault, SsmDouble } from "./ssm-double/double.ts";
import { ssmHarness } from "./ssm-double/harness.ts";
import { fastClock, openOn } from "./ssm-double/open.ts";
import { driversTo, repo } from "./ssm-double/repo.ts";

const disposals: (() => unknown)[] = [];
afterEach(async () => {
  for (const dispose of disposals.splice(0).toReversed()) await dispose();
});
const clock = fastClock(50);

/** `timeout` is in real milliseconds: short where requests hang, long enough for a busy machine where none does. */
async function harness(double: SsmDouble, prefix: string, takeover = 2000, timeout = 100): Promise<Harness> {
  const made = await ssmHarness(double, prefix, { settle: 1000, timeout, takeover }, clock);
  disposals.push(() => made.dispose());
  return { ...made, dispose: () => Promise.resolve() };
}

async function serve(options: Parameters<typeof startDouble>[0] = {}): Promise<SsmDouble> {
  const started = await startDouble(options);
  disposals.push(() => started.stop());
  return started;
}

describe("a server that does not answer", () => {
  it("is a matter of time, and said to be one", async () => {
    const server = await serve({});
    const store = await openOn(server.endpoint, { timeout: 50, patience: 1000 }, clock);
    server.fault = () => "hang";
    const query = { prefixes: ["/silent/"], keys: [], secrets: "versions" as const, secretKeys: new Set<string>() };
    const read = async (): Promise<void> => {
      for await (const page of store.read(query)) expect(page).toEqual([]);
    };
    await expect(read()).rejects.toMatchObject({ code: "TIMEOUT" });
    await store.close();
  });
});

describe("a fault in one request", () => {
  const transient: (Extract<Fault, string> | { readonly name: string })[] = [
    "lose-request",
    "lose-reply",
    "500",
    "500-after",
    "hang",
    "hang-after",
    "garbage",
    "throttle",
    { name: "TooManyUpdates" },
  ];
  for (const fault of transient) {
    const name = typeof fault === "string" ? fault : fault.name;
    it(`${name}: whichever request it hits, everything is written, and once`, { timeout: 60_000 }, async () => {
      const server = await serve({ oddPages: false });
      for (let nth = 1, isHit = true; isHit; nth++) {
        const h = await harness(server, `/faults/${nth}/`);
        const [a, b, c, s] = ["a", "b", "c", "s"].map((key) => `${h.prefix}app/${key}`) as [
          string,
          string,
          string,
          string,
        ];
        server.fault = () => undefined;
        const known = await apply(h, { app: [put(a, "1"), put(b, "1"), putSecret(s, "s3cr3t")] });
        const writes = [put(c, "new"), put(a, "2", versionOf(known, a)), putSecret(s, "n3w", versionOf(known, s))];
        const groups = [group(h, known, "app", [...writes, remove(b, versionOf(known, b))])];
        let calls = 0;
        server.fault = () => (++calls === nth ? fault : undefined);
        const events = await commit(h, nextHead(h, known), groups);
        isHit = calls >= nth;
        server.fault = () => undefined;
        expect(events.map((event) => event.kind)).toEqual(["applied", "head"]);
        const after = await look(h);
        expect(new Map([...after.entries].map(([key, entry]) => [key, entry.value]))).toEqual(
          new Map([
            [a, "2"],
            [c, "new"],
            [s, "n3w"],
          ]),
        );
        for (const [key, entry] of after.ledgers.get("app")?.record.settings ?? [])
          expect(entry.version).toBe(versionOf(after, key));
        expect([a, c, s].map((key) => server.parameter(key)?.versions.length)).toEqual([2, 1, 2]);
      }
    });
  }
});

describe("an apply that dies", () => {
  it("at any request is finished by the next one", { timeout: 120_000 }, async () => {
    for (let nth = 1, isDead = true; isDead; nth += 3) {
      const server = await startDouble({ oddPages: false });
      const proxy = await startProxy(server.endpoint);
      const { folder, dispose } = tempFolder(repo(3, 4));
      try {
        await run(folder, "apply", { drivers: driversTo(server.endpoint) });
        const files = repo(3, 4, "two");
        delete files["apps/app2/base.yaml"];
        writeFiles(folder, { ...files, "apps/app2/base.yaml": "other: 1\nkey-1: stays\n" });
        const allow = ["delete", "many-deletes", "protected"];
        let calls = 0;
        server.fault = () => {
          if (++calls >= nth) void proxy.close();
          return calls >= nth ? "lose-request" : undefined;
        };
        const options = { takeover: 4000, settle: 500, timeout: 500 };
        const first = await run(folder, "apply", { drivers: driversTo(proxy.endpoint, options, clock), allow }).catch(
          () => undefined,
        );
        isDead = calls >= nth;
        server.fault = () => undefined;
        if (isDead) {
          const second = await run(folder, "apply", { drivers: driversTo(server.endpoint, options, clock), allow });
          expect(
            second.receipts.map(({ result }) => result).filter((result) => result !== "applied"),
            `died at ${nth}`,
          ).toEqual([]);
        } else expect(first?.receipts.map(({ result }) => result)).toEqual(["applied"]);
        const { plan } = await run(folder, "plan", { drivers: driversTo(server.endpoint) });
        expect(
          plan.destinations.flatMap(({ units, drift, conflicts, foreign }) => [
            ...units,
            ...drift,
            ...conflicts,
            ...foreign,
          ]),
          `died at ${nth}`,
        ).toEqual([]);
        expect(server.everything("/shop/prod/app2/").size).toBe(2);
      } finally {
        dispose();
        await proxy.close();
        await server.stop();
      }
    }
  });

  it("is not taken for dead while it moves", async () => {
    const server = await serve({});
    const h = await harness(server, "/alive/", 120_000);
    const known = await apply(h, { app: [put("/alive/app/a", "1")] });
    const slow = await harness(server, "/alive/");
    let held: () => void = () => undefined;
    const keys = Array.from({ length: 40 }, (_, n) => `/alive/app/k${n}`);
    const slowGroup = group(
      slow,
      known,
      "app",
      keys.map((key) => put(key, "1")),
    );
    const iterable = slow.store.commit(nextHead(slow, known, "slow"), [slowGroup]);
    const events = iterable[Symbol.asyncIterator]();
    const running = events.next();
    await new Promise<void>((resolve) => {
      held = resolve;
      server.fault = ({ names }) => (names[0] === keys[3] ? held() : undefined);
    });
    const after = await look(h);
    const late = commit(h, nextHead(h, after, "late"), [group(h, after, "other", [put("/alive/other/a", "1")])]);
    await expect(late).rejects.toMatchObject({ code: "MOVED" });
    expect((await running).value).toMatchObject({ kind: "applied" });
    expect((await events.next()).value).toMatchObject({ kind: "head", state: "ready" });
  });

  it("that was stopped is followed only by a plan that saw all it wrote, also in units that are not written now", async () => {
    const server = await serve({});
    const h = await harness(server, "/behind/", 2000, 5000);
    const known = await look(h);
    const stop = new AbortController();
    server.fault = ({ names }) => (names[0] === "/behind/app/b" ? stop.abort() : undefined);
    const writes = ["a", "b"].map((name) => put(`/behind/app/${name}`, "1"));
    await commit(h, nextHead(h, known), [group(h, known, "app", writes)], stop.signal).catch(() => undefined);
    server.fault = () => undefined;
    const now = await look(h);
    expect(now.ledgers.get("app")?.record.pending).toBeDefined();
    const behind = { ...now, ledgers: known.ledgers };
    const other = [group(h, behind, "other", [put("/behind/other/a", "1")])];
    await expect(commit(h, nextHead(h, behind), other)).rejects.toMatchObject({ code: "MOVED" });
    expect(server.parameter("/behind/other/a")).toBeUndefined();
    expect((await commit(h, nextHead(h, now), other)).at(-1)).toMatchObject({ kind: "head", state: "ready" });
  });

  it("that was stopped says so, and the next one does not wait", async () => {
    const server = await serve({});
    // Patience of days on the fast clock: whoever waited would not come back before the test is over.
    const h = await harness(server, "/stopped/", 500_000_000, 5000);
    const known = await look(h);
    const stop = new AbortController();
    server.fault = ({ names }) => (names[0] === "/stopped/app/b" ? stop.abort() : undefined);
    const writes = ["a", "b", "c", "d"].map((name) => put(`/stopped/app/${name}`, "1"));
    await expect(commit(h, nextHead(h, known), [group(h, known, "app", writes)], stop.signal)).rejects.toMatchObject({
      code: "INTERRUPTED",
    });
    server.fault = () => undefined;
    const between = await look(h);
    expect(between.entries.has("/stopped/app/c")).toBe(false);
    expect(between.head?.head.state).toBe("applying");
    await apply(h, { other: [put("/stopped/other/a", "1")] });
    expect((await look(h)).entries.get("/stopped/other/a")?.value).toBe("1");
  });
});

describe("SSM as it is", () => {
  it("with reads that are seconds behind gives the same result", { timeout: 60_000 }, async () => {
    const server = await serve({ staleMs: 2000, now: () => clock.now() });
    const store = await openOn(server.endpoint, { settle: 6000 }, clock);
    disposals.push(() => store.close());
    const h = { ...(await harness(server, "/stale/")), store };
    let known = await apply(h, { app: Array.from({ length: 30 }, (_, n) => put(`/stale/app/${n}`, "1")) });
    for (let round = 0; round < 5; round++) {
      const keys = [...known.entries.keys()].slice(0, 10 + round);
      const writes = keys.map((key, n) =>
        n === 0 ? remove(key, versionOf(known, key)) : put(key, `r${round}`, versionOf(known, key)),
      );
      known = await apply(h, { app: writes });
      expect(known.entries.size).toBe(29 - round);
      expect([...known.entries.values()].filter(({ value }) => value === `r${round}`)).toHaveLength(9 + round);
    }
  });

  it("that keeps a deleted name for 30 seconds is waited for", async () => {
    const server = await serve({ recreateMs: 30_000, now: () => clock.now() });
    const h = await harness(server, "/again/", 2000, 5000);
    let known = await apply(h, { app: [put("/again/app/a", "1")] });
    known = await apply(h, { app: [remove("/again/app/a", versionOf(known, "/again/app/a"))] });
    known = await apply(h, { app: [put("/again/app/a", "2")] });
    expect(known.entries.get("/again/app/a")?.value).toBe("2");
  });

  it("holds the ledger record of a unit with 400 keys in Standard parameters", async () => {
    const server = await serve({});
    const h = await harness(server, "/long/", 2000, 5000);
    const keys = Array.from({ length: 400 }, (_, n) => `/long/app/some-group/setting-number-${n}`);
    let known = await apply(h, { app: keys.map((key) => put(key, "1")) });
    known = await apply(h, { app: keys.map((key) => put(key, "2", versionOf(known, key))) });
    const record = known.ledgers.get("app")?.record;
    expect(record?.settings.size).toBe(400);
    for (const [key, entry] of record?.settings ?? []) expect(entry.version).toBe(versionOf(known, key));
    const tiers = [...server.everything("/long/").keys()].map((key) => server.parameter(key)?.versions.at(-1)?.tier);
    expect(new Set(tiers)).toEqual(new Set(["Standard"]));
  });

  it("keeps an Advanced parameter Advanced", async () => {
    const server = await serve({});
    const h = await harness(server, "/tier/", 2000, 5000);
    let known = await apply(h, { app: [put("/tier/app/a", "x".repeat(5000)), put("/tier/app/b", "x")] });
    const tier = (key: string): string | undefined => server.parameter(key)?.versions.at(-1)?.tier;
    expect(["/tier/app/a", "/tier/app/b"].map(tier)).toEqual(["Advanced", "Standard"]);
    known = await apply(h, { app: [put("/tier/app/a", "short", versionOf(known, "/tier/app/a"))] });
    expect(known.entries.get("/tier/app/a")?.value).toBe("short");
  });
});
