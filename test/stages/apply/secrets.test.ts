/** Values of secrets on their way to a store: put together late, rehearsed first, and named in no message. */
import { beforeEach, describe, expect, it } from "vitest";
import { type ApplyInput, apply } from "../../../src/apply/apply.ts";
import { PLACEHOLDER } from "../../../src/apply/compose.ts";
import { secretsOf, secretsToReveal } from "../../../src/apply/plaintext.ts";
import { type Fit, rehearse } from "../../../src/apply/rehearse.ts";
import { Failure } from "../../../src/failure.ts";
import type { KeyPath, Plain, SecretId } from "../../../src/model.ts";
import { Sealed, secret } from "../../../src/secret.ts";
import { type Desk, desk, external, held, heldIn, wholePlan } from "../plan/desk.ts";

let one: Desk;
beforeEach(() => {
  one = desk();
  one.vault.set("db", "canary");
});

describe("a value with secrets", () => {
  it("is its texts and secrets in a row, at any depth, and plain beside them", async () => {
    const url = secret(["postgres://app:", { secret: "db", through: [] }, "@host"]);
    one.git({
      "orders@dev": {
        "/cfg/orders/url": heldIn(url, "u"),
        "/cfg/orders/map": heldIn(
          { user: "app", list: [1, null, external("db")], deep: { pass: external("db") } },
          "m",
        ),
      },
    });
    await one.apply();
    expect(one.text("/cfg/orders/url")).toBe("postgres://app:canary@host");
    expect(one.json("/cfg/orders/map")).toEqual({ user: "app", list: [1, null, "canary"], deep: { pass: "canary" } });
  });

  it("goes through its helpers, innermost first, and is text in the end", async () => {
    const through = (...names: readonly string[]) =>
      secret([{ secret: "db", through: names.map((helper) => ({ helper, args: [] })) }]);
    one.git({
      "orders@dev": {
        "/cfg/orders/one": heldIn(through("upper", "base64"), "1"),
        "/cfg/orders/two": heldIn(through("base64", "upper"), "2"),
        "/cfg/orders/args": heldIn(
          secret(["v=", { secret: "db", through: [{ helper: "replace", args: ["a", "o"] }] }, ";"]),
          "3",
        ),
      },
    });
    await one.apply();
    expect(one.text("/cfg/orders/one")).toBe(Buffer.from("CANARY").toString("base64"));
    expect(one.text("/cfg/orders/two")).toBe(Buffer.from("canary").toString("base64").toUpperCase());
    expect(one.text("/cfg/orders/args")).toBe("v=conory;");
  });

  it("that a helper cannot work on is refused in words without the value", async () => {
    one.git({
      "orders@dev": {
        "/cfg/orders/a": heldIn(secret([{ secret: "db", through: [{ helper: "join", args: [] }] }]), "1"),
      },
    });
    const live = await one.read();
    const plan = wholePlan([one.planOn(live)]);
    const [receipt] = await apply(one.inputFor(plan, live));
    expect(receipt).toMatchObject({
      result: "failed",
      failure: {
        code: "UNFIT",
        message: "the helper join cannot work on the value of the secret db",
        fix: "set a value that it can work on, or use the secret without the helper",
      },
    });
    expect(JSON.stringify(receipt)).not.toContain("canary");
  });
});

describe("the secrets that an apply needs", () => {
  it("are those of values that are written with them, with unit and destination", async () => {
    one = desk({ layout: "groups" });
    const give = (digest: string) =>
      one.git({
        "orders@dev": {
          "/cfg/orders/db": {
            user: "app",
            pass: held("db", digest),
            both: heldIn([external("x"), external("y")], "b"),
          },
          "/cfg/orders/own": { pass: external("own"), port: 1 },
        },
      });
    give("1");
    const first = await one.apply();
    const ids = (names: readonly SecretId[]) =>
      names.map((id) => ({ destination: "local@dev", unit: "orders@dev", secret: id }));
    expect(secretsToReveal(first)).toEqual(ids(["db", "x", "y"]));
    give("2");
    const second = await one.plan();
    expect(secretsToReveal(second)).toEqual(ids(["db"]));
    one.git({});
    const changes = (await one.plan()).units.flatMap((unit) => unit.changes);
    expect(changes.map((change) => [change.kind, secretsOf(change)])).toEqual([
      ["delete", []],
      ["delete", []],
    ]);
  });
});

describe("values that stay in a group", () => {
  it("are read with their text, each group alone, and only where something of it is kept", async () => {
    one = desk({ layout: "groups" });
    const give = (user: string) =>
      one.git({
        "orders@dev": {
          "/cfg/orders/db": { user, pass: external("db") },
          "/cfg/orders/plain": { user },
        },
        "users@dev": { "/cfg/users/db": { user: "app", pass: external("db") } },
      });
    give("app");
    const asked: unknown[] = [];
    const { store } = one.memory;
    const watched = {
      store: () =>
        Promise.resolve({
          ...store,
          read: (query: Parameters<typeof store.read>[0]) => {
            if (query.secrets === "values") asked.push({ ...query, secretKeys: [...query.secretKeys] });
            return store.read(query);
          },
        }),
    };
    await one.apply({}, watched);
    expect(asked).toEqual([]);
    give("root");
    await one.apply({}, watched);
    expect(asked).toEqual([
      { prefixes: [], keys: ["/cfg/orders/db"], secrets: "values", secretKeys: ["/cfg/orders/db"] },
    ]);
    expect(one.json("/cfg/orders/db")).toEqual({ user: "root", pass: PLACEHOLDER });
    one.git({});
    await one.apply({}, watched);
    expect(asked).toHaveLength(1);
  });

  it("are none where each value has a key of its own: nobody's secret is read", async () => {
    const blind: Partial<ApplyInput> = {
      readBack: false,
      store: () =>
        Promise.resolve({
          ...one.memory.store,
          read: (): never => {
            throw new Error("nothing is to be read");
          },
        }),
    };
    one.git({ "orders@dev": { "/cfg/orders/a": held("db", "1"), "/cfg/orders/b": external("own") } });
    await one.apply({}, blind);
    one.git({ "orders@dev": { "/cfg/orders/a": held("db", "2"), "/cfg/orders/b": external("own") } });
    await one.apply({}, blind);
    expect(one.text("/cfg/orders/a")).toBe("canary");
  });
});

describe("a placeholder", () => {
  it("says what it is, and is never empty", () => {
    expect(PLACEHOLDER).toBe("TRUEUP_PLACEHOLDER: this secret has no value yet");
  });

  it("takes the place of a plain value that is a secret from now on", async () => {
    one = desk({ layout: "groups" });
    one.git({ "orders@dev": { "/cfg/orders/db": { pass: "plain", port: 1 } } });
    await one.apply();
    one.git({ "orders@dev": { "/cfg/orders/db": { pass: external("db"), port: 1 } } });
    await one.apply();
    expect(one.json("/cfg/orders/db")).toEqual({ pass: PLACEHOLDER, port: 1 });
  });
});

describe("between plain and secret", () => {
  it("the same text is written again, as what it is now", async () => {
    one.git({ "orders@dev": { "/cfg/orders/a": "canary" } });
    await one.apply();
    one.git({ "orders@dev": { "/cfg/orders/a": held("db", "1") } });
    await one.apply();
    const now = { key: "/cfg/orders/a", version: "2", secret: true };
    expect((await one.read()).entries.get(now.key)).toEqual(now);
  });

  it("the same text is written again also where a store shows that it is the same", async () => {
    one.git({ "orders@dev": { "/cfg/orders/a": "canary" } });
    await one.apply();
    const shown = (await one.read()).entries;
    one.git({ "orders@dev": { "/cfg/orders/a": held("db", "1") } });
    const live = await one.read();
    const plan = wholePlan([one.planOn(live)]);
    await apply(one.inputFor(plan, { ...live, entries: shown }));
    expect((await one.read()).entries.get("/cfg/orders/a")).toMatchObject({ version: "2", secret: true });
  });

  it("nothing of a secret group gets into the plain one, even where a store shows its text", async () => {
    one = desk({ layout: "groups" });
    one.git({ "orders@dev": { "/cfg/orders/db": { user: "app", pass: external("db") } } });
    await one.apply();
    one.git({ "orders@dev": { "/cfg/orders/db": { user: "app" } } });
    const live = await one.read();
    const plan = wholePlan([one.planOn(live)]);
    const entry = live.entries.get("/cfg/orders/db");
    if (entry === undefined) throw new Error("no entry");
    const shown = new Map([[entry.key, { ...entry, value: '{"user":"app","pass":"hunter2","theirs":"who knows"}' }]]);
    await apply(one.inputFor(plan, { ...live, entries: shown }));
    expect(one.json("/cfg/orders/db")).toEqual({ user: "app" });
  });
});

describe("a rehearsal", () => {
  const FINE: Fit = { refuses: () => false, brokenRules: () => [] };
  const seen: (readonly [string, readonly (readonly [KeyPath, Plain])[]])[] = [];
  const noting: Fit = { ...FINE, brokenRules: (unit, values) => (seen.push([unit, values]), []) };
  const rehearsal = async (
    fit: Partial<Fit> = {},
    more: Partial<Parameters<typeof rehearse>[0]> = {},
  ): Promise<void> => {
    const live = await one.read();
    const { plan, destinations, live: all, reveal, store } = one.inputFor(wholePlan([one.planOn(live)]), live);
    await rehearse({ plan, destinations, live: all, reveal, store, fit: { ...FINE, ...fit }, ...more });
  };
  beforeEach(() => void (seen.length = 0));

  it("says nothing where all fits, and writes nothing", async () => {
    one.git({
      "orders@dev": { "/cfg/orders/a": held("db", "1"), "/cfg/orders/b": 1, "/cfg/orders/c": external("own") },
    });
    const closed = () => Promise.reject(new Error("no text of a store is needed"));
    await rehearsal(noting, { store: closed });
    expect(seen).toEqual([["orders@dev", [[["a"], "canary"]]]]);
    expect([...one.memory.contents()]).toEqual([]);
  });

  it("names every value that its store cannot hold, and every rule that is broken, in words without values", async () => {
    one.git({
      "orders@dev": { "/cfg/orders/a": held("db", "1"), "/cfg/orders/b": held("other", "2"), "/cfg/orders/c": 5 },
      "users@dev": { "/cfg/users/a": held("db", "1") },
    });
    const failure = await rehearsal({
      refuses: (destination, setting, text) =>
        destination.id === "local@dev" && setting.key === "/cfg/orders/a" && text === "canary",
      brokenRules: (unit, values) =>
        values.flatMap(([path, value]) =>
          unit === "users@dev" && value === "canary"
            ? [{ code: "TU2001" as const, path, message: "must be shorter" }]
            : [],
        ),
    }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toMatchObject({
      code: "UNFIT",
      message: "2 values do not fit with their secrets filled in; nothing was written",
      details: ["TU5002 orders@dev:a: memory cannot hold its text", "TU2001 users@dev:a: must be shorter"],
      fix: "change the value of the secret where it is held, or the rule it breaks",
    });
    expect(JSON.stringify(failure)).not.toContain("canary");
  });

  it("speaks of one in the singular, and names each fault once", async () => {
    one.git({ "orders@dev": { "/cfg/orders/a": held("db", "1") } });
    const twice = { code: "TU2001" as const, path: ["a"], message: "no" };
    await expect(rehearsal({ brokenRules: () => [twice, twice] })).rejects.toMatchObject({
      message: "1 value does not fit with its secret filled in; nothing was written",
      details: ["TU2001 orders@dev:a: no"],
    });
  });

  it.each([
    [20, 20, undefined],
    [21, 21, "and 1 more"],
  ])("of %i faults shows the first twenty", async (count, lines, last) => {
    one.git({
      "orders@dev": Object.fromEntries(Array.from({ length: count }, (_, i) => [`/cfg/orders/k${i}`, held("db", "1")])),
    });
    const failure = (await rehearsal({ refuses: () => true }).catch((error: unknown) => error)) as Failure;
    expect(failure.details).toHaveLength(lines);
    expect(failure.details.filter((line) => line.startsWith("TU5002"))).toHaveLength(20);
    if (last !== undefined) expect(failure.details.at(-1)).toBe(last);
  });

  it("finds helpers that cannot work on the value, and goes on to the next", async () => {
    const unfit = (helper: string) => heldIn(secret([{ secret: "db", through: [{ helper, args: [] }] }]), "1");
    one.git({ "orders@dev": { "/cfg/orders/a": unfit("join"), "/cfg/orders/b": unfit("join") } });
    await expect(rehearsal()).rejects.toMatchObject({
      details: [
        "TU2005 orders@dev:a: the helper join cannot work on the value of the secret db",
        "TU2005 orders@dev:b: the helper join cannot work on the value of the secret db",
      ],
    });
  });

  it("leaves other troubles as they are", async () => {
    one.git({ "orders@dev": { "/cfg/orders/a": held("db", "1") } });
    const denied = new Failure("DENIED", "no");
    const throwing = (error: unknown) => ({
      reveal: (): Sealed => {
        throw error;
      },
    });
    await expect(rehearsal({}, throwing(denied))).rejects.toBe(denied);
    const bug = new Error("bug");
    await expect(rehearsal({}, throwing(bug))).rejects.toBe(bug);
  });

  it("shows the whole text of a group, with what stays in it; but rules only the new values, and no files", async () => {
    one = desk({ layout: "groups" });
    one.vault.set("db", "canary");
    const give = (digest: string) =>
      one.git({ "orders@dev": { "/cfg/orders/db": { user: "app", pass: held("db", digest), own: external("own") } } });
    give("1");
    await one.apply();
    one.memory.handPut("/cfg/orders/db", '{"user":"app","pass":"canary","own":"filled","theirs":1}');
    give("2");
    one.vault.set("db", "next");
    const texts: string[] = [];
    await rehearsal({ ...noting, refuses: (_destination, _setting, text) => (texts.push(text), false) });
    expect(texts).toEqual(['{"own":"filled","pass":"next","theirs":1,"user":"app"}']);
    expect(seen).toEqual([["orders@dev", [[["db", "pass"], "next"]]]]);
    one = desk({ layout: "groups" });
    one.git({ "orders@dev": { "/cfg/orders/files": { "app.ini": held("db", "1") } } });
    seen.length = 0;
    await rehearsal(noting);
    expect(seen).toEqual([]);
  });

  it("stops where a group moved since it was read, and leaves what was never read to the apply", async () => {
    one = desk({ layout: "groups" });
    const give = (digest: string) =>
      one.git({ "orders@dev": { "/cfg/orders/db": { user: "app", pass: held("db", digest) } } });
    give("1");
    await one.apply();
    give("2");
    const live = await one.read();
    one.memory.handDelete("/cfg/orders/db");
    const { plan, destinations, live: all, reveal, store } = one.inputFor(wholePlan([one.planOn(live)]), live);
    const input = { plan, destinations, live: all, reveal, store, fit: FINE };
    // What the store no longer gives is as it was read: hidden, so nothing can be kept of it.
    await expect(rehearse(input)).rejects.toMatchObject({ code: "CORRUPT" });
    await expect(rehearse({ ...input, live: new Map() })).rejects.toMatchObject({ code: "MOVED" });
    await rehearse({ ...input, destinations: new Map() });
  });
});
