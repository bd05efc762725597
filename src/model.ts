/**
 * The vocabulary: types only, imports nothing. Read this first, `pipeline.ts` second.
 *
 * Longer than other files on purpose: every stage speaks these words, so they stand in one place.
 */

// ── Values ───────────────────────────────────────────────────────────────────────────────────────

export type Scalar = string | number | boolean | null;
/** What a YAML file can hold: JSON's data model. Maps are plain objects without `__proto__`. */
export type Plain = Scalar | readonly Plain[] | PlainMap;
export interface PlainMap {
  readonly [key: string]: Plain;
}

/** A rendered value: like {@link Plain}, but any leaf may be a {@link Secret}. */
export type Value = Scalar | Secret | readonly Value[] | ValueMap;
export interface ValueMap {
  readonly [key: string]: Value;
}

/**
 * Text that contains at least one secret. It knows the names of the secrets, never their values; made by
 * `secret()` in `secret.ts`, recognised by `isSecret()`.
 */
export interface Secret {
  readonly parts: readonly (string | SecretUse)[];
}
export interface SecretUse {
  readonly secret: SecretId;
  /** Helpers to run on the value once it is known, innermost first. */
  readonly through: readonly HelperCall[];
}
export interface HelperCall {
  readonly helper: string;
  readonly args: readonly Plain[];
}
/** `db_password` of the app itself, or `shared.smtp_password`. */
export type SecretId = string;

// ── Places, units, keys ──────────────────────────────────────────────────────────────────────────

/** Environment and region: `prod.us-east-2`, or just `prod` where an environment has no regions. */
export type PlaceId = string;
/** One app in one place: `orders@prod.us-east-2`. */
export type UnitId = string;
/** Path inside an app's values, one string per level. Written with dots: see `address.ts`. */
export type KeyPath = readonly string[];
/** A physical key in a store, always with a leading slash: `/config/prod/orders/http/port`. */
export type Key = string;
/** What a store says to tell two writes of one key apart. Opaque: compared for equality only. */
export type Version = string;

export interface Place {
  readonly id: PlaceId;
  readonly env: string;
  readonly region: string | undefined;
  readonly protected: boolean;
  /** Facts of the environment, overlaid by facts of the region. */
  readonly vars: PlainMap;
}

// ── The config repo, as loaded ───────────────────────────────────────────────────────────────────

export interface SourceFile {
  /** Relative to the config root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** `base`, `<env>` or `<env>.<region>`: the file name without `.yaml`. */
export type LayerName = string;
export interface Layer {
  readonly name: LayerName;
  readonly file: string;
  readonly values: PlainMap;
  /** Keys of lower layers that this one drops (`$remove`). */
  readonly remove: readonly KeyPath[];
}

export type Holder = "external" | "sops" | "generate" | "ref";
export interface SecretDefinition {
  readonly id: SecretId;
  readonly holder: Holder;
  readonly description: string | undefined;
  readonly owner: string | undefined;
  /** A second secret that holds the value of before for a while after a rotation. */
  readonly rotate?: { readonly previous: SecretId; readonly graceMs: number };
  readonly at: Origin;
  /** With holder `generate`. */
  readonly generate?: Generation;
  /** With holder `ref`: template of the key that has the value. */
  readonly path?: string;
}
/** How a value is made up. Any change to it makes a new value. */
export interface Generation {
  /** Characters. */
  readonly length: number;
  /** Name of a set of characters, or the characters themselves. */
  readonly alphabet: string;
  readonly version: number;
}

/** `apps/<app>/files/<name>.hbs`: rendered whole, one key `files."<name>"`. */
export interface FileTemplate {
  readonly name: string;
  readonly file: string;
  readonly text: string;
}

export interface App {
  readonly name: string;
  /** `apps/orders` or `apps/checkout/orders`. */
  readonly folder: string;
  readonly layers: ReadonlyMap<LayerName, Layer>;
  readonly secrets: ReadonlyMap<SecretId, SecretDefinition>;
  /** Path of `<layer>.sops.yaml`, a key of {@link Repo.sources}: encrypted values of secrets held by `sops`. */
  readonly sops: ReadonlyMap<LayerName, string>;
  readonly files: readonly FileTemplate[];
  /** Path of `schema.yaml`, a key of {@link Repo.schemas}. */
  readonly schema: string | undefined;
  readonly owner: string | undefined;
  readonly description: string | undefined;
  /** Places where the app exists; undefined: everywhere. Entries are environments or place ids. */
  readonly places: readonly string[] | undefined;
  /** Names of targets; undefined: the default ones. */
  readonly targets: readonly string[] | undefined;
}

export interface Repo {
  readonly config: Config;
  readonly places: readonly Place[];
  readonly apps: readonly App[];
  readonly shared: {
    readonly layers: ReadonlyMap<LayerName, Layer>;
    readonly secrets: ReadonlyMap<SecretId, SecretDefinition>;
    readonly sops: ReadonlyMap<LayerName, string>;
  };
  /** Every `schema.yaml` and everything under `schemas/`, parsed, by path. */
  readonly schemas: ReadonlyMap<string, Plain>;
  /** The text of every file read, for code frames and line numbers. */
  readonly sources: ReadonlyMap<string, SourceFile>;
}

// ── trueup.yaml, with every default filled in ────────────────────────────────────────────────────

export interface Config {
  readonly system: string;
  /** In promotion order. */
  readonly environments: readonly Environment[];
  readonly regions: ReadonlyMap<string, PlainMap>;
  readonly targets: readonly Target[];
  readonly secrets: {
    readonly default: Holder;
    readonly warnAfterDays: number | undefined;
    /** Templates of prefixes below which secrets held by `ref` may have their source. */
    readonly sources: readonly string[];
  };
  readonly guards: Guards;
  readonly drift: { readonly onApply: "report" | "overwrite"; readonly ignore: readonly string[] };
  readonly yaml: { readonly merge: boolean };
  readonly templates: { readonly blocks: boolean };
  readonly report: { readonly maxValueWidth: number };
}
export interface Environment {
  readonly name: string;
  readonly protected: boolean;
  readonly regions: readonly string[];
  readonly vars: PlainMap;
}
export type Layout = "keys" | "groups" | "blob";
export type Shape = "nested" | "dotted" | "env";
export interface Target {
  readonly name: string;
  readonly type: string;
  readonly select: "plain" | "secrets" | "all";
  readonly layout: Layout;
  readonly shape: Shape;
  /** Template of the physical key. */
  readonly path: string;
  /** Template of the prefix for ledger and head; undefined: `<first fixed segment of path>/.trueup`. */
  readonly meta: string | undefined;
  /** Only these apps (globs). A target with `apps` replaces the targets without it for those apps. */
  readonly apps: readonly string[] | undefined;
  /** Only these places (globs on environment or place id). */
  readonly places: readonly string[] | undefined;
  /** As written; strings are templates over the place, `{ fromEnv: NAME }` is read at the edge. */
  readonly connection: PlainMap;
}
export interface Guards {
  readonly liftBy: string;
  /** Share (0 to 1) of one app's keys in one environment that may be deleted; ignored under ten keys. */
  readonly maxDelete: number;
  /** Deletions per environment and plan; undefined: no limit. */
  readonly maxDeleteCount: number | undefined;
  readonly maxApps: number;
  /** Address globs that may change but never be deleted. */
  readonly keep: readonly string[];
  readonly freeze: readonly Freeze[];
}
export interface Freeze {
  readonly envs: readonly string[];
  /** ISO 8601 with offset. */
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

// ── Where something stands in the user's files ───────────────────────────────────────────────────

/** A value or key in a YAML file. Line and column are worked out only when somebody looks. */
export interface Origin {
  readonly file: string;
  readonly path: KeyPath;
  readonly part?: "key" | "value";
  /** Characters inside the scalar's text, for an expression of a template. */
  readonly within?: { readonly start: number; readonly end: number };
}
/** A stretch of a file by characters, for what has no path (syntax errors). */
export interface Stretch {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}
export type At = Origin | Stretch | { readonly file: string };

/** One-based line and column (UTF-16 units), as editors and GitHub count. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

// ── Resolved, rendered, mapped ─────────────────────────────────────────────────────────────────────────────

/** Layers merged, templates untouched. */
export interface ResolvedUnit {
  readonly id: UnitId;
  readonly app: App;
  readonly place: Place;
  /** Lowest first: `base`, `<env>`, `<env>.<region>`, as far as they exist. */
  readonly layers: readonly Layer[];
  readonly values: PlainMap;
}

export interface RenderedUnit {
  readonly id: UnitId;
  readonly app: App;
  readonly place: Place;
  readonly values: ValueMap;
  /** Text of `files/*.hbs`, by name. */
  readonly files: ReadonlyMap<string, string | Secret>;
}

/** One value of an app inside a setting: the setting itself in layout `keys`, one of many in a blob. */
export interface Member {
  /** Logical path of the value. */
  readonly path: KeyPath;
  /** Name inside the JSON of a group or blob (`database.pool.max`, `DATABASE_POOL_MAX`); `""` in layout `keys`. */
  readonly name: string;
  readonly value: Value;
  /** Only where trueup can get at all its secrets. Such a value is managed like a plain one: what Git says is written. */
  readonly recipe?: Recipe;
}

/** How a value with secrets is made, as far as Git knows it. */
export interface Recipe {
  /**
   * Of the value, with what Git says of it in place of each secret: its ciphertext, its {@link Generation}, the key of
   * its source.
   */
  readonly digest: string;
  /** Who holds its secrets, each once, sorted. */
  readonly holders: readonly Holder[];
}

/** One physical key wanted in a store. */
export interface Setting {
  readonly key: Key;
  readonly layout: Layout;
  readonly shape: Shape;
  readonly secret: boolean;
  readonly members: readonly Member[];
}

/** Everything one unit wants in one destination. */
export interface UnitSettings {
  readonly unit: UnitId;
  readonly app: string;
  readonly settings: readonly Setting[];
  /** Keys of the same store that have the values of secrets held by `ref`. */
  readonly sources?: ReadonlyMap<SecretId, Key>;
}

/** A target in one place: one head, one store connection. Id: `config@prod.us-east-2`. */
export interface Destination {
  readonly id: string;
  readonly target: Target;
  readonly place: Place;
  /** `connection` with its templates rendered; credentials still `{ fromEnv }`. */
  readonly connection: PlainMap;
  /** Same text: the same store. Never holds credentials. */
  readonly storeId: string;
  /** Prefix of ledger and head, ends with a slash: `/config/.trueup/shop/config/prod.us-east-2/`. */
  readonly meta: Key;
  /** Where its settings live: prefixes end with a slash, exact keys do not. */
  readonly reads: { readonly prefixes: readonly Key[]; readonly keys: readonly Key[] };
  readonly units: readonly UnitSettings[];
}

// ── What a store holds ───────────────────────────────────────────────────────────────────────────

/** One physical key as the store holds it. */
export interface Entry {
  readonly key: Key;
  readonly version: Version;
  readonly secret: boolean;
  /** Absent where only versions of secrets were asked for. */
  readonly value?: string;
}

/**
 * Per unit and target, kept in the store: what trueup wrote. Never a secret's value nor anything derived from it; of
 * one that trueup can get at, a digest of its recipe.
 */
export interface LedgerRecord {
  readonly unit: UnitId;
  readonly commit: string | null;
  readonly applyId: string;
  readonly settings: ReadonlyMap<Key, LedgerEntry>;
  /**
   * Write-ahead list of a unit that the store could not write whole: digest each key is about to get, null for a
   * deletion. A key whose live digest equals its pending one was written by us.
   */
  readonly pending?: ReadonlyMap<Key, LedgerEntry | null>;
}
export interface LedgerEntry {
  /** Of the text in the store. For secrets undefined, or `c:` and the digest of their {@link Recipe}. */
  readonly digest: string | undefined;
  /** Version after our write. `undefined` while it is not known (a record about to be written). */
  readonly version: Version | undefined;
  /** Version of a placeholder that trueup made and nobody had filled when the record was written. */
  readonly placeholder?: Version | true;
  /** Secrets that are being rotated, by the name of the member: when the new value was written. ISO 8601. */
  readonly rotations?: ReadonlyMap<string, string>;
  readonly secret: boolean;
  /**
   * In groups and blobs: digest of each member's value; null for a secret, or `c:` and its recipe's digest. Names not
   * listed are strangers.
   */
  readonly members?: ReadonlyMap<string, string | null>;
  /** Versions that the sources of its secrets had when it was written. */
  readonly sources?: ReadonlyMap<Key, Version>;
}

/** Per place and target, kept in the store. */
export interface Head {
  readonly generation: number;
  /** Full id of the applied Git commit; null outside Git. */
  readonly commit: string | null;
  /** True: what was applied is that commit and changes that are in none. */
  readonly dirty?: true;
  readonly applyId: string;
  /** Full digest of the plan. */
  readonly plan: string;
  readonly state: "applying" | "ready" | "partial";
  /** ISO 8601, for people; nothing is decided by it. */
  readonly at: string;
  /** Who or what ran the apply, for people. */
  readonly by: string;
  readonly tool: string;
}

/** What was read from one destination. */
export interface Live {
  readonly entries: ReadonlyMap<Key, Entry>;
  readonly head: { readonly head: Head; readonly version: Version } | undefined;
  readonly ledger: ReadonlyMap<UnitId, { readonly record: LedgerRecord; readonly version: Version }>;
  /** Versions of the sources of secrets, as far as they exist. Undefined where no store was asked (a Git ref). */
  readonly sources?: ReadonlyMap<Key, Version>;
}

// ── The plan ─────────────────────────────────────────────────────────────────────────────────────

export type ChangeKind = "create" | "update" | "adopt" | "replace" | "delete";

/**
 * What happens to one value. `before` and `after` are absent for secrets and where there is none. A secret with
 * action `add` gets a placeholder only if it has no value yet; with `change` its plain text is replaced by one.
 */
export interface MemberChange {
  readonly path: KeyPath;
  readonly name: string;
  readonly action: "add" | "change" | "remove";
  readonly secret: boolean;
  readonly before?: Plain;
  readonly after?: Plain;
  /** {@link Member.recipe} of what is written. */
  readonly recipe?: Recipe;
  /** True: the apply makes up a new value for a secret of it. */
  readonly made?: true;
  /** The sources of its secrets as they are now, and as they were when it was written last. */
  readonly sources?: readonly SourceMove[];
}
export interface SourceMove {
  readonly key: Key;
  /** Undefined: nothing was taken from it yet. */
  readonly from: Version | undefined;
  /** Undefined: it does not exist. */
  readonly to: Version | undefined;
}

/** One physical write to come. */
export interface Change {
  readonly kind: ChangeKind;
  readonly key: Key;
  /** Undefined for a deletion. */
  readonly setting: Setting | undefined;
  /** Version the key must still have; null: it must not exist. */
  readonly expected: Version | null;
  readonly secret: boolean;
  /** True: somebody fills in the value; a placeholder is written. */
  readonly placeholder: boolean;
  /** What changes inside; everything else in a group or blob stays as it is live. */
  readonly members: readonly MemberChange[];
}

/** Live differs from what was applied, and Git did not touch it. */
export interface Drift {
  readonly unit: UnitId;
  readonly key: Key;
  readonly path: KeyPath;
  readonly name: string;
  readonly secret: boolean;
  readonly kind: "changed" | "deleted" | "added";
  /** What Git says, and what is live. */
  readonly git?: Plain;
  readonly live?: Plain;
}

/** Git and somebody else both changed it. Refused until lifted; then Git wins. */
export interface Conflict extends Omit<Drift, "kind"> {
  readonly kind: "both-changed" | "deleted-live" | "changed-live";
}

export interface UnitPlan {
  readonly unit: UnitId;
  readonly app: string;
  readonly changes: readonly Change[];
  /** True: nothing to write but the ledger (a value is already there, a key is already gone). */
  readonly upkeep: boolean;
  /** The record as it will be after the changes; versions of written keys are filled in by the store. */
  readonly ledger: {
    readonly expected: Version | null;
    readonly record: LedgerRecord;
    /** Only where an apply died: what is applied, its announcement set against what is live. */
    readonly applied?: ReadonlyMap<Key, LedgerEntry>;
  };
  /** Keys managed before this plan, for guards that work with shares. */
  readonly managed: number;
}

export interface DestinationPlan {
  readonly destination: string;
  readonly target: string;
  readonly type: string;
  readonly place: Place;
  readonly head: { readonly head: Head; readonly version: Version } | undefined;
  readonly units: readonly UnitPlan[];
  readonly drift: readonly Drift[];
  readonly conflicts: readonly Conflict[];
  /** Secrets whose value people still have to fill in, after this plan. */
  readonly needsValue: readonly { readonly unit: UnitId; readonly path: KeyPath; readonly secret: SecretId }[];
  /** Secrets that Git no longer names but somebody has filled: kept in the store. */
  readonly kept: readonly { readonly unit: UnitId; readonly path: KeyPath }[];
  /** Secrets whose source does not exist. */
  readonly unsourced: readonly Unsourced[];
  readonly foreign: readonly Key[];
  /** Units that this plan leaves as they are but that stay managed. */
  readonly untouched: number;
  readonly digest: string;
}

export interface Unsourced {
  readonly unit: UnitId;
  readonly path: KeyPath;
  readonly secret: SecretId;
  /** Where its value was looked for, and what the store has that is called nearly the same. */
  readonly source: Key;
  readonly near: readonly Key[];
  /** True: the plan would write the value, so it cannot be applied. */
  readonly needed: boolean;
}

/** One change of the author with everything it reaches. */
export interface Edit {
  readonly path: KeyPath;
  readonly action: "add" | "change" | "remove" | "adopt" | "replace";
  readonly secret: boolean;
  /** The line that supplies the value; undefined for a removal. */
  readonly origin: Origin | undefined;
  /** Template text, if the value comes from one and differs between units. */
  readonly template: string | undefined;
  /** Distinct outcomes; usually one. */
  readonly outcomes: readonly { readonly before?: Plain; readonly after?: Plain; readonly units: readonly UnitId[] }[];
  /** Units of the same apps that the edited line does not reach because a later layer overrides it. */
  readonly shadowed: readonly { readonly unit: UnitId; readonly value?: Plain; readonly by: Origin }[];
  readonly placeholder: boolean;
  /** Who holds the secrets of what is written; undefined: people, or there is no secret. */
  readonly holders?: readonly Holder[];
  /** True: the apply makes up a new value. */
  readonly made?: true;
  /** Sources that moved since the value was written, or are new to it. */
  readonly sources?: readonly SourceMove[];
}

export interface GuardRefusal {
  /** Word for `--allow`. */
  readonly guard: "delete" | "empty" | "wide" | "freeze" | "conflict" | "adopt" | "replace" | "dirty";
  readonly message: string;
  /** Addresses concerned, at most a few. */
  readonly examples: readonly string[];
  readonly lifted: boolean;
}

export interface Plan {
  /** `p-` and the first 16 hexadecimal digits of {@link Plan.digest}. */
  readonly id: string;
  readonly digest: string;
  /** `live`, or the Git ref whose rendering stands in for the stores. */
  readonly against: { readonly kind: "live" } | { readonly kind: "ref"; readonly ref: string };
  readonly commit: string | null;
  readonly dirty: boolean;
  /** Ids per environment, in promotion order: an apply of one environment is compared with its own. */
  readonly environments: readonly {
    readonly name: string;
    readonly protected: boolean;
    readonly id: string;
    readonly digest: string;
  }[];
  readonly destinations: readonly DestinationPlan[];
  readonly edits: readonly Edit[];
  readonly refusals: readonly GuardRefusal[];
  readonly summary: PlanSummary;
}
/** Counts of values (members), not of physical writes. */
export interface PlanSummary {
  readonly add: number;
  readonly change: number;
  readonly replace: number;
  readonly delete: number;
  readonly adopt: number;
  readonly conflict: number;
  readonly drift: number;
  readonly foreign: number;
  readonly needsValue: number;
  readonly apps: number;
  readonly units: number;
  readonly places: readonly PlaceId[];
  readonly protected: boolean;
}

// ── The receipt ──────────────────────────────────────────────────────────────────────────────────

/** What a receipt says of a failure. */
export interface FailureFacts {
  readonly code: string;
  readonly message: string;
  readonly fix?: string;
  readonly details: readonly string[];
}

export interface Receipt {
  readonly plan: string;
  readonly commit: string | null;
  /** True: the commit, and changes that are in none. */
  readonly dirty: boolean;
  readonly applyId: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly result: "applied" | "nothing" | "superseded" | "partial" | "moved" | "refused" | "failed" | "interrupted";
  /** Whether the plan is the one that was expected; absent if nothing was. */
  readonly asReviewed?: boolean;
  readonly destinations: readonly DestinationReceipt[];
}
export interface DestinationReceipt {
  readonly destination: string;
  readonly place: PlaceId;
  readonly target: string;
  readonly result: "applied" | "nothing" | "superseded" | "partial" | "moved" | "failed" | "pending";
  /** Counts of values. */
  readonly applied: number;
  readonly pending: number;
  /** The store's own proof: `revision 88214`. */
  readonly proof: string | undefined;
  readonly readBack: { readonly checked: number; readonly wrong: readonly Key[] } | undefined;
  /** Addresses not written, with the reason. */
  readonly left: readonly { readonly address: string; readonly why: string }[];
  /** Commit that was live before, and the newer one where this run was superseded. */
  readonly before: string | null;
  readonly supersededBy: string | undefined;
  readonly failure: FailureFacts | undefined;
}
