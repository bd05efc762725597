/** Puts whose answers are lost, and what somebody else does meanwhile: written once, told as it is, nobody's change taken for ours. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Sealed } from "../../src/secret.ts";
import { decodeLedger, headKey, ledgerKey } from "../../src/stores/records.ts";
import type { CommitEvent, Write } from "../../src/stores/store.ts";
import {
  apply,
  failureOf,
  group,
  look,
  metaOf,
  nextHead,
  put,
  putSecret,
  remove,
  run,
  versionOf,
} from "./contract-moves.ts";
import type { Harness } from "./contract-moves.ts";
import { startDouble } from "./ssm-double/double.ts";
import type { Answer, Fault, SsmDouble } from "./ssm-double/double.ts";
import { atPuts, isPutOf, ssmHarness } from "./ssm-double/harness.ts";
import { fastClock } from "./ssm-double/open.ts";

const clock = fastClock(100);
const [a, b, s] = ["/lost/app/a", "/lost/app/b", "/lost/app/s"] as const;
let server: SsmDouble;
let h: Harness;

beforeEach(async () => {
  server = await startDouble({ oddPages: false, now: () => clock.now() });
  h = await ssmHarness(server, "/lost/", { settle: 1000, takeover: 2000, tags: { team: "shop" } }, clock);
});
afterEach(async () => {
  await h.dispose();
  await server.stop();
});

/** Writes one unit on what the store holds, and another one beside it. */
async function attempt(...writes: readonly Write[]): Promise<CommitEvent[]> {
  const known = await look(h);
  const groups = [group(h, known, "app", writes), group(h, known, "other", [put("/lost/other/a", "1")])];
  return run(h, nextHead(h, known), groups);
}
const textOf = (key: string): string | undefined => server.parameter(key)?.versions.at(-1)?.text;
const ofApp = (events: readonly CommitEvent[]): CommitEvent | undefined =>
  events.find((event) => event.kind !== "head" && event.unit === "app@prod");
const failureIn = (events: readonly CommitEvent[]) => {
  const event = ofApp(events);
  return event?.kind === "failed" ? event.failure : undefined;
};

describe("a put without an answer that creates a key", () => {
  it("and arrives after all is found by the second one", async () => {
    atPuts(
      server,
      a,
      () => "lose-request",
      () => server.handPut(a, "1"),
    );
    expect(ofApp(await attempt(put(a, "1")))?.kind).toBe("applied");
    expect(server.parameter(a)?.versions).toHaveLength(1);
  });

  it.each<[string, (() => Fault | void)[]]>([
    ["before it is looked for", [() => (server.handPut(a, "alice"), "lose-request")]],
    ["before it is sent again", [() => "lose-request", () => server.handPut(a, "alice")]],
  ])("leaves alone what somebody else creates %s", async (_, steps) => {
    atPuts(server, a, ...steps);
    const events = await attempt(put(a, "1"));
    expect(ofApp(events)).toMatchObject({ kind: "failed", failure: { code: "MOVED" }, written: [] });
    expect(failureIn(events)?.message).toContain("Nothing of the unit was written");
    expect(textOf(a)).toBe("alice");
    expect(events.filter(({ kind }) => kind === "applied")).toHaveLength(1);
  });

  it("of a secret is not taken for the open one that somebody else creates", async () => {
    atPuts(server, s, () => (server.handPut(s, "s3cr3t"), "lose-request"));
    expect(ofApp(await attempt(putSecret(s, "s3cr3t")))).toMatchObject({ kind: "failed", failure: { code: "MOVED" } });
  });

  it("whose name is never free is given up after 45 seconds", async () => {
    await server.stop();
    server = await startDouble({ oddPages: false, now: () => clock.now(), recreateMs: 3_600_000 });
    h = await ssmHarness(server, "/lost/", { settle: 1000, takeover: 2000 }, clock);
    const known = await apply(h, { app: [put(a, "1")] });
    await apply(h, { app: [remove(a, versionOf(known, a))] });
    expect(ofApp(await attempt(put(a, "2")))).toMatchObject({ kind: "failed", failure: { code: "MOVED" } });
    expect(textOf(a)).toBeUndefined();
  });

  it("gives it the tags of the connection, and a change does not ask for them again", async () => {
    const known = await apply(h, { app: [put(a, "1")] });
    expect(server.parameter(a)?.tags).toEqual(new Map([["team", "shop"]]));
    await apply(h, { app: [put(a, "2", versionOf(known, a))] });
    expect(server.parameter(headKey(metaOf(h)))?.tags).toEqual(new Map());
  });
});

describe("a put without an answer that changes a key", () => {
  it("and was not done leaves what somebody else wrote meanwhile, and only its unit fails", async () => {
    const known = await apply(h, { app: [put(a, "1")] });
    atPuts(server, a, () => (server.handPut(a, "alice"), "lose-request"));
    const events = await attempt(put(a, "2", versionOf(known, a)));
    expect(ofApp(events)).toMatchObject({ kind: "failed", failure: { code: "MOVED" }, written: [] });
    expect(failureIn(events)?.message).toContain(a);
    expect(events.map(({ kind }) => kind).toSorted()).toEqual(["applied", "failed", "head"]);
    expect(textOf(a)).toBe("alice");
  });

  it("and was done is found below what somebody else wrote after it", async () => {
    const known = await apply(h, { app: [put(a, "1")] });
    let puts = 0;
    server.fault = (call) => {
      if (isPutOf(call, a)) return puts++ === 0 ? "lose-reply" : undefined;
      if (puts === 1 && call.operation === "GetParameters") {
        puts++;
        server.handPut(a, "alice");
      }
      return undefined;
    };
    const events = await attempt(put(a, "2", versionOf(known, a)));
    expect(ofApp(events)).toMatchObject({ kind: "applied" });
    expect(server.parameter(a)?.versions.map(({ text }) => text)).toEqual(["1", "2", "alice"]);
    const after = await look(h);
    expect(after.ledgers.get("app")?.record.settings.get(a)?.version).toMatch(/^2@[1-9]/u);
    expect(versionOf(after, a)).toMatch(/^3@/u);
  });

  it("and was done above what somebody else wrote is not denied, though a read that is behind shows only theirs", async () => {
    const known = await apply(h, { app: [put(a, "1")] });
    const withoutOurs = (answer: Answer): object => ({
      ...answer,
      Parameters: answer.Parameters?.map((each) => (each.Name === a ? { ...each, Value: "alice", Version: 2 } : each)),
    });
    let [puts, looks] = [0, 0];
    server.fault = (call) => {
      if (isPutOf(call, a) && puts++ === 0) {
        server.handPut(a, "alice");
        return "lose-reply";
      }
      const isFirstLook = puts === 1 && call.operation === "GetParameters" && call.names.includes(a) && looks++ === 0;
      return isFirstLook ? { lie: withoutOurs } : undefined;
    };
    const events = await attempt(put(a, "2", versionOf(known, a)));
    expect(looks).toBeGreaterThan(1);
    expect(ofApp(events)).toMatchObject({ kind: "failed", failure: { code: "MOVED" }, written: [a] });
    expect(server.parameter(a)?.versions.map(({ text }) => text)).toEqual(["1", "alice", "2"]);
  });

  it("may have been one of so many versions that SSM keeps it no more: nobody can tell", async () => {
    const known = await apply(h, { app: [put(a, "1")] });
    atPuts(server, a, () => {
      // The double keeps a hundred versions, as SSM does.
      for (let n = 0; n < 101; n++) server.handPut(a, `alice ${n}`);
      return "lose-request";
    });
    await failureOf(attempt(put(a, "2", versionOf(known, a))), "UNKNOWN_OUTCOME");
    expect(textOf(a)).toBe("alice 100");
  });

  /** Reads of `a` that are behind: they show the first version until the second put. */
  function behind(
    first: () => Fault,
    meanwhile: () => void,
    between: (answer: Answer) => object = (answer) => answer,
  ): void {
    let puts = 0;
    let old: object | undefined;
    server.fault = (call) => {
      if (isPutOf(call, a)) {
        if (++puts === 1) return first();
        meanwhile();
      }
      if (call.operation !== "GetParameters") return undefined;
      if (call.names.some((name) => name.startsWith(`${a}:`))) return { lie: between };
      if (!call.names.includes(a) || puts > 1) return undefined;
      return {
        lie: (answer) => {
          old ??= answer.Parameters?.find(({ Name }) => Name === a);
          const others = answer.Parameters?.filter(({ Name }) => Name !== a) ?? [];
          return { ...answer, Parameters: [...others, ...(old === undefined ? [] : [old])] };
        },
      };
    };
  }

  it.each<[string, () => Fault, () => void, ((answer: Answer) => object) | undefined, string]>([
    ["its own write, thought lost", () => "lose-reply", () => undefined, undefined, "applied"],
    ["somebody else's", () => "lose-request", () => server.handPut(a, "alice"), undefined, "failed"],
    [
      "two of somebody else's",
      () => "lose-request",
      () => ["alice", "bob"].forEach((name) => server.handPut(a, name)),
      undefined,
      "failed",
    ],
    [
      "its own over somebody else's",
      () => (server.handPut(a, "alice"), "lose-reply"),
      () => undefined,
      undefined,
      "failed",
    ],
    [
      "one that nobody can tell",
      () => "lose-reply",
      () => undefined,
      () => ({ Parameters: [], InvalidParameters: [`${a}:2`] }),
      "failed",
    ],
  ])("tells, when it is sent again over %s, whether that was a race", async (_, first, meanwhile, between, kind) => {
    const known = await apply(h, { app: [put(a, "1")] });
    behind(first, meanwhile, between);
    const events = await attempt(put(a, "2", versionOf(known, a)));
    expect(ofApp(events)).toMatchObject(
      kind === "applied" ? { kind } : { kind, failure: { code: "MOVED" }, written: [a] },
    );
    expect(textOf(a)).toBe("2");
  });
});

describe("a put of which nobody can tell", () => {
  it("is one that never gets through", { timeout: 60_000 }, async () => {
    server.fault = (call) => (isPutOf(call, a) ? "lose-request" : undefined);
    const failure = await failureOf(attempt(put(a, "1")), "UNKNOWN_OUTCOME");
    expect(failure.message).toContain(a);
  });

  it("is one after which nothing may be read", async () => {
    let isLost = false;
    server.fault = (call) => {
      if (isPutOf(call, a)) {
        isLost = true;
        return "lose-reply";
      }
      return isLost && call.names.includes(a) ? "deny" : undefined;
    };
    const failure = await failureOf(attempt(put(a, "1")), "UNKNOWN_OUTCOME");
    expect(failure.details.join(" ")).toContain("AccessDenied");
  });

  it("is one of a secret that may not be decrypted", async () => {
    server.fault = (call) => {
      if (isPutOf(call, s)) return "lose-reply";
      return call.names[0] === `${s}:1` ? "deny" : undefined;
    };
    const failure = await failureOf(attempt(putSecret(s, "c4nary")), "UNKNOWN_OUTCOME");
    expect(failure.message).toContain("read it back");
    expect(JSON.stringify([failure.message, failure.details, failure.fix])).not.toContain("c4nary");
  });

  it("is one that SSM takes and never shows", async () => {
    let puts = 0;
    server.fault = (call) => {
      if (isPutOf(call, a) || isPutOf(call, b)) puts++;
      else if (puts === 2 && call.operation === "GetParameters") for (const key of [a, b]) server.handDelete(key);
      return undefined;
    };
    const failure = await failureOf(attempt(put(a, "1"), put(b, "1")), "UNKNOWN_OUTCOME");
    expect(failure.message).toContain(`${a} and 1 more`);
  });

  it("is one key alone, told without a number", async () => {
    server.fault = (call) => {
      if (call.operation === "GetParameters" && server.parameter(a) !== undefined) server.handDelete(a);
      return undefined;
    };
    const failure = await failureOf(attempt(put(a, "1")), "UNKNOWN_OUTCOME");
    expect(failure.message).toContain(`the change of ${a}, but`);
  });
});

describe("a change of somebody else right after ours", () => {
  /** Lets it happen after the put of `a`, when its version is asked for. */
  function afterPut(meanwhile: () => void, ofVersions?: (answer: Answer) => object): void {
    let isPut = false;
    server.fault = (call) => {
      if (isPutOf(call, a)) isPut = true;
      else if (isPut && call.operation === "GetParameters" && call.names.includes(a)) {
        isPut = false;
        meanwhile();
      } else if (ofVersions !== undefined && call.names[0]?.startsWith(`${a}:`) === true) return { lie: ofVersions };
      return undefined;
    };
  }

  it.each<[string, number, ((answer: Answer) => object) | undefined]>([
    ["is no longer kept", 101, undefined],
    [
      "is not what an emulator gives",
      1,
      (answer) => ({
        ...answer,
        Parameters: [{ Name: a, Type: "String", Value: "alice", Version: 2, LastModifiedDate: 1_795_273_774 }],
      }),
    ],
  ])("does not become ours where our version %s", async (_, times, lie) => {
    afterPut(() => {
      for (let n = 0; n < times; n++) server.handPut(a, "alice");
    }, lie);
    expect(ofApp(await attempt(put(a, "1")))).toMatchObject({ kind: "applied" });
    server.fault = () => undefined;
    const after = await look(h);
    expect(after.ledgers.get("app")?.record.settings.get(a)?.version).toBe("1@0");
    expect(versionOf(after, a)).not.toBe("1@0");
  });
});

describe("an apply in which", () => {
  it("somebody writes the head in the moment of writing ends as moved", async () => {
    const known = await apply(h, { app: [put(a, "1")] });
    const head = headKey(metaOf(h));
    atPuts(server, head, () => server.handPut(head, textOf(head) ?? ""));
    const failed = run(h, nextHead(h, known), [group(h, known, "app", [put(a, "2", versionOf(known, a))])]);
    await failureOf(failed, "MOVED");
    expect(textOf(a)).toBe("1");
  });

  it("somebody writes a unit's ledger record in the moment of writing writes none of its keys", async () => {
    const known = await apply(h, { app: [put(a, "1")] });
    const ledger = ledgerKey(metaOf(h), "app");
    atPuts(server, ledger, () => server.handPut(ledger, textOf(ledger) ?? ""));
    const events = await attempt(put(a, "2", versionOf(known, a)));
    expect(ofApp(events)).toMatchObject({ kind: "failed", failure: { code: "MOVED" }, written: [] });
    expect(failureIn(events)?.message).toContain(ledger);
    expect(textOf(a)).toBe("1");
  });

  it("a key is written that its record does not name announces it without a version", async () => {
    const known = await look(h);
    const { ledger, ...rest } = group(h, known, "app", [put(a, "1")]);
    const silent = { ...rest, ledger: { ...ledger, record: { ...ledger.record, settings: new Map() } } };
    const announced: string[] = [];
    server.fault = (call) => {
      if (isPutOf(call, a)) announced.push(textOf(ledger.key) ?? "");
      return undefined;
    };
    const events = await run(h, nextHead(h, known), [silent]);
    expect(events.map(({ kind }) => kind)).toEqual(["applied", "head"]);
    expect(announced.map((text) => decodeLedger(text, ledger.key, "1").pending)).toEqual([new Map([[a, null]])]);
  });

  it("two units have one key is refused before anything is sent", async () => {
    const known = await look(h);
    const before = server.count();
    const groups = ["one", "two"].map((app) => group(h, known, app, [put(a, "1")]));
    await failureOf(run(h, nextHead(h, known), groups), "INTERNAL");
    expect(server.count()).toBe(before);
  });

  it("there is a fault of ours ends with that fault", async () => {
    const known = await look(h);
    const bug = new TypeError("a bug");
    const text = {
      reveal: () => {
        throw bug;
      },
    } as unknown as Sealed;
    const groups = [group(h, known, "app", [{ kind: "put", key: s, text, secret: true, expected: null }])];
    await expect(run(h, nextHead(h, known), groups)).rejects.toBe(bug);
  });

  it("names do not fit refuses the unit with the first of them", async () => {
    const known = await look(h);
    const strange = group(h, known, "späť", [put("/lost/app/a b", "1"), put(a, "")]);
    const events = await run(h, nextHead(h, known), [strange]);
    expect(events[0]).toMatchObject({ kind: "failed", failure: { code: "LIMIT" }, written: [] });
    const message = events[0]?.kind === "failed" ? events[0].failure.message : "";
    expect(message).toContain("units/späť");
    expect(message).toContain("and 2 more keys");
    const [one] = await run(h, nextHead(h, await look(h)), [group(h, await look(h), "app", [put(a, "")])]);
    expect(one?.kind === "failed" && one.failure.message).toMatch(/SSM cannot hold \/lost\/app\/a: .*values\.$/u);
  });

  it("a stop comes with the head begins no unit", async () => {
    const known = await look(h);
    const stop = new AbortController();
    server.fault = (call) => (isPutOf(call, headKey(metaOf(h))) ? stop.abort() : undefined);
    const events: CommitEvent[] = [];
    const stopped = async (): Promise<void> => {
      const groups = [group(h, known, "app", [put(a, "1")])];
      for await (const event of h.store.commit(nextHead(h, known), groups, stop.signal)) events.push(event);
    };
    await failureOf(stopped(), "INTERRUPTED");
    expect(events).toEqual([]);
    expect(textOf(a)).toBeUndefined();
  });

  it("a stop comes while SSM throttles does not wait for its turn", async () => {
    const stop = new AbortController();
    server.fault = () => (stop.abort(), "throttle");
    const query = { prefixes: ["/lost/"], keys: [], secrets: "versions" as const, secretKeys: new Set<string>() };
    const read = async (): Promise<void> => {
      for await (const page of h.store.read(query, stop.signal)) expect(page).toEqual([]);
    };
    await failureOf(read(), "INTERRUPTED");
    expect(server.count()).toBe(1);
  });

  it.each<[string, Fault, string]>([
    ["is refused", "deny", "DENIED"],
    ["never has an answer", "lose-request", "UNKNOWN_OUTCOME"],
  ])("a deletion %s tells what was written before it", async (_, fault, code) => {
    const known = await apply(h, { app: [put(a, "1"), put(b, "1")] });
    server.fault = ({ operation }) => (operation === "DeleteParameters" ? fault : undefined);
    const group1 = group(h, known, "app", [put(a, "2", versionOf(known, a)), remove(b, versionOf(known, b))]);
    const events: CommitEvent[] = [];
    const attempted = async (): Promise<void> => {
      for await (const event of h.store.commit(nextHead(h, known), [group1])) events.push(event);
    };
    if (code === "DENIED") await attempted();
    else expect((await failureOf(attempted())).code).toBe(code);
    expect(events[0]).toMatchObject({ kind: "failed", failure: { code }, written: [a] });
    expect(textOf(b)).toBe("1");
  });
});

describe("what somebody else does while an answer is missing", () => {
  it("deletes what a lost put may have written: that nothing was written is not said, whatever comes then", async () => {
    atPuts(
      server,
      a,
      () => "lose-request",
      () => "deny",
    );
    const failure = await failureOf(attempt(put(a, "1")), "UNKNOWN_OUTCOME");
    expect(failure.message).toContain(a);
    expect(failure.details.join()).toContain("PutParameter");
  });

  it("makes anew what a lost deletion may have deleted: nobody can tell, and theirs stays", async () => {
    const known = await apply(h, { app: [put(a, "1")] });
    let isGone = false;
    server.fault = (call) => {
      if (call.operation === "DeleteParameters") return ((isGone = true), "lose-reply");
      if (isGone && call.operation === "GetParameters" && textOf(a) === undefined) server.handPut(a, "alice");
      return undefined;
    };
    const failure = await failureOf(attempt(remove(a, versionOf(known, a))), "UNKNOWN_OUTCOME");
    expect(failure.message).toBe(
      `Nobody can tell whether ${a} was deleted: the answer was lost, and somebody has written it since.`,
    );
    expect(textOf(a)).toBe("alice");
  });

  it("changes one of two that a lost deletion deleted: the other one is told as gone", async () => {
    const known = await apply(h, { app: [put(a, "1"), put(b, "1")] });
    let isGone = false;
    server.fault = (call) => {
      if (call.operation === "DeleteParameters") return ((isGone = true), "lose-reply");
      if (isGone && call.operation === "GetParameters" && textOf(a) === undefined) server.handPut(a, "alice");
      return undefined;
    };
    const events: CommitEvent[] = [];
    const deletes = [remove(a, versionOf(known, a)), remove(b, versionOf(known, b))];
    const attempted = async (): Promise<void> => {
      for await (const event of h.store.commit(nextHead(h, known), [group(h, known, "app", deletes)]))
        events.push(event);
    };
    await failureOf(attempted(), "UNKNOWN_OUTCOME");
    expect(events[0]).toMatchObject({ kind: "failed", written: [b] });
  });
});

describe("a race", () => {
  it("is told with its writers also where the history has many pages", async () => {
    const known = await apply(h, { app: [put(a, "1")] });
    for (let n = 0; n < 60; n++) server.handPut(a, `${n}`);
    const now = await look(h);
    atPuts(server, a, () => server.handPut(a, "alice"));
    expect(known.entries.size).toBe(1);
    const events = await attempt(put(a, "mine", versionOf(now, a)));
    expect(failureIn(events)?.details[0]).toMatch(/version 62 by \S+alice was replaced by version 63 by \S+trueup/u);
  });

  it.each<[string, (answer: Answer) => object]>([
    [
      "nobody",
      ({ Parameters = [] }) => ({ Parameters: Parameters.map(({ LastModifiedUser: _user, ...rest }) => rest) }),
    ],
    ["nothing", () => ({})],
  ])("is told where the history names %s", async (_, lie) => {
    const known = await apply(h, { app: [put(a, "1")] });
    server.fault = (call) => {
      if (call.operation === "GetParameterHistory") return { lie };
      if (isPutOf(call, a)) server.handPut(a, "alice");
      return undefined;
    };
    const events = await attempt(put(a, "2", versionOf(known, a)));
    expect(failureIn(events)?.details).toEqual([`${a}: version 2 was replaced by version 3`]);
  });
});
