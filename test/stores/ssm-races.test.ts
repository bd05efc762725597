/** SSM takes every write, also one that comes too late: what trueup notices, and what it says about it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { realClock } from "../../src/stores/ssm/clock.ts";
import { openSsm } from "../../src/stores/ssm/open.ts";
import { ssm } from "../../src/stores/ssm/ssm.ts";
import { optionsOf } from "../../src/stores/ssm/options.ts";
import { apply, failureOf, group, look, nextHead, put, putSecret, remove, run, versionOf } from "./contract-moves.ts";
import type { Harness } from "./contract-moves.ts";
import { ALICE, startDouble, TRUEUP } from "./ssm-double/double.ts";
import type { SsmDouble } from "./ssm-double/double.ts";
import { openOn, setTestCredentials } from "./ssm-double/open.ts";

const CANARY = "c4n4ry-hunter2";
let server: SsmDouble;
let h: Harness;
const [a, b, c] = ["/race/app/a", "/race/app/b", "/race/app/c"] as const;

beforeEach(async () => {
  server = await startDouble();
  h = {
    store: await openOn(server.endpoint),
    limits: ssm.limits,
    prefix: "/race/",
    handPut: (key, text) => Promise.resolve(server.handPut(key, text)),
    handDelete: (key) => Promise.resolve(server.handDelete(key)),
    readRaw: (below) => Promise.resolve(server.everything(below)),
    failReads: () => Promise.resolve(),
    dispose: () => Promise.resolve(),
  };
});
afterEach(async () => {
  await h.store.close();
  await server.stop();
});

/** Lets somebody else do something right before the driver's put of `key` arrives. */
function justBefore(key: string, action: () => void): void {
  let isDone = false;
  server.fault = ({ operation, names }) => {
    if (isDone || operation !== "PutParameter" || names[0] !== key) return;
    isDone = true;
    action();
  };
}

describe("a change in the moment of writing", () => {
  it("is overwritten, reported with both writers, and still in the history", async () => {
    const known = await apply(h, { app: [put(a, "1"), put(b, "1")] });
    justBefore(a, () => server.handPut(a, "by alice"));
    const writes = [put(a, "2", versionOf(known, a)), put(b, "2", versionOf(known, b))];
    const events = await run(h, nextHead(h, known), [group(h, known, "app", writes)]);
    expect(events).toMatchObject([
      { kind: "failed", failure: { code: "MOVED" }, written: [a, b] },
      { kind: "head", state: "partial" },
    ]);
    const failure = events[0]?.kind === "failed" ? events[0].failure : undefined;
    expect(failure?.details).toEqual([`${a}: version 2 by ${ALICE} was replaced by version 3 by ${TRUEUP}`]);
    expect(failure?.fix).toContain(`--name ${a}:2`);
    expect(server.parameter(a)?.versions.map(({ text }) => text)).toEqual(["1", "by alice", "2"]);
    const after = await look(h);
    expect(after.ledgers.get("app")?.record.settings.get(a)?.version).toBe(versionOf(after, a));
  });

  it("is reported without names where the history may not be read", async () => {
    const known = await apply(h, { app: [put(a, "1")] });
    server.fault = (call) => {
      if (call.operation === "GetParameterHistory") return "deny";
      if (call.operation === "PutParameter" && call.names[0] === a) server.handPut(a, "by alice");
      return undefined;
    };
    const events = await run(h, nextHead(h, known), [group(h, known, "app", [put(a, "2", versionOf(known, a))])]);
    expect(events[0]).toMatchObject({
      kind: "failed",
      failure: { code: "MOVED", details: [`${a}: version 2 was replaced by version 3`] },
    });
  });

  it("that changed nothing is no loss", async () => {
    const known = await apply(h, { app: [put(a, "1")] });
    justBefore(a, () => server.handPut(a, "1"));
    const events = await run(h, nextHead(h, known), [group(h, known, "app", [put(a, "2", versionOf(known, a))])]);
    expect(events.map(({ kind }) => kind)).toEqual(["applied", "head"]);
  });

  it("of a secret is reported without a word of its text", async () => {
    const known = await apply(h, { app: [putSecret(a, `${CANARY}-1`)] });
    justBefore(a, () => server.handPut(a, `${CANARY}-alice`));
    const events = await run(h, nextHead(h, known), [
      group(h, known, "app", [putSecret(a, `${CANARY}-2`, versionOf(known, a))]),
    ]);
    expect(events[0]).toMatchObject({ kind: "failed", failure: { code: "MOVED" } });
    expect(
      JSON.stringify(events[0]?.kind === "failed" ? [events[0].failure.message, events[0].failure] : ""),
    ).not.toContain(CANARY);
  });

  it("that creates the key wins, and the plan after it tells", async () => {
    const known = await look(h);
    justBefore(b, () => server.handPut(b, "alice was first"));
    const events = await run(h, nextHead(h, known), [group(h, known, "app", [put(a, "1"), put(b, "1"), put(c, "1")])]);
    expect(events[0]).toMatchObject({ kind: "failed", failure: { code: "MOVED" }, written: [a] });
    expect(server.everything("/race/app/")).toEqual(
      new Map([
        [a, "1"],
        [b, "alice was first"],
      ]),
    );
    expect((await look(h)).ledgers.get("app")?.record.pending?.size).toBe(3);
  });

  it("keeps a key from being deleted", async () => {
    const known = await apply(h, { app: [put(a, "1"), put(b, "1")] });
    justBefore(a, () => server.handPut(b, "still needed"));
    const writes = [put(a, "2", versionOf(known, a)), remove(b, versionOf(known, b))];
    const events = await run(h, nextHead(h, known), [group(h, known, "app", writes)]);
    expect(events[0]).toMatchObject({ kind: "failed", failure: { code: "MOVED" }, written: [a] });
    expect(server.everything("/race/app/").get(b)).toBe("still needed");
  });
});

describe("what an apply that died announced, and what is not shown", () => {
  it("is waited for: if it comes, the plan is too old, and if not, the record is written", async () => {
    const before = await apply(h, { app: [put(a, "1")] });
    const late = group(h, before, "app", []);
    const unseen = { ...late, ledger: { ...late.ledger, unseen: new Map([[a, versionOf(before, a)]]) } };
    server.handPut(a, "2");
    expect(await run(h, nextHead(h, before), [unseen])).toMatchObject([{ kind: "moved", keys: [a] }, { kind: "head" }]);
    const after = await look(h);
    const again = group(h, after, "app", []);
    const seen = new Map([[a, versionOf(after, a)]]);
    const waits: number[] = [];
    const sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
      waits.push(ms);
      return realClock.sleep(ms, signal);
    };
    const store = await openOn(server.endpoint, { settle: 77 }, { ...realClock, sleep });
    const calm = { ...h, store };
    const events = await run(calm, nextHead(h, after), [{ ...again, ledger: { ...again.ledger, unseen: seen } }]);
    expect(events.map(({ kind }) => kind)).toEqual(["applied", "head"]);
    expect(waits).toContain(77);
    await store.close();
  });
});

describe("twenty applies at once", () => {
  it("write one after the other or not at all", async () => {
    const known = await look(h);
    const names = Array.from({ length: 20 }, (_, n) => `n${n}`);
    const outcomes = await Promise.allSettled(
      names.map(async (name) => {
        const store = await openOn(server.endpoint);
        const groups = [group(h, known, name, [put(`/race/${name}/a`, name), put(`/race/${name}/b`, name)])];
        return await run({ ...h, store }, nextHead(h, known, name), groups).finally(() => store.close());
      }),
    );
    const winners = names.filter((_, n) => outcomes[n]?.status === "fulfilled");
    expect(winners).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === "rejected") await failureOf(Promise.reject(outcome.reason as Error), "MOVED");
    expect([...(await look(h)).entries.keys()].toSorted()).toEqual([`/race/${winners[0]}/a`, `/race/${winners[0]}/b`]);
  });
});

describe("a claim that somebody else got in the same moment", () => {
  const first = "/race/.trueup/gen/0000000001";
  const theirs = JSON.stringify({ format: 1, apply: "other", plan: "another" });

  it("is left alone, and taken over by a further one when its holder gives no sign of life", async () => {
    justBefore(first, () => server.handPut(first, theirs));
    const known = await look(h);
    const events = await run(h, nextHead(h, known), [group(h, known, "app", [put(a, "1")])]);
    expect(events.map(({ kind }) => kind)).toEqual(["applied", "head"]);
    const claims = server.everything("/race/.trueup/gen/");
    expect([...claims.keys()]).toEqual([first, `${first}.01`]);
    expect(claims.get(first)).toBe(theirs);
    expect(JSON.parse(claims.get(`${first}.01`) ?? "")).toMatchObject({ apply: "a-1", after: first });
  });

  it("keeps this one from writing when its holder gets on", async () => {
    justBefore(first, () => server.handPut(first, theirs));
    const known = await look(h);
    const commit = run(h, nextHead(h, known), [group(h, known, "app", [put(a, "1")])]);
    server.handPut(
      "/race/.trueup/units/other",
      '{"format":1,"unit":"other@prod","commit":null,"prefix":"","settings":{}}',
    );
    const isWatched = (): boolean => server.calls.filter(({ names }) => names[0] === "/race/.trueup").length > 2;
    while (!isWatched()) await new Promise(setImmediate);
    server.handDelete("/race/.trueup/units/other");
    await failureOf(commit, "MOVED");
    expect(server.everything("/race/app/")).toEqual(new Map());
  });
});

describe("what SSM refuses", () => {
  it("to change the type of somebody else's parameter is refused before anything is written", async () => {
    server.handPut(a, "open");
    const known = await look(h);
    const before = server.everything("/race/app/");
    const events = await run(h, nextHead(h, known), [
      group(h, known, "app", [put(b, "1"), putSecret(a, CANARY, versionOf(known, a))]),
    ]);
    expect(events[0]).toMatchObject({ kind: "failed", failure: { code: "REFUSED" }, written: [] });
    expect(server.everything("/race/app/")).toEqual(before);
  });

  it("to change the type of one of ours is done by deleting it first", async () => {
    let known = await apply(h, { app: [put(a, "1"), put(b, "1")] });
    known = await apply(h, { app: [put(a, "2", versionOf(known, a))] });
    known = await apply(h, { app: [putSecret(a, CANARY, versionOf(known, a))] });
    expect(known.entries.get(a)).toMatchObject({ secret: true, value: CANARY });
    expect(known.ledgers.get("app")?.record.settings.get(a)?.version).toBe(versionOf(known, a));
    expect(server.parameter(a)?.versions.map(({ type }) => type)).toEqual(["SecureString"]);
    known = await apply(h, { app: [put(a, "open again", versionOf(known, a))] });
    expect(known.entries.get(a)).toMatchObject({ secret: false, value: "open again" });
  });

  const refusals = [
    ["ParameterLimitExceeded", "FULL"],
    ["ParameterMaxVersionLimitExceeded", "LIMIT"],
    ["ParameterPatternMismatchException", "LIMIT"],
    ["InvalidKeyId", "DENIED"],
    ["AccessDeniedException", "DENIED"],
    ["ExpiredTokenException", "DENIED"],
    ["SomethingNewException", "LIMIT"],
  ] as const;
  for (const [name, code] of refusals)
    it(`${name} midway says what to do, and no value`, async () => {
      const known = await look(h);
      server.fault = (call) => {
        if (call.operation === "PutParameter" && call.names[0] === b)
          return { name, message: `value ${CANARY} is not allowed` };
        return undefined;
      };
      const change = nextHead(h, known);
      const events: unknown[] = [];
      const thrown: unknown[] = [];
      try {
        for await (const event of h.store.commit(change, [group(h, known, "app", [put(a, "1"), putSecret(b, CANARY)])]))
          events.push(event);
      } catch (error) {
        thrown.push(error);
      }
      expect(events[0]).toMatchObject({ kind: "failed", failure: { code }, written: [a] });
      const { failure } = events[0] as { failure: Error & { fix: string; details: readonly string[] } };
      await failureOf(Promise.reject(failure), code);
      expect(failure.details.join(" ")).toContain(name);
      const everything = [events, thrown, failure.message, failure.fix, failure.details, failure.cause]
        .map((each) => JSON.stringify(each))
        .join();
      expect(everything).not.toContain(CANARY);
    });

  it("a version over a labelled oldest one is told as it is", async () => {
    const known = await apply(h, { app: [put(a, "0")] });
    server.label(a, 1, "release");
    for (let n = 1; n < 100; n++) server.handPut(a, `${n}`);
    const now = await look(h);
    const events = await run(h, nextHead(h, now), [group(h, known, "app", [put(a, "next", versionOf(now, a))])]);
    expect(events[0]).toMatchObject({ kind: "failed", failure: { code: "LIMIT" }, written: [] });
  });
});

describe("SSM out of reach", () => {
  it("is told with the address", async () => {
    setTestCredentials();
    const store = await openSsm({
      ...optionsOf({ region: "us-east-2", endpoint: "http://127.0.0.1:9" }),
      timeout: 500,
    });
    const failure = await failureOf(look({ ...h, store }).then(), "UNREACHABLE");
    expect(failure.message).toContain("http://127.0.0.1:9");
    await store.close();
  });

  it("for want of credentials says how to get some", async () => {
    setTestCredentials();
    delete process.env["AWS_ACCESS_KEY_ID"];
    const store = await openSsm(optionsOf({ region: "us-east-2", endpoint: server.endpoint }));
    const failure = await failureOf(look({ ...h, store }).then(), "MISSING");
    expect(failure.fix).toContain("AWS_PROFILE");
    await store.close();
  });

  it("for want of a region says so", async () => {
    setTestCredentials();
    delete process.env["AWS_REGION"];
    const store = await openSsm(optionsOf({}));
    await failureOf(look({ ...h, store }).then(), "MISSING");
    await store.close();
  });
});
