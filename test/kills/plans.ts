/** Changes that an apply is killed in: a repo before and after, and, worked out without trueup, what the store then holds. */
import { PLACEHOLDER } from "../../src/apply/compose.ts";
import type { Key } from "../../src/model.ts";
import { Sealed } from "../../src/secret.ts";
import { setSopsValue } from "../../src/secrets/sops/encrypt.ts";
import { SET } from "../secrets/sops-files.ts";

export type Files = Readonly<Record<string, string>>;
export type Fits = (text: string) => boolean;

export interface Hand {
  readonly key: Key;
  readonly text: string;
  readonly secret?: boolean;
}

/** One plan to be killed in. `$STORE` in trueup.yaml becomes type and connection of the store. */
export interface Case {
  readonly name: string;
  /** Undefined: the store is empty. */
  readonly before: Files | undefined;
  readonly after: Files;
  /** Written by people after the first apply. */
  readonly hands: readonly Hand[];
  readonly allow: readonly string[];
  /** Every setting after the apply, by key; keys of other people are in `foreign`. */
  readonly expected: ReadonlyMap<Key, Fits>;
  readonly foreign: ReadonlyMap<Key, string>;
  /** Differences that people made and that the plan leaves alone. */
  readonly drift: number;
  /** Keys that must hold one and the same made-up value, inside some text. */
  readonly alike: readonly (readonly [Key, (text: string) => string])[];
}

type Values = Readonly<Record<string, string>>;
/** Values of each app by layer: `base`, or the name of an environment. */
type Apps = Readonly<Record<string, Readonly<Record<string, Values>>>>;

interface World {
  readonly envs: readonly string[];
  readonly apps: Apps;
  /** Further files, over the ones made from `apps`. */
  readonly more?: Files;
  readonly targets?: string;
}

interface Parts {
  readonly before?: World;
  readonly after: World;
  readonly hands?: readonly Hand[];
  readonly allow?: readonly string[];
  /** Over what the values say; undefined: not there. */
  readonly expect?: Readonly<Record<Key, string | Fits | undefined>>;
  readonly drift?: number;
  readonly alike?: Case["alike"];
  /** True: `expect` says it all. */
  readonly only?: boolean;
}

/** A small generator of numbers (mulberry32): the same for one seed. */
export function diceOf(seed: number): { below(n: number): number } {
  let state = seed;
  return {
    below(n) {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * n);
    },
  };
}
type Dice = ReturnType<typeof diceOf>;

const KEYS = '{ $STORE, path: "/cfg/{{env}}/{{app}}/{{key}}" }';
const BLOB = '{ $STORE, layout: blob, shape: dotted, path: "/cfg/{{env}}/{{app}}" }';
const GROUPS = '{ $STORE, layout: groups, shape: nested, path: "/cfg/{{env}}/{{app}}/{{group}}" }';

function filesOf({ envs, apps, more = {}, targets = `\n  config: ${KEYS}` }: World): Files {
  const files: Record<string, string> = {
    "trueup.yaml": `version: 1\nsystem: shop\nenvironments: { ${envs.map((env) => `${env}: {}`).join(", ")} }\nsecrets: { sources: ["/platform/{{env}}/"] }\ntargets:${targets}\n`,
  };
  for (const [app, layers] of Object.entries(apps))
    for (const [layer, values] of Object.entries(layers)) files[`apps/${app}/${layer}.yaml`] = JSON.stringify(values);
  return { ...files, ...more };
}

/** The keys of layout `keys`: later layers win, nothing else to know. */
function keysOf({ envs, apps }: World): Map<Key, string> {
  const found = new Map<Key, string>();
  for (const env of envs)
    for (const [app, layers] of Object.entries(apps))
      for (const [name, text] of Object.entries({ ...layers["base"], ...layers[env] }))
        found.set(`/cfg/${env}/${app}/${name}`, text);
  return found;
}

const AMONG: Hand = { key: "/cfg/dev/orders/zz-foreign", text: "theirs" };
const FOREIGN: readonly Hand[] = [
  { key: "/cfg/dev/ordersx/a", text: "theirs too" },
  { key: "/elsewhere/a", text: "far away" },
];

function is(text: string): Fits {
  return (found) => found === text;
}

/** JSON that means the same. */
function json(value: unknown): Fits {
  const sorted = (one: unknown): string =>
    JSON.stringify(one, (_, inner: unknown) =>
      typeof inner === "object" && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    );
  return (found) => {
    try {
      return sorted(JSON.parse(found)) === sorted(value);
    } catch {
      return false;
    }
  };
}

function caseOf(name: string, parts: Parts): Case {
  const expected = new Map<Key, Fits>();
  if (parts.only !== true) for (const [key, text] of keysOf(parts.after)) expected.set(key, is(text));
  for (const [key, text] of Object.entries(parts.expect ?? {}))
    if (text === undefined) expected.delete(key);
    else expected.set(key, typeof text === "string" ? is(text) : text);
  const foreign = expected.has("/cfg/dev/orders") ? FOREIGN : [AMONG, ...FOREIGN];
  return {
    name,
    before: parts.before === undefined ? undefined : filesOf(parts.before),
    after: filesOf(parts.after),
    hands: [...foreign, ...(parts.hands ?? [])],
    allow: ["delete", "empty", "wide", ...(parts.allow ?? [])],
    expected,
    foreign: new Map(foreign.map(({ key, text }) => [key, text])),
    drift: parts.drift ?? 0,
    alike: parts.alike ?? [],
  };
}

/** `count` values named k0, k1, … */
function numbered(dice: Dice, count: number, mark: string): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, `${mark}${n} ${dice.below(1000)}`]));
}

function worldOf(dice: Dice, mark: string, apps = 1 + dice.below(3), envs = 1 + dice.below(3)): World {
  const names = ["orders", "billing", "search"].slice(0, apps);
  return {
    envs: ["dev", "test", "prod"].slice(0, envs),
    apps: Object.fromEntries(
      names.map((app) => [
        app,
        {
          base: numbered(dice, 1 + dice.below(6), mark),
          ...(dice.below(2) === 0 ? { dev: { k0: `${mark} dev` } } : {}),
        },
      ]),
    ),
  };
}

/** The same world with some values changed, some gone and some new. */
function changed(dice: Dice, world: World, how: { change: boolean; drop: boolean; add: boolean }): World {
  const apps = Object.entries(world.apps).map(([app, layers]) => {
    const base: Record<string, string> = {};
    for (const [name, text] of Object.entries(layers["base"] ?? {})) {
      const draw = dice.below(3);
      // The last one stays, so that no unit is left without keys.
      if (how.drop && draw === 0 && name !== "k0") continue;
      base[name] = how.change && (draw === 1 || name === "k0") ? `${text} changed` : text;
    }
    if (how.add) for (let n = 0; n <= dice.below(3); n++) base[`new${n}`] = `new ${dice.below(1000)}`;
    return [app, { ...layers, base }] as const;
  });
  return { ...world, apps: Object.fromEntries(apps) };
}

const one = (base: Values, more: Files = {}, targets?: string): World => ({
  envs: ["dev"],
  apps: { orders: { base } },
  more,
  ...(targets === undefined ? {} : { targets: `\n  config: ${targets}` }),
});

async function sopsOf(text: string): Promise<string> {
  return setSopsValue({ path: "apps/orders/dev.sops.yaml", text: "" }, "db", new Sealed(text), SET);
}

const MADE = /^[A-Za-z0-9]{32}$/u;
const isMade: Fits = (text) => MADE.test(text);

const KINDS: Readonly<Record<string, (dice: Dice) => Parts | Promise<Parts>>> = {
  first: (dice) => ({ after: worldOf(dice, "one") }),
  add(dice) {
    const before = worldOf(dice, "one");
    return { before, after: changed(dice, before, { change: false, drop: false, add: true }) };
  },
  change(dice) {
    const before = worldOf(dice, "one");
    return { before, after: changed(dice, before, { change: true, drop: false, add: false }) };
  },
  mixed(dice) {
    const before = worldOf(dice, "one");
    return { before, after: changed(dice, before, { change: true, drop: true, add: true }) };
  },
  remove(dice) {
    const before = one(numbered(dice, 4 + dice.below(4), "one"));
    return { before, after: one({ k0: before.apps["orders"]?.["base"]?.["k0"] ?? "" }) };
  },
  "app gone"(dice) {
    const before = worldOf(dice, "one", 2, 2);
    const { orders = {} } = before.apps;
    return { before, after: { ...before, apps: { orders } } };
  },
  "becomes secret": (dice) => ({
    before: one({ k0: "plain", k1: `one ${dice.below(9)}` }),
    after: one({ k0: "{{secret.k}}", k1: "two" }, { "apps/orders/secrets.yaml": "k: {}\n" }),
    allow: ["replace"],
    expect: { "/cfg/dev/orders/k0": PLACEHOLDER },
  }),
  "becomes plain": (dice) => ({
    before: one({ k0: "{{secret.k}}", k1: `one ${dice.below(9)}` }, { "apps/orders/secrets.yaml": "k: {}\n" }),
    after: one({ k0: "plain now", k1: "two" }),
    allow: ["replace"],
  }),
  adopt(dice) {
    const same = dice.below(2) === 0;
    return {
      before: one({ k0: "one" }),
      after: one({ k0: "two", k1: "there already", k2: "new" }),
      hands: [{ key: "/cfg/dev/orders/k1", text: same ? "there already" : "another text" }],
      allow: ["adopt"],
    };
  },
  "drift beside": (dice) => ({
    before: one({ k0: "one", k1: "one", k2: "one" }),
    after: one({ k0: `two ${dice.below(9)}`, k1: "one" }),
    hands: [{ key: "/cfg/dev/orders/k1", text: "by hand" }],
    expect: { "/cfg/dev/orders/k1": "by hand" },
    drift: 1,
  }),
  blob(dice) {
    const [before, after] = [numbered(dice, 5, "one"), { ...numbered(dice, 3, "two"), added: "x" }];
    const first = dice.below(2) === 0;
    return {
      ...(first ? {} : { before: one(before, {}, BLOB) }),
      after: one(after, {}, BLOB),
      only: true,
      expect: { "/cfg/dev/orders": json(after) },
    };
  },
  "blob with strangers": (dice) => ({
    before: one({ a: "one", b: "one" }, {}, BLOB),
    after: one({ a: `two ${dice.below(9)}`, c: "new" }, {}, BLOB),
    hands: [{ key: "/cfg/dev/orders", text: JSON.stringify({ a: "one", b: "one", STRANGER: "kept" }) }],
    only: true,
    expect: {
      "/cfg/dev/orders": (text) =>
        json({ a: JSON.parse(text).a, c: "new", STRANGER: "kept" })(text) && /two/u.test(text),
    },
  }),
  "blob with secrets": (dice) => ({
    before: one({ a: "one", s: "{{secret.s}}" }, { "apps/orders/secrets.yaml": "s: {}\n" }, BLOB),
    after: one(
      { a: `two ${dice.below(9)}`, s: "{{secret.s}}", t: "{{secret.t}}" },
      { "apps/orders/secrets.yaml": "s: {}\nt: {}\n" },
      BLOB,
    ),
    hands: [
      { key: "/cfg/dev/orders", text: JSON.stringify({ a: "one", s: "filled in", STRANGER: "kept" }), secret: true },
    ],
    only: true,
    expect: {
      "/cfg/dev/orders": (text) =>
        /two/u.test(text) && json({ a: JSON.parse(text).a, s: "filled in", t: PLACEHOLDER, STRANGER: "kept" })(text),
    },
  }),
  groups: (dice) => ({
    before: one(
      {},
      { "apps/orders/base.yaml": "db: { host: a, port: one }\nlog: { level: info }\nold: { x: v }\n" },
      GROUPS,
    ),
    after: one(
      {},
      { "apps/orders/base.yaml": `db: { host: b${dice.below(9)}, port: one }\nlog: { level: info }\nnew: { x: v }\n` },
      GROUPS,
    ),
    only: true,
    expect: {
      "/cfg/dev/orders/db": (text) => /"b\d"/u.test(text),
      "/cfg/dev/orders/log": json({ level: "info" }),
      "/cfg/dev/orders/new": json({ x: "v" }),
    },
  }),
  placeholder: (dice) => ({
    before: one({ k0: "one" }),
    after: one(
      { k0: `two ${dice.below(9)}`, s: "{{secret.s}}", t: "{{secret.t}}" },
      { "apps/orders/secrets.yaml": "s: {}\nt: {}\n" },
    ),
    expect: { "/cfg/dev/orders/s": PLACEHOLDER, "/cfg/dev/orders/t": PLACEHOLDER },
  }),
  "filled in": (dice) => ({
    before: one({ k0: "one", s: "{{secret.s}}" }, { "apps/orders/secrets.yaml": "s: {}\n" }),
    after: one(
      { k0: `two ${dice.below(9)}`, s: "{{secret.s}}", t: "{{secret.t}}" },
      { "apps/orders/secrets.yaml": "s: {}\nt: {}\n" },
    ),
    hands: [{ key: "/cfg/dev/orders/s", text: "by people", secret: true }],
    expect: { "/cfg/dev/orders/s": "by people", "/cfg/dev/orders/t": PLACEHOLDER },
  }),
  async sops(dice) {
    const yaml = { "apps/orders/secrets.yaml": "db: { from: sops }\n" };
    const world = async (text: string, k0: string): Promise<World> =>
      one(
        { k0, db: "{{secret.db}}", url: "x://{{secret.db}}@h" },
        { ...yaml, "apps/orders/dev.sops.yaml": await sopsOf(text) },
      );
    return {
      ...(dice.below(3) === 0 ? { before: one({ k0: "one" }) } : { before: await world("old-secret", "one") }),
      after: await world("new-secret", "two"),
      expect: { "/cfg/dev/orders/db": "new-secret", "/cfg/dev/orders/url": "x://new-secret@h" },
    };
  },
  generate(dice) {
    const secrets = (version: number): Files => ({
      "apps/orders/secrets.yaml": `g: { from: generate, version: ${version} }\n`,
    });
    const texts = { g: "{{secret.g}}", url: "x://{{secret.g}}@h" };
    return {
      ...(dice.below(2) === 0 ? {} : { before: one({ k0: "one", ...texts }, secrets(1)) }),
      after: one({ k0: "two", ...texts }, secrets(2)),
      expect: { "/cfg/dev/orders/g": isMade, "/cfg/dev/orders/url": (text) => isMade(text.slice(4, -2)) },
      alike: [
        ["/cfg/dev/orders/g", (text) => text],
        ["/cfg/dev/orders/url", (text) => text.slice(4, -2)],
      ],
    };
  },
  "generate in two targets"(dice) {
    const targets = `\n  config: ${KEYS}\n  blobs: ${BLOB.replace("/cfg/", "/cfg-blob/")}`;
    const world = (version: number, k0: string): World => ({
      ...one({ k0, g: "{{secret.g}}" }, { "apps/orders/secrets.yaml": `g: { from: generate, version: ${version} }\n` }),
      targets,
    });
    return {
      ...(dice.below(2) === 0 ? {} : { before: world(1, "one") }),
      after: world(2, "two"),
      expect: {
        "/cfg/dev/orders/g": isMade,
        "/cfg-blob/dev/orders": (text) => /two/u.test(text) && isMade((JSON.parse(text) as { g: string }).g),
      },
      alike: [
        ["/cfg/dev/orders/g", (text) => text],
        ["/cfg-blob/dev/orders", (text) => (JSON.parse(text) as { g: string }).g],
      ],
    };
  },
  "sops rotation": async (dice) => {
    const yaml = "db: { from: sops, rotate: { previous: old, grace: 24h } }\nold: { from: sops }\n";
    const world = async (db: string, old: string, k0: string): Promise<World> => {
      const path = "apps/orders/dev.sops.yaml";
      const text = await setSopsValue({ path, text: await sopsOf(db) }, "old", new Sealed(old), SET);
      return one(
        { k0, db: "{{secret.db}}", old: "{{secret.old}}" },
        { "apps/orders/secrets.yaml": yaml, [path]: text },
      );
    };
    return {
      before: await world("value-1", "value-0", "one"),
      after: await world("value-2", "value-1", `two ${dice.below(9)}`),
      expect: { "/cfg/dev/orders/db": "value-2", "/cfg/dev/orders/old": "value-1" },
    };
  },
  "read from another key": (dice) => ({
    before: one({ k0: "one" }),
    after: one(
      { k0: `two ${dice.below(9)}`, s: "{{secret.s}}" },
      { "apps/orders/secrets.yaml": 's: { from: ref, path: "/platform/{{env}}/s" }\n' },
    ),
    hands: [{ key: "/platform/dev/s", text: "of the platform", secret: true }],
    expect: { "/cfg/dev/orders/s": "of the platform", "/platform/dev/s": "of the platform" },
  }),
  "two targets"(dice) {
    const targets = `\n  config: ${KEYS.replace("$STORE", "$STORE, select: plain")}\n  secrets: ${KEYS.replace("$STORE", "$STORE, select: secrets").replace("/cfg/", "/sec/")}`;
    const secrets = { "apps/orders/secrets.yaml": "s: {}\n" };
    return {
      before: { ...one({ k0: "one", k1: "one" }), targets },
      after: { ...one({ k0: `two ${dice.below(9)}`, s: "{{secret.s}}" }, secrets), targets },
      expect: { "/cfg/dev/orders/s": undefined, "/sec/dev/orders/s": PLACEHOLDER },
    };
  },
  "many keys"(dice) {
    const before = one(numbered(dice, 60 + dice.below(90), "one"));
    return { before, after: changed(dice, before, { change: true, drop: true, add: true }) };
  },
};

export const KIND_NAMES = Object.keys(KINDS);

/** The case of a kind and a seed: always the same one, ciphertexts apart. */
export async function planOf(kind: string, seed: number): Promise<Case> {
  const make = KINDS[kind];
  if (make === undefined) throw new Error(`no kind ${kind}`);
  return caseOf(`${kind} ${seed}`, await make(diceOf(seed)));
}
