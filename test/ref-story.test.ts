/** Secrets that are read from another key of the same store, and values that do not fit once they are known. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type Drivers,
  type Plan,
  type Store,
  type StoreDriver,
  drivers,
  folderSource,
  formatPath,
  memoryStore,
  openProject,
  want,
} from "../src/index.ts";
import { PLACEHOLDER } from "../src/apply/compose.ts";
import { humanPlan } from "../src/report/plan/human.ts";
import { jsonPlan } from "../src/report/plan/json.ts";
import { type RunOptions, run, tempFolder, writeFiles } from "./project.ts";

const CANARY = "canary-0-Zq7!";
const NEXT = "canary-1-Zq7!";
const CONFIG = `version: 1
system: shop
environments: { dev: {}, prod: {} }
secrets: { sources: ["/platform/{{env}}/"] }
targets:
  local: { type: directory, path: "/cfg/{{env}}/{{app}}/{{key}}" }
`;
let folder: string;
let dispose: () => void;
let memory: ReturnType<typeof memoryStore>;
/** Keys whose values were asked for. */
let asked: string[];
/** Happens before values are given. */
let meanwhile: () => void;

/** Everything that would go to a directory goes to the memory of this test, which takes what a directory takes. */
function remembered(): Drivers {
  const store: Store = {
    ...memory.store,
    read: (query, signal) => {
      if (query.secrets === "values") {
        asked.push(...query.keys);
        meanwhile();
      }
      return memory.store.read(query, signal);
    },
  };
  return { ...drivers, directory: { ...(drivers["directory"] as StoreDriver), open: () => Promise.resolve(store) } };
}

const apply = (options: RunOptions = {}) => run(folder, "apply", { drivers: remembered(), ...options });
const plan = async (): Promise<Plan> => (await run(folder, "plan", { drivers: remembered() })).plan;
const read = (key: string): string | undefined => memory.contents().get(key);
/** Writes a key as its owner does. */
const own = (key: string, text: string): void => memory.handPut(key, text, { secret: true });
const names = (): string[] => [...memory.contents().keys()];
const rows = (made: Plan): string[] =>
  made.destinations
    .flatMap((destination) =>
      destination.units.flatMap((unit) =>
        unit.changes.flatMap((change) =>
          change.members.map((member) => `${change.kind} ${unit.unit}:${formatPath(member.path)} ${member.action}`),
        ),
      ),
    )
    .toSorted();
const missing = (made: Plan) => made.destinations.flatMap(({ unsourced }) => unsourced);
const printed = (made: Plan): string =>
  humanPlan(made, {
    color: false,
    width: 200,
    verbose: false,
    maxValueWidth: 80,
    world: { places: made.destinations.map(({ place }) => place), apps: 1, units: 1 },
    locate: () => undefined,
  });

async function problems(): Promise<string[]> {
  const project = await openProject(folderSource(folder), drivers);
  const desired = want(project, {});
  const found = "problems" in desired ? desired.problems : desired.wanted.problems;
  return found.map((one) => `${one.severity} ${one.code} ${one.message} → ${one.fix ?? ""}`);
}

beforeEach(() => {
  [memory, asked, meanwhile] = [memoryStore(), [], () => undefined];
  ({ folder, dispose } = tempFolder({
    "trueup.yaml": CONFIG,
    "apps/orders/base.yaml": 'a: 1\ndb: "{{secret.db}}"\nurl: "postgres://u:{{secret.db}}@h/x"\n',
    "apps/orders/secrets.yaml": 'db: { from: ref, path: "/platform/{{env}}/{{app}}-db" }\n',
    "apps/orders/app.yaml": "places: [dev]\n",
  }));
  own("/platform/dev/orders-db", CANARY);
});
afterEach(() => dispose());

describe("a source", () => {
  it("is copied to all uses, and to nothing else", async () => {
    const made = await plan();
    expect(rows(made)).toEqual(["create orders@dev:a add", "create orders@dev:db add", "create orders@dev:url add"]);
    expect(printed(made)).toContain("new secret, read from /platform/dev/orders-db");
    const { receipts } = await apply();
    expect(read("/cfg/dev/orders/db")).toBe(CANARY);
    expect(read("/cfg/dev/orders/url")).toBe(`postgres://u:${CANARY}@h/x`);
    const again = await plan();
    expect([rows(again), again.summary.foreign, missing(again)]).toEqual([[], 0, []]);
    expect(JSON.stringify([made, receipts, again]) + jsonPlan(made, { locate: () => undefined })).not.toContain(CANARY);
  });

  it("that moved is a change, and its value is written", async () => {
    await apply();
    const before = (await plan()).digest;
    own("/platform/dev/orders-db", NEXT);
    const made = await plan();
    expect(rows(made)).toEqual(["update orders@dev:db change", "update orders@dev:url change"]);
    expect(made.digest).not.toBe(before);
    expect(printed(made)).toContain("source moved v1 → v3 (/platform/dev/orders-db)");
    await apply();
    expect([read("/cfg/dev/orders/db"), read("/cfg/dev/orders/url")]).toEqual([NEXT, `postgres://u:${NEXT}@h/x`]);
    expect(rows(await plan())).toEqual([]);
  });

  it("that is not there is named with what is, and nothing at all is written", async () => {
    memory.handDelete("/platform/dev/orders-db");
    own("/platform/dev/order-db", "x");
    const made = await plan();
    expect(missing(made)).toMatchObject([
      { path: ["db"], source: "/platform/dev/orders-db", near: ["/platform/dev/order-db"], needed: true },
      { path: ["url"], needed: true },
    ]);
    expect(printed(made)).toContain(
      "✖ No source  orders.db: dev   /platform/dev/orders-db is not there; did you mean /platform/dev/order-db?",
    );
    await expect(apply()).rejects.toMatchObject({
      code: "REFUSED",
      details: ["db of orders@dev: /platform/dev/orders-db"],
    });
    expect(names().filter((name) => !name.startsWith("/platform/"))).toEqual([]);
  });

  it("that is gone later leaves what was taken from it, and says so", async () => {
    await apply();
    memory.handDelete("/platform/dev/orders-db");
    const { plan: made, receipts } = await apply();
    expect([rows(made), receipts]).toEqual([[], []]);
    expect(missing(made)).toMatchObject([{ needed: false }, { needed: false }]);
    expect(printed(made)).toContain("/platform/dev/orders-db is not there any more; what was taken from it stays");
    expect(read("/cfg/dev/orders/db")).toBe(CANARY);
  });

  it("with a placeholder needs a value, and nothing is written", async () => {
    own("/platform/dev/orders-db", PLACEHOLDER);
    await expect(apply()).rejects.toMatchObject({ code: "MISSING", message: expect.stringContaining("needs a value") });
    expect(names().filter((name) => !name.startsWith("/platform/"))).toEqual([]);
  });

  it("at another path is a change in Git", async () => {
    await apply();
    own("/platform/dev/new", NEXT);
    writeFiles(folder, { "apps/orders/secrets.yaml": 'db: { from: ref, path: "/platform/{{env}}/new" }\n' });
    const made = await plan();
    expect(rows(made)).toEqual(["update orders@dev:db change", "update orders@dev:url change"]);
    await apply();
    expect(read("/cfg/dev/orders/db")).toBe(NEXT);
  });

  it("of a secret handed over to people is forgotten", async () => {
    await apply();
    writeFiles(folder, {
      "apps/orders/base.yaml": 'a: 1\ndb: "{{secret.db}}"\n',
      "apps/orders/secrets.yaml": "db: {}\n",
    });
    await apply();
    own("/platform/dev/orders-db", NEXT);
    expect(rows(await plan())).toEqual([]);
    expect(read("/cfg/dev/orders/db")).toBe(CANARY);
  });

  it("does not hide a change by hand", async () => {
    await apply();
    own("/cfg/dev/orders/db", "by hand");
    expect([rows(await plan()), (await plan()).summary.drift]).toEqual([[], 1]);
    own("/platform/dev/orders-db", NEXT);
    const made = await plan();
    expect(made.refusals.map(({ guard }) => guard)).toEqual(["conflict"]);
    await apply({ allow: ["conflict"] });
    expect(read("/cfg/dev/orders/db")).toBe(NEXT);
  });
});

describe("validate", () => {
  const ref = (path: string): void =>
    writeFiles(folder, { "apps/orders/secrets.yaml": `db: { from: ref, path: "${path}" }\n` });

  it.each([
    ["/other/team/db", "/other/team/db, is below no prefix that trueup.yaml allows secrets to be read from"],
    ["/platform/prod/db", "is below no prefix"],
    ["/cfg/dev/orders/db", "is a key that trueup writes itself (orders@dev:db)"],
    ["/cfg/dev/users/x", "is a key that trueup writes itself (users@dev:x)"],
    ["/cfg/.trueup/shop/local/dev/head", "is where trueup keeps its own records"],
    ["/platform/dev/../x", "has a level . or .."],
  ])("refuses the source %s", async (path, message) => {
    const sources = path.startsWith("/cfg") ? '"/cfg/"' : '"/platform/{{env}}/"';
    writeFiles(folder, {
      "trueup.yaml": CONFIG.replace('"/platform/{{env}}/"', sources),
      "apps/users/base.yaml": "x: 1\n",
      "apps/users/app.yaml": "places: [dev]\n",
    });
    ref(path);
    expect(await problems()).toEqual([expect.stringMatching(/^error TU4013 the source of the secret db, /u)]);
    expect(await problems()).toEqual([expect.stringContaining(message)]);
  });

  it("refuses a name in the path that is not known, and an app in the path of a shared secret", async () => {
    ref("/platform/{{envv}}/x");
    expect(await problems()).toEqual([expect.stringContaining("error TU2001 nothing is called envv")]);
    writeFiles(folder, {
      "apps/orders/base.yaml": 'db: "{{shared.secret.db}}"\n',
      "apps/orders/secrets.yaml": "{}\n",
      "shared/secrets.yaml": 'db: { from: ref, path: "/platform/{{env}}/{{app}}" }\n',
    });
    expect(await problems()).toEqual([expect.stringContaining("error TU2001 nothing is called app")]);
  });
});

describe("a store that is asked", () => {
  it("gives versions for a plan, and values only for an apply", async () => {
    expect([rows(await plan()).length, asked]).toEqual([3, []]);
    await apply();
    expect(new Set(asked)).toEqual(new Set(["/platform/dev/orders-db"]));
    own("/platform/dev/orders-db", NEXT);
    expect(printed(await plan())).toMatch(/source moved v\d+ → v\d+ \(\/platform\/dev\/orders-db\)/u);
  });

  it("and whose source moves between plan and apply stops the apply before it writes", async () => {
    meanwhile = () => own("/platform/dev/orders-db", NEXT);
    await expect(apply()).rejects.toMatchObject({ code: "MOVED" });
    expect(names()).toEqual(["/platform/dev/orders-db"]);
  });
});

describe("a value that does not fit", () => {
  const SCHEMA =
    "type: object\nproperties:\n  a: {}\n  url: {}\n  db: { type: string, minLength: 20 }\nadditionalProperties: false\n";

  it("its schema stops the apply before it writes, and is not shown", async () => {
    writeFiles(folder, { "apps/orders/schema.yaml": SCHEMA });
    const failed = await apply().catch((error: unknown) => error);
    expect(failed).toMatchObject({
      code: "UNFIT",
      details: ["TU3002 orders@dev:db: db must have at least 20 characters"],
    });
    expect(JSON.stringify([failed, String(failed)])).not.toContain(CANARY);
    expect(names().filter((name) => !name.startsWith("/platform/"))).toEqual([]);
    own("/platform/dev/orders-db", `${CANARY}${CANARY}`);
    await apply();
    expect(read("/cfg/dev/orders/db")).toBe(`${CANARY}${CANARY}`);
  });

  it("an alternative of its schema is found out too, and the text around it counts", async () => {
    writeFiles(folder, {
      "apps/orders/schema.yaml":
        "type: object\nproperties:\n  a: {}\n  url: { anyOf: [{ pattern: '^mysql:' }, { enum: [none] }] }\n  db: { pattern: '^canary' }\n",
    });
    await expect(apply()).rejects.toMatchObject({
      details: [
        "TU3008 orders@dev:url: url fits none of 2 alternatives; the closest, number 1, says: url must match ^mysql:",
      ],
    });
  });

  it("the store, in a later destination, stops it before the first is written", async () => {
    writeFiles(folder, {
      "trueup.yaml": CONFIG.replace(
        "local: {",
        'first: { type: directory, path: "/cfg/{{env}}/{{app}}/{{key}}", select: plain }\n  local: { select: secrets,',
      ),
    });
    own("/platform/dev/orders-db", "x\0y");
    const failed = await apply().catch((error: unknown) => error);
    expect(failed).toMatchObject({
      code: "UNFIT",
      details: [
        "TU5002 orders@dev:db: directory cannot hold its text",
        "TU5002 orders@dev:url: directory cannot hold its text",
      ],
    });
    expect(names()).toEqual(["/platform/dev/orders-db"]);
  });

  it("a helper stops it before the first is written", async () => {
    writeFiles(folder, {
      "apps/orders/app.yaml": "places: [dev, prod]\n",
      "apps/orders/base.yaml": `db: '{{replace secret.db "x" "${"y".repeat(3000)}"}}'\n`,
    });
    own("/platform/prod/orders-db", "x".repeat(1000));
    await expect(apply()).rejects.toMatchObject({
      code: "UNFIT",
      details: ["TU2005 orders@prod:db: the helper replace cannot work on the value of the secret db"],
    });
    expect(names().filter((name) => !name.startsWith("/platform/"))).toEqual([]);
  });
});
