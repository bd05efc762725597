/** Secrets that are encrypted in Git, on any store: from a pull request to the store and back by revert. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type Drivers,
  type Key,
  type Plan,
  Sealed,
  decodeLedger,
  encodeLedger,
  folderSource,
  openProject,
  drivers,
  formatPath,
  want,
} from "../src/index.ts";
import { jsonPlan } from "../src/report/plan/json.ts";
import { setSopsValue } from "../src/secrets/sops/encrypt.ts";
import { type RunOptions, run, tempFolder, writeFiles } from "./project.ts";
import { IDENTITIES, SET } from "./secrets/sops-files.ts";

/** Found nowhere but in the keys they belong to. */
const CANARY = "canary-0-Zq7!";
const NEXT = "canary-1-Zq7!";

/** A store with nothing in it, and ways into it past trueup. */
export interface StoryStore {
  /** `type` and `connection` of a target. */
  readonly target: string;
  readonly drivers: Drivers;
  /** Undefined: there is no such key. */
  read(key: Key): Promise<string | undefined>;
  /** Writes as a person would: secrets stay secret, and what is new is one. */
  hand(key: Key, text: string): Promise<void>;
  /** Every key with its text, trueup's own records too. */
  everything(): Promise<ReadonlyMap<Key, string>>;
  dispose(): unknown;
}

const rows = (made: Plan): string[] =>
  made.destinations.flatMap((destination) =>
    destination.units.flatMap((unit) =>
      unit.changes.flatMap((change) =>
        change.members.map(
          (member) =>
            `${change.kind} ${unit.unit}:${formatPath(member.path)} ${member.action}${change.placeholder ? " ?" : ""}`,
        ),
      ),
    ),
  );
const refused = (made: Plan): string[] => made.refusals.filter((one) => !one.lifted).map((one) => one.guard);
const sum = (made: Plan): number[] => {
  const { add, change, drift, conflict, needsValue } = made.summary;
  return [add, change, made.summary.delete, drift, conflict, needsValue];
};

/** `start` gives an empty store; `folder` is the config root. */
export function sopsStory(start: (folder: string) => Promise<StoryStore>): void {
  const config = (target: string): string => `version: 1
system: shop
environments:
  dev: {}
  prod: {}
targets:
  local: { ${store.target}, ${target} }
`;
  const inKeys = (): string => config('path: "/cfg/{{env}}/{{app}}/{{key}}"');
  let folder: string;
  let store: StoryStore;
  let dispose: () => void;

  const keys = () => Promise.resolve({ ageIdentities: [IDENTITIES.one] });
  const options = (more: RunOptions): RunOptions => ({ drivers: store.drivers, ...more });
  const apply = (more: RunOptions = {}) => run(folder, "apply", options({ keys, ...more }));
  const plan = async (more: RunOptions = {}): Promise<Plan> => (await run(folder, "plan", options(more))).plan;
  const read: StoryStore["read"] = (key) => store.read(key);
  const hand: StoryStore["hand"] = (key, text) => store.hand(key, text);

  /** Sets a value in the encrypted file of an app and layer, as `trueup secrets set` does. */
  async function encrypt(layer: string, name: string, value: string, home = "apps/orders"): Promise<string> {
    const path = `${home}/${layer}.sops.yaml`;
    let text = "";
    try {
      text = readFileSync(join(folder, path), "utf8");
    } catch {
      // The first value makes the file.
    }
    const after = await setSopsValue({ path, text }, name, new Sealed(value), SET);
    writeFileSync(join(folder, path), after);
    return after;
  }

  async function problems(): Promise<string[]> {
    const project = await openProject(folderSource(folder), drivers);
    const desired = want(project, {});
    const found = "problems" in desired ? desired.problems : desired.wanted.problems;
    return found.map((one) => `${one.severity} ${one.code} ${one.message} → ${one.fix ?? ""}`);
  }

  beforeEach(async () => {
    ({ folder, dispose } = tempFolder());
    store = await start(folder);
    writeFiles(folder, {
      "trueup.yaml": inKeys(),
      "apps/orders/base.yaml": 'a: 1\ndb: "{{secret.db}}"\n',
      "apps/orders/secrets.yaml": "db: { from: sops }\n",
      "apps/orders/app.yaml": "places: [dev]\n",
    });
    await encrypt("dev", "db", CANARY);
  });
  afterEach(async () => {
    await store.dispose();
    dispose();
  });

  describe("one secret", () => {
    it("is planned without a key, and written as Git says", async () => {
      const made = await plan();
      expect(rows(made)).toEqual(["create orders@dev:a add", "create orders@dev:db add"]);
      expect(made.edits.map((edit) => [edit.path, edit.holders, edit.placeholder])).toEqual([
        [["a"], undefined, false],
        [["db"], ["sops"], false],
      ]);
      const { receipts } = await apply();
      expect(receipts.map((one) => [one.result, one.applied])).toEqual([["applied", 2]]);
      expect(await read("/cfg/dev/orders/db")).toBe(CANARY);
      const after = await plan();
      expect(sum(after)).toEqual([0, 0, 0, 0, 0, 0]);
      expect(after.destinations[0]?.units).toEqual([]);
    });

    it("changes with its ciphertext, and comes back by a revert", async () => {
      const old = readFileSync(join(folder, "apps/orders/dev.sops.yaml"), "utf8");
      await apply();
      const before = await plan();
      await encrypt("dev", "db", NEXT);
      const made = await plan();
      expect(rows(made)).toEqual(["update orders@dev:db change"]);
      expect(made.digest).not.toBe(before.digest);
      await apply();
      expect(await read("/cfg/dev/orders/db")).toBe(NEXT);
      writeFiles(folder, { "apps/orders/dev.sops.yaml": old });
      expect(rows(await plan())).toEqual(["update orders@dev:db change"]);
      await apply();
      expect(await read("/cfg/dev/orders/db")).toBe(CANARY);
      expect(rows(await plan())).toEqual([]);
    });

    it("has another plan for another ciphertext, also of the same value", async () => {
      const first = await plan();
      writeFiles(folder, { "apps/orders/dev.sops.yaml": "" });
      await encrypt("dev", "db", CANARY);
      expect((await plan()).digest).not.toBe(first.digest);
    });

    it("is deleted with its last use", async () => {
      await apply();
      writeFiles(folder, { "apps/orders/base.yaml": "a: 1\n" });
      expect(rows(await plan())).toEqual(["delete orders@dev:db remove"]);
      await apply();
      expect(await read("/cfg/dev/orders/db")).toBeUndefined();
      expect(rows(await plan())).toEqual([]);
    });
  });

  describe("a change by hand", () => {
    beforeEach(async () => {
      await apply();
      await hand("/cfg/dev/orders/db", "by hand");
    });

    it("is drift, and stays unless told", async () => {
      const { plan: made } = await apply();
      expect(made.destinations[0]?.drift).toMatchObject([{ path: ["db"], secret: true, kind: "changed" }]);
      expect(await read("/cfg/dev/orders/db")).toBe("by hand");
      expect((await plan()).summary.drift).toBe(1);
      await apply({ allow: ["drift"] });
      expect(await read("/cfg/dev/orders/db")).toBe(CANARY);
      expect(sum(await plan())).toEqual([0, 0, 0, 0, 0, 0]);
    });

    it("is a conflict with a change in Git", async () => {
      await encrypt("dev", "db", NEXT);
      const made = await plan();
      expect(refused(made)).toEqual(["conflict"]);
      expect(rows(made)).toEqual([]);
      await apply({ allow: ["conflict"] });
      expect(await read("/cfg/dev/orders/db")).toBe(NEXT);
    });

    it("is a conflict with a deletion in Git", async () => {
      writeFiles(folder, { "apps/orders/base.yaml": "a: 1\n" });
      expect((await plan()).destinations[0]?.conflicts).toMatchObject([{ kind: "changed-live", path: ["db"] }]);
      expect(await read("/cfg/dev/orders/db")).toBe("by hand");
    });
  });

  describe("holders", () => {
    it("hand over from people to Git in one visible change, and back without touching the value", async () => {
      writeFiles(folder, { "apps/orders/secrets.yaml": "db: {}\n" });
      await apply();
      await hand("/cfg/dev/orders/db", "filled in by people");
      writeFiles(folder, { "apps/orders/secrets.yaml": "db: { from: sops }\n" });
      expect(rows(await plan())).toEqual(["update orders@dev:db change"]);
      await apply();
      expect(await read("/cfg/dev/orders/db")).toBe(CANARY);
      writeFiles(folder, { "apps/orders/secrets.yaml": "db: {}\n" });
      expect(rows((await apply()).plan)).toEqual([]);
      await hand("/cfg/dev/orders/db", "rotated by people");
      expect(sum(await plan())).toEqual([0, 0, 0, 0, 0, 0]);
    });

    it("do not take over a value that is there already without being told", async () => {
      writeFiles(folder, { "apps/orders/base.yaml": "a: 1\n" });
      await apply();
      await hand("/cfg/dev/orders/db", "theirs");
      writeFiles(folder, { "apps/orders/base.yaml": 'a: 1\ndb: "{{secret.db}}"\n' });
      const made = await plan();
      expect(rows(made)).toContain("adopt orders@dev:db add");
      expect(refused(made)).toEqual(["adopt"]);
      await apply({ allow: ["adopt"] });
      expect(await read("/cfg/dev/orders/db")).toBe(CANARY);
    });
  });

  describe("longer texts", () => {
    it("are built at apply, with helpers, in files and in lists", async () => {
      writeFiles(folder, {
        "apps/orders/base.yaml":
          'host: h\nurl: "postgres://u:{{secret.db}}@{{self.host}}/x"\nauth: "Basic {{base64 secret.db}}"\nlist: [x, "{{secret.db}}"]\n',
        "apps/orders/files/app.conf.hbs": "host={{host}}\npassword={{secret.db}}\n",
      });
      await apply();
      expect(await read("/cfg/dev/orders/url")).toBe(`postgres://u:${CANARY}@h/x`);
      expect(await read("/cfg/dev/orders/auth")).toBe(`Basic ${Buffer.from(CANARY).toString("base64")}`);
      expect(await read("/cfg/dev/orders/list")).toBe(JSON.stringify(["x", CANARY]));
      expect(await read("/cfg/dev/orders/files/app.conf")).toBe(`host=h\npassword=${CANARY}\n`);
      expect(rows(await plan())).toEqual([]);
      const text = readFileSync(join(folder, "apps/orders/base.yaml"), "utf8");
      writeFiles(folder, { "apps/orders/base.yaml": text.replace("host: h", "host: k") });
      expect(rows(await plan()).toSorted()).toEqual([
        'update orders@dev:files."app.conf" change',
        "update orders@dev:host change",
        "update orders@dev:url change",
      ]);
    });
  });

  describe("blobs", () => {
    const inBlob = (): string => config('layout: blob, shape: env, path: "/env/{{env}}/{{app}}"');
    const blob = async (): Promise<Record<string, string>> =>
      JSON.parse((await read("/env/dev/orders")) ?? "null") as Record<string, string>;

    beforeEach(async () => {
      writeFiles(folder, { "trueup.yaml": inBlob() });
      await apply();
    });

    it("hold plain values, secrets from Git and secrets of people side by side", async () => {
      expect(await blob()).toEqual({ A: "1", DB: CANARY });
      expect(rows(await plan())).toEqual([]);
      writeFiles(folder, {
        "apps/orders/base.yaml": 'a: 2\ndb: "{{secret.db}}"\ntheirs: "{{secret.theirs}}"\n',
        "apps/orders/secrets.yaml": "db: { from: sops }\ntheirs: {}\n",
      });
      const { plan: made } = await apply();
      expect(rows(made)).toEqual(["update orders@dev:a change ?", "update orders@dev:theirs add ?"]);
      expect(made.destinations[0]?.needsValue).toEqual([{ unit: "orders@dev", path: ["theirs"], secret: "theirs" }]);
      expect(await blob()).toMatchObject({ A: "2", DB: CANARY });
      await hand("/env/dev/orders", JSON.stringify({ ...(await blob()), THEIRS: "filled", STRANGER: "kept" }));
      await encrypt("dev", "db", NEXT);
      expect(rows((await apply()).plan)).toEqual(["update orders@dev:db change"]);
      expect(await blob()).toEqual({ A: "2", DB: NEXT, THEIRS: "filled", STRANGER: "kept" });
      writeFiles(folder, { "apps/orders/base.yaml": 'a: 2\ntheirs: "{{secret.theirs}}"\n' });
      expect(rows((await apply()).plan)).toEqual(["update orders@dev:DB remove"]);
      expect(await blob()).toEqual({ A: "2", THEIRS: "filled", STRANGER: "kept" });
    });

    it("that only Git writes are drifted when somebody else did", async () => {
      await hand("/env/dev/orders", JSON.stringify({ ...(await blob()), DB: "by hand", STRANGER: "kept" }));
      expect(sum(await plan())).toEqual([0, 0, 0, 1, 0, 0]);
      await apply({ allow: ["drift"] });
      expect(await blob()).toEqual({ A: "1", DB: CANARY, STRANGER: "kept" });
      expect(sum(await plan())).toEqual([0, 0, 0, 0, 0, 0]);
    });
  });

  describe("files", () => {
    it("of a region win over those of its environment, name by name, and shared ones serve all apps", async () => {
      writeFiles(folder, {
        "trueup.yaml": inKeys()
          .replace("prod: {}", "prod: { regions: [east, west] }")
          .replace("{{env}}", "{{env}}.{{region}}"),
        "apps/orders/app.yaml": "places: [prod]\n",
        "apps/orders/base.yaml": 'a: "{{secret.db}}"\nb: "{{secret.other}}"\nc: "{{shared.secret.smtp}}"\n',
        "apps/orders/secrets.yaml": "db: { from: sops }\nother: { from: sops }\n",
        "shared/secrets.yaml": "smtp: { from: sops }\n",
      });
      await encrypt("prod", "db", "all");
      await encrypt("prod", "other", "other");
      await encrypt("prod.west", "db", "west");
      await encrypt("prod", "smtp", "mail", "shared");
      await apply();
      const values = (place: string): Promise<unknown[]> =>
        Promise.all(["a", "b", "c"].map((key) => read(`/cfg/prod.${place}/orders/${key}`)));
      expect(await values("east")).toEqual(["all", "other", "mail"]);
      expect(await values("west")).toEqual(["west", "other", "mail"]);
    });

    it("without the value, with strangers, or with text that is not encrypted are problems", async () => {
      writeFiles(folder, { "apps/orders/app.yaml": "places: [dev, prod]\n" });
      expect(await problems()).toEqual([
        "error TU4007 the secret db has no value for prod: apps/orders/prod.sops.yaml does not hold it → trueup secrets set orders db --env prod",
      ]);
      writeFiles(folder, { "apps/orders/app.yaml": "places: [dev]\n" });
      await encrypt("dev", "stranger", "x");
      expect(await problems()).toEqual([
        "warning TU4004 nothing uses stranger of apps/orders/dev.sops.yaml: secrets.yaml does not define it → define stranger with from: sops, or drop it",
      ]);
      const text = readFileSync(join(folder, "apps/orders/dev.sops.yaml"), "utf8");
      writeFiles(folder, { "apps/orders/dev.sops.yaml": text.replace(/^db: .*$/mu, `db: ${CANARY}`) });
      const [first] = await problems();
      expect(first).toContain("TU4001");
      expect(first).not.toContain(CANARY);
    });
  });

  describe("what cannot be decrypted", () => {
    it("leaves every store as it is", async () => {
      const wrong = () => Promise.resolve({ ageIdentities: [IDENTITIES.stranger] });
      await expect(apply({ keys: wrong })).rejects.toMatchObject({ code: "DENIED" });
      await expect(apply({ keys: undefined })).rejects.toMatchObject({ code: "DENIED" });
      expect(await store.everything()).toEqual(new Map());
    });

    it("is refused when a value was moved or its file put together from two", async () => {
      await encrypt("dev", "extra", "x");
      const text = readFileSync(join(folder, "apps/orders/dev.sops.yaml"), "utf8");
      writeFiles(folder, { "apps/orders/dev.sops.yaml": text.replace(/^extra: .*\n/mu, "") });
      expect(rows(await plan())).toContain("create orders@dev:db add");
      await expect(apply()).rejects.toMatchObject({ code: "CORRUPT" });
      expect(await store.everything()).toEqual(new Map());
    });

    it("is not asked for where no secret is written", async () => {
      await apply();
      writeFiles(folder, { "apps/orders/base.yaml": 'a: 2\ndb: "{{secret.db}}"\n' });
      const never = () => Promise.reject(new Error("keys were asked for"));
      await apply({ keys: never });
      expect(await read("/cfg/dev/orders/a")).toBe("2");
    });
  });

  describe("an apply that was interrupted", () => {
    it("goes on by writing what it had announced, without a conflict with itself", async () => {
      await apply();
      const record = "/cfg/.trueup/shop/local/dev/units/orders";
      const stored = decodeLedger((await read(record)) ?? "", record, "1");
      const entry = stored.settings.get("/cfg/dev/orders/db");
      if (entry === undefined) throw new Error("no entry");
      // As a store leaves it that cannot write a unit whole: announced, and the value written.
      await encrypt("dev", "db", NEXT);
      const pending = new Map([["/cfg/dev/orders/db", { ...entry, digest: "c:announced" }]]);
      await hand(record, encodeLedger({ ...stored, pending }));
      await hand("/cfg/dev/orders/db", NEXT);
      const { plan: made } = await apply();
      expect([rows(made), refused(made)]).toEqual([["update orders@dev:db change"], []]);
      expect(sum(await plan())).toEqual([0, 0, 0, 0, 0, 0]);
    });
  });

  describe("the value", () => {
    it("stands in its own key and nowhere else", async () => {
      writeFiles(folder, { "apps/orders/base.yaml": 'db: "{{secret.db}}"\nurl: "x://{{secret.db}}"\n' });
      const { plan: made, receipts, planned } = await apply();
      const again = await run(folder, "plan", options({}));
      const said = JSON.stringify([
        made,
        receipts,
        again.plan,
        [...planned.wanted.units.values()].map((unit) => unit.rendered),
      ]);
      const json = jsonPlan(made, { locate: () => undefined });
      const forms = [CANARY, Buffer.from(CANARY).toString("base64"), Buffer.from(CANARY).toString("hex")];
      for (const form of forms) expect(said + json).not.toContain(form);
      const holding = [...(await store.everything())].flatMap(([key, text]) => (text.includes(CANARY) ? [key] : []));
      expect(holding.toSorted()).toEqual(["/cfg/dev/orders/db", "/cfg/dev/orders/url"]);
    });
  });
}
