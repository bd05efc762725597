/** Answers that are not what SSM gives: a failure or nothing made up, never a shorter store. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodeHead, headKey } from "../../src/stores/records.ts";
import { troubleOf } from "../../src/stores/ssm/trouble.ts";
import { apply, failureOf, group, look, metaOf, nextHead, put, readAll, run, versionOf } from "./contract-moves.ts";
import type { Harness } from "./contract-moves.ts";
import { startDouble } from "./ssm-double/double.ts";
import type { Answer, SsmDouble } from "./ssm-double/double.ts";
import { isPutOf, ssmHarness } from "./ssm-double/harness.ts";
import { fastClock } from "./ssm-double/open.ts";

const clock = fastClock(100);
const a = "/liar/app/a";
let server: SsmDouble;
let h: Harness;
beforeEach(async () => {
  server = await startDouble({ oddPages: false, now: () => clock.now() });
  h = await ssmHarness(server, "/liar/", { settle: 1000, takeover: 2000 }, clock);
});
afterEach(async () => {
  await h.dispose();
  await server.stop();
});

/** The double's own token for the page that begins after the first key of all. */
const token = Buffer.from(JSON.stringify(["/liar/", "", 0])).toString("base64");
const lieAbout = (operation: string, lie: (answer: Answer) => object): void => {
  server.fault = (call) => (call.operation === operation ? { lie } : undefined);
};
const changed = (change: object) => (answer: Answer) => ({
  ...answer,
  Parameters: answer.Parameters?.map((each) => ({ ...each, ...change })),
});

describe("a read of SSM", () => {
  it.each<[string, string, (answer: Answer) => object, string]>([
    ["the same page again and again", "GetParametersByPath", (answer) => ({ ...answer, NextToken: token }), "twice"],
    ["a parameter without a version", "GetParametersByPath", changed({ Version: undefined }), a],
    ["a parameter without a moment", "GetParametersByPath", changed({ LastModifiedDate: undefined }), a],
    [
      "something without a name and a version",
      "GetParametersByPath",
      changed({ Name: undefined, Version: undefined }),
      "a parameter",
    ],
  ])("that gets %s is incomplete", async (_, operation, lie, words) => {
    server.handPut(a, "1");
    lieAbout(operation, lie);
    expect((await failureOf(readAll(h.store, { prefixes: ["/liar/"] }), "INCOMPLETE")).message).toContain(words);
  });

  it("that hears nothing about a name is incomplete", async () => {
    server.handPut(a, "1");
    lieAbout("GetParameters", () => ({}));
    expect((await failureOf(readAll(h.store, { keys: [a] }), "INCOMPLETE")).message).toContain(a);
  });

  it("below a path that SSM cannot have finds nothing, and of everything finds all", async () => {
    server.handPut(a, "1");
    server.handPut("/top", "1");
    expect(await readAll(h.store, { prefixes: ["/no such path/"] })).toEqual(new Map());
    expect([...(await readAll(h.store, { prefixes: ["/"] })).keys()].toSorted()).toEqual([a, "/top"]);
  });

  it("over an address that speaks no TLS says so", async () => {
    const store = await ssmHarness(
      { ...server, endpoint: server.endpoint.replace("http:", "https:") },
      "/liar/",
      { patience: 1 },
      clock,
    );
    await failureOf(look(store), "TLS");
    await store.dispose();
  });

  it("takes no error for more than its name", () => {
    for (const strange of [undefined, null, "text", new Error("x"), { name: "c4nary in a name" }])
      expect(troubleOf(strange)).toMatchObject({ kind: "unknown" });
    expect(troubleOf({ name: "c4nary in a name" }).name).toBe("UnknownError");
  });
});

describe("a write to SSM", () => {
  it("that is told no number counts on", async () => {
    const known = await apply(h, { app: [put(a, "1")] });
    lieAbout("PutParameter", () => ({ Tier: "Standard" }));
    const after = await apply(h, { app: [put(a, "2", versionOf(known, a))] });
    expect(versionOf(after, a)).toMatch(/^2@/u);
  });
});

describe("a ledger record in several parameters", () => {
  const keys = Array.from({ length: 900 }, (_, n) => `/liar/app/${"xyz".repeat(n % 7)}-setting-${n * 7919}`);
  const root = "/liar/.trueup/units/app";
  const parts = (): string[] => [...server.everything("/liar/.trueup/parts/").keys()];

  it("whose parts are somebody else's is corrupt, and named", { timeout: 60_000 }, async () => {
    await apply(h, { app: keys.map((key) => put(key, `value of ${key}`)) });
    expect(parts().length).toBeGreaterThan(0);
    for (const key of parts()) server.handPut(key, "by hand");
    const reading = readAll(h.store, { prefixes: ["/liar/.trueup/"] });
    expect((await failureOf(reading, "CORRUPT")).message).toContain(root);
    // Whatever it says by then is read: it is the record now.
    server.fault = ({ operation, names }) => {
      if (operation === "GetParameters" && names.some((name) => name.includes("/parts/")))
        server.handPut(root, "short");
      return undefined;
    };
    expect((await readAll(h.store, { prefixes: ["/liar/.trueup/"] })).get(root)?.value).toBe("short");
  });

  it("is not what a text of somebody else becomes that begins like one", async () => {
    server.handPut(a, "trueup:packed:1 1 even 0123456789ab AAAA");
    expect((await failureOf(readAll(h.store, { prefixes: ["/liar/"] }), "CORRUPT")).message).toContain(a);
  });
});

describe("claims", () => {
  const head = () => headKey(metaOf(h));
  const commit = async (app: string) => {
    const known = await look(h);
    return run(h, nextHead(h, known, `a-${app}`), [group(h, known, app, [put(`/liar/${app}/a`, "1")])]);
  };

  it("that somebody else gets every time make this apply give up", async () => {
    let claims = 0;
    server.fault = (call) => {
      if (!isPutOf(call, call.names[0] ?? "") || call.names[0]?.includes("/gen/") !== true) return undefined;
      claims++;
      server.handPut(call.names[0], '{"stopped":true}');
      return undefined;
    };
    const failure = await failureOf(commit("app"), "MOVED");
    expect(failure.message).toContain(`the destination of ${head()}. Nothing was written`);
    expect(claims).toBe(4);
  });

  it.each([
    ["is gone", undefined],
    ["says nothing", "null"],
    ["is no JSON", "{"],
  ])("of an apply that died, whose claim %s, are taken over once nothing moves", async (_, text) => {
    await commit("first");
    const known = await look(h);
    const dead = { ...(known.head?.head ?? nextHead(h, known).head), state: "applying" as const };
    server.handPut(head(), encodeHead(dead));
    for (const key of server.everything("/liar/.trueup/gen/").keys())
      if (text === undefined) server.handDelete(key);
      else server.handPut(key, text);
    expect((await commit("second")).map(({ kind }) => kind)).toEqual(["applied", "head"]);
  });

  it("are found in whatever order SSM lists them", async () => {
    server.fault = ({ operation }) =>
      operation === "GetParametersByPath"
        ? { lie: (answer) => ({ ...answer, Parameters: answer.Parameters?.toReversed() }) }
        : undefined;
    const first = "/liar/.trueup/gen/0000000001";
    server.handPut(first, '{"apply":"other"}');
    server.handPut(`${first}.01`, '{"stopped":true}');
    // The last one was stopped, so nobody waits for the first one.
    const began = server.count("GetParametersByPath");
    await commit("app");
    expect([...server.everything("/liar/.trueup/gen/").keys()].toSorted()).toEqual([
      first,
      `${first}.01`,
      `${first}.02`,
    ]);
    expect(server.count("GetParametersByPath") - began).toBeLessThan(5);
  });
});
