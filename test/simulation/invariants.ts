/**
 * What must be true after every step of every world, and when all is quiet. Each has its number in the reliability design
 * (`I1` to `I14`); `docs/reliability.md` has the table, with what does not apply to which store and why.
 *
 * SSM has no compare-and-swap, so where the others must not, it must tell: `unseen` collects what a run wrote over without
 * having read it, and such a run may not report success.
 */
import { PLACEHOLDER } from "../../src/apply/compose.ts";
import type { Head, Key, LedgerEntry, LedgerRecord, UnitId } from "../../src/model.ts";
import { composeText, decomposeText, memberText } from "../../src/setting.ts";
import { type Report, settingsOf, targetOf } from "./applier.ts";
import type { Cell, Mutation, SimulatedStore } from "./ground.ts";
import { digest } from "./stand-ins/canonical.ts";
import { decodeHead, decodeLedger, headKey } from "./stand-ins/records.ts";
import { APPS, ENV, META, SECRET_MARK, type Scenario, type Want, commitIndex, keyOf, relationOf } from "./scenario.ts";
import type { World } from "./world.ts";

export interface Violation {
  readonly rule: string;
  readonly text: string;
}

export interface Context {
  readonly scenario: Scenario;
  readonly world: World;
  readonly store: SimulatedStore;
  readonly reports: ReadonlyMap<string, Report>;
  readonly log: Mutation[];
  /** The same, step by step. */
  readonly batches: (readonly Mutation[])[];
  readonly violations: Violation[];
  /** Who changed a key last. */
  readonly lastBy: Map<Key, string>;
  /** Keys that somebody else ever wrote: what stands there is no longer trueup's alone. */
  readonly touched: Set<Key>;
  /** By run: what it changed without having seen it (only where a store cannot refuse). */
  readonly unseen: Map<string, string[]>;
  /** Changes that a store cannot help: `docs/reliability.md` lists them. */
  readonly excused: Set<Mutation>;
  /** Every key that any commit wants. */
  readonly universe: ReadonlyMap<Key, string>;
}

/** What people fill into secrets begins so. */
const FILLED = `${SECRET_MARK}filled`;
const isMeta = (key: Key): boolean => key.startsWith(META);
const HEAD = headKey(META);

export function universeOf(scenario: Scenario): Map<Key, string> {
  const found = new Map<Key, string>();
  for (const { wants } of scenario.commits)
    for (const name of Object.keys(wants))
      found.set(scenario.layout === "blob" ? keyOf(name.slice(0, 1)) : keyOf(name), name);
  return found;
}

/** After one step that changed the store. */
export function checkBatch(context: Context, batch: readonly Mutation[]): void {
  context.log.push(...batch);
  context.batches.push(batch);
  const by = batch[0]?.by ?? "";
  const run = context.reports.get(by);
  if (run !== undefined) {
    const ledger = ledgerBefore(context, batch);
    for (const mutation of batch) {
      nothingSecretBeside(context, mutation);
      if (isMeta(mutation.key)) {
        onlyRecordsBelowMeta(context, mutation);
        if (mutation.key === HEAD) headOnlyMovesForward(context, run, mutation);
        continue;
      }
      const excuse = excuseFor(context, run, mutation);
      if (excuse !== undefined) {
        context.world.count(`limit: ${excuse}`);
        context.excused.add(mutation);
        continue;
      }
      writesOnlyWithAClaim(context, run);
      nothingForeignTouched(context, mutation);
      deletesOnlyWhatTheLedgerOwns(context, ledger, mutation);
      noLostUpdate(context, run, mutation);
      handEditsSurvive(context, ledger, run, mutation);
      secretsAreKept(context, ledger, run, mutation);
      staysInScope(context, run, mutation);
      blobIsNeverMixed(context, run, mutation);
    }
  }
  for (const { key } of batch) {
    context.lastBy.set(key, by);
    if (run === undefined) context.touched.add(key);
  }
  if (context.scenario.store !== "ssm") {
    ledgerAgreesWithData(context);
    ownsWhatItWrote(context);
  }
  if (run !== undefined) readyMeansThere(context, run, batch);
}

export function fail(context: Context, rule: string, text: string): void {
  context.violations.push({ rule, text });
  context.world.note(`VIOLATION ${rule}: ${text}`);
}

/** Where a store cannot refuse, it must tell. */
function failOrTell(context: Context, run: Report, rule: string, text: string): void {
  if (context.scenario.store !== "ssm") return fail(context, rule, text);
  context.world.count("state: wrote over something unseen");
  context.unseen.set(run.actor.name, [...(context.unseen.get(run.actor.name) ?? []), `${rule}: ${text}`]);
}

// ── Each change ──────────────────────────────────────────────────────────────────────────────────

/** I2: a key that no commit ever wanted is never changed. */
function nothingForeignTouched(context: Context, { key, by }: Mutation): void {
  if (!context.universe.has(key)) fail(context, "I2 foreign", `${by} changed ${key}, which is nobody's`);
}

/** I2: below its own prefix only records of the known kinds are written. */
function onlyRecordsBelowMeta(context: Context, { key, by }: Mutation): void {
  if (!/^(?:head|units\/[ab]|gen\/\d{10}(?:\.\d\d)?)$/u.test(key.slice(META.length)))
    fail(context, "I2 records", `${by} wrote ${key}`);
}

/** I11, I13: where only a claim keeps two applies apart, nobody writes without one that they created. */
function writesOnlyWithAClaim(context: Context, run: Report): void {
  if (context.scenario.store !== "ssm") return;
  const isOwn = (each: Mutation): boolean =>
    each.by === run.actor.name && each.key.startsWith(`${META}gen/`) && each.before === undefined;
  if (!context.log.some(isOwn)) fail(context, "I13 claim", `${run.name} wrote without a claim of its own`);
}

/** I2: only what the ledger names is deleted. */
function deletesOnlyWhatTheLedgerOwns(context: Context, ledger: Ledger, { key, by, after }: Mutation): void {
  if (after !== undefined) return;
  const { entry, pending } = ownedBy(ledger, key);
  if (entry === undefined && pending === undefined)
    fail(context, "I2 delete", `${by} deleted ${key}, which no ledger names`);
}

/** I1: nobody writes over a version they have not read. */
function noLostUpdate(context: Context, run: Report, { key, before, after }: Mutation): void {
  const live = run.planned?.live.get(`config@${ENV}`);
  if (live === undefined) return fail(context, "I1 lost update", `${run.name} wrote ${key} before it read`);
  const seen = live.entries.get(key);
  const now = before?.version;
  // A file that only the ledger knows to be secret has a version of another sort than the one seen here.
  if (
    seen?.version === now ||
    (seen !== undefined && now !== undefined && seen.version[0] !== now[0] && context.scenario.store === "directory")
  )
    return;
  if (context.scenario.store === "ssm") {
    // Its own put may have been carried out twice, and what stands there may say the same.
    if (context.lastBy.get(key) === run.actor.name) return;
    if (before !== undefined && (before.text === seen?.value || before.text === after?.text)) return;
  }
  failOrTell(
    context,
    run,
    "I1 lost update",
    `${run.name} wrote ${key} over ${now ?? "nothing"}, having seen ${seen?.version ?? "nothing"}`,
  );
}

/** What a store cannot refuse, and nobody can notice: the honest limits. */
function excuseFor(context: Context, run: Report, { key, before, after }: Mutation): string | undefined {
  if (isTooLateToSee(context, key))
    return "an edit in the instant of the switch stays in the older generation (directory)";
  if (context.scenario.store !== "ssm") return undefined;
  const lost = run.spec.faults.some(([, fault]) => fault === "lose-reply" || fault === "lose-request");
  const gone =
    before === undefined ? context.log.findLast((each) => each.key === key && each.after === undefined) : undefined;
  if (gone?.by === "hand" && gone.before?.secret !== after?.secret)
    return "made a key with another type that was deleted in the moment of its replacement (SSM)";
  if (before === undefined)
    return lost && context.lastBy.get(key) === "hand"
      ? "made a key again that was deleted while an answer was lost (SSM)"
      : undefined;
  const seen = run.planned?.live.get(`config@${ENV}`)?.entries.get(key)?.version;
  if (seen === undefined || seen === before.version || context.lastBy.get(key) === run.actor.name) return undefined;
  if (after === undefined) return "deleted what changed since it was last looked at (SSM)";
  // Deleted and made anew: numbers begin again, and a read that is behind does not show it.
  return before.version.split("@")[0] === seen.split("@")[0]
    ? "wrote over a key made anew with the same number (SSM)"
    : undefined;
}

/** A directory store cannot see an edit between its last look at a file and the switch to the next generation. */
function isTooLateToSee(context: Context, key: Key): boolean {
  if (context.scenario.store !== "directory" || context.lastBy.get(key) !== "hand") return false;
  const edit = context.log.findLast((each) => each.key === key && each.by === "hand");
  return edit !== undefined && edit.at >= (context.store.lookedAt?.(key) ?? Infinity);
}

/** I12: what people changed by hand stays, unless that run was allowed to overwrite it. */
function handEditsSurvive(context: Context, ledger: Ledger, run: Report, mutation: Mutation): void {
  const { key, before, after } = mutation;
  const { entry, pending } = ownedBy(ledger, key);
  if (context.lastBy.get(key) !== "hand" || before?.text === after?.text) return;
  const mayOverwrite = ["drift", "conflict"].some((word) => run.spec.allow.includes(word));
  if (context.scenario.layout === "blob")
    return handEditsInBlobSurvive(context, entry, pending, run, mutation, mayOverwrite);
  if (entry === undefined && pending === undefined) {
    if (before !== undefined && !run.spec.allow.includes("adopt") && !isSecretNow(context, run, key))
      failOrTell(context, run, "I12 adopted", `${run.name} took over ${key} without being allowed to`);
    return;
  }
  if (
    mayOverwrite ||
    entry === undefined ||
    entry.secret ||
    entry.digest === undefined ||
    isSecretNow(context, run, key)
  )
    return;
  const known = before === undefined ? undefined : digest(before.text);
  const record = run.planned?.live.get(`config@${ENV}`)?.ledger.get(`${key.split("/")[3] ?? ""}@${ENV}`)?.record;
  // What an apply that died announced counts as ours, whoever wrote it.
  const announced = [pending, record?.pending?.get(key)];
  const isAsAnnounced =
    known === undefined ? announced.includes(null) : announced.some((each) => each?.digest === known);
  if (known === entry.digest || isAsAnnounced) return;
  failOrTell(context, run, "I12 hand edit", `${run.name} wrote over a hand edit of ${key}`);
}

function handEditsInBlobSurvive(
  context: Context,
  entry: LedgerEntry | undefined,
  pending: LedgerEntry | null | undefined,
  run: Report,
  { key, before, after }: Mutation,
  mayOverwrite: boolean,
): void {
  const form = targetOf(context.scenario);
  const was = before === undefined ? undefined : decomposeText(form, before.text);
  const is = after === undefined ? new Map() : decomposeText(form, after.text);
  if (was === undefined) return;
  if (was.has("hand") && is?.has("hand") !== true)
    failOrTell(context, run, "I12 stranger", `${run.name} dropped a name from ${key} that is not ours`);
  if (mayOverwrite) return;
  const isKnown = (name: string): boolean => entry?.members?.has(name) === true || pending !== undefined;
  for (const [name, then] of was)
    if (!isKnown(name) && is?.get(name) !== then && !(entry === undefined && run.spec.allow.includes("adopt")))
      failOrTell(context, run, "I12 adopted", `${run.name} took over ${name} of ${key} without being allowed to`);
  for (const [name, mark] of entry?.members ?? []) {
    const [then, now] = [was.get(name), is?.get(name)];
    const isHandmade = then === undefined || digest(memberText(form, then)) !== mark;
    if (isHandmade && then !== now)
      failOrTell(context, run, "I12 hand edit", `${run.name} wrote over ${name} of ${key}, edited by hand`);
  }
}

function isSecretNow(context: Context, run: Report, key: Key): boolean {
  const want = wantsOf(context, run)[context.universe.get(key) ?? ""];
  return want !== undefined && typeof want !== "string";
}

/** I12 for secrets: what people filled in is neither overwritten nor deleted; above all not by a placeholder. */
function secretsAreKept(context: Context, ledger: Ledger, run: Report, { key, before, after }: Mutation): void {
  if (after?.text === PLACEHOLDER) context.world.count("state: placeholder written");
  if (before === undefined || before.text === PLACEHOLDER || before.text === after?.text) return;
  const { entry } = ownedBy(ledger, key);
  // Whoever puts the encrypted text of a secret into Git takes it over from the people who held it.
  const want = wantsOf(context, run)[context.universe.get(key) ?? ""];
  const isGits = typeof want === "object" && want.secret === "git";
  const external = entry?.secret === true && entry.digest === undefined && !isGits;
  const may = run.spec.allow.includes("replace");
  if ((after?.text === PLACEHOLDER || (external && context.touched.has(key))) && !may)
    failOrTell(context, run, "I12 secret", `${run.name} replaced the value of the secret ${key}`);
}

/** I9: a secret's text stands in its own key and nowhere else. */
function nothingSecretBeside(context: Context, { key, by, after }: Mutation): void {
  if (after?.text.includes(SECRET_MARK) !== true) return;
  if (isMeta(key) || !/\/[sgk]\d+$/u.test(key))
    fail(context, "I9 secret", `${by} wrote the text of a secret to ${key}`);
}

/** `--app` keeps its word. */
function staysInScope(context: Context, { name, spec }: Report, { key }: Mutation): void {
  if (spec.only === undefined) return;
  if (key !== keyOf(spec.only) && !key.startsWith(keyOf(`${spec.only}/`)))
    fail(context, "I2 scope", `${name} wrote ${key}, which is out of its scope`);
}

/** I3: where nobody else writes, a blob is exactly that of one commit. */
function blobIsNeverMixed(context: Context, run: Report, { key, after }: Mutation): void {
  if (context.scenario.layout !== "blob" || after === undefined || context.touched.has(key)) return;
  const [setting] = settingsOf(context.scenario, run.spec.commit, key.slice(-1));
  const wanted =
    setting === undefined
      ? undefined
      : composeText(setting, new Map(setting.members.map(({ name, value }) => [name, value as string])));
  if (after.text !== wanted) fail(context, "I3 mixed blob", `${run.name} wrote ${key} as no commit has it`);
}

/** I3: the head's generation grows, and an older commit never follows a newer one. */
function headOnlyMovesForward(context: Context, run: Report, { before, after }: Mutation): void {
  if (after === undefined) return fail(context, "I3 head", `${run.name} deleted the head`);
  if (before === undefined) return;
  const [was, is] = [decodeHead(before.text, HEAD), decodeHead(after.text, HEAD)];
  if (is.state !== "ready") context.world.count(`state: head ${is.state}`);
  if (is.generation < was.generation)
    failOrTell(context, run, "I3 generation", `generation ${was.generation} became ${is.generation}`);
  if (is.generation === was.generation && is.applyId !== was.applyId)
    failOrTell(context, run, "I3 generation", `generation ${is.generation} has two applies`);
  const relation = relationOf(context.scenario.commits, commitIndex(was.commit ?? ""), commitIndex(is.commit ?? ""));
  if (relation === "behind")
    failOrTell(context, run, "I3 older commit", `${run.name} put an older commit over a newer one`);
  if (relation === "diverged" && run.spec.acceptRewrite !== true)
    failOrTell(context, run, "I3 other history", `${run.name} put a commit of another history over the live one`);
}

// ── The whole store after a change ───────────────────────────────────────────────────────────────

/** I3, I6: what the ledger says was written is there, where nobody else has been. */
function ledgerAgreesWithData(context: Context): void {
  const form = targetOf(context.scenario);
  for (const record of ledgerOf(context.store.cells).values()) {
    for (const [key, entry] of record.settings) {
      if (context.touched.has(key) || record.pending?.has(key) === true) continue;
      const cell = context.store.cells.get(key);
      const found = cell === undefined ? undefined : decomposeText(form, cell.text);
      const agrees =
        cell !== undefined &&
        (entry.secret ||
          (entry.members === undefined
            ? digest(cell.text) === entry.digest
            : [...entry.members].every(
                ([name, mark]) =>
                  found?.has(name) === true && digest(memberText(form, found.get(name) ?? null)) === mark,
              )));
      if (!agrees) fail(context, "I3 ledger", `the ledger of ${record.unit} says something else than ${key}`);
    }
  }
}

/** I2, I6: a key that trueup wrote is one that the ledger names, so that it can be deleted one day. */
function ownsWhatItWrote(context: Context): void {
  const ledger = ledgerOf(context.store.cells);
  for (const key of context.universe.keys()) {
    if (context.touched.has(key) || !context.store.cells.has(key)) continue;
    const { entry, pending } = ownedBy(ledger, key);
    if (entry === undefined && pending === undefined)
      fail(context, "I6 unowned", `${key} was written, and no ledger names it`);
  }
}

/** I3, I6: a head that says `ready` is written last: everything its commit wants is there, and nothing it dropped. */
function readyMeansThere(context: Context, run: Report, batch: readonly Mutation[]): void {
  const head = batch.find(({ key, after }) => key === HEAD && after !== undefined)?.after;
  if (head === undefined || decodeHead(head.text, HEAD).state !== "ready") return;
  if (decodeHead(head.text, HEAD).applyId !== `id-of-${run.actor.name}`) return;
  const wants = wantsOf(context, run);
  for (const app of APPS) {
    if (run.spec.only !== undefined && run.spec.only !== app) continue;
    if (isLeftOut(context, run, app)) {
      context.world.count("limit: for a moment the head says ready while a unit is left out (etcd)");
      continue;
    }
    for (const [key, name] of context.universe) {
      if (!key.startsWith(keyOf(app)) || context.touched.has(key) || isConcurrent(context, run, key)) continue;
      const text = expectedText(context, wants, key, name);
      const cell = context.store.cells.get(key);
      const there = cell?.text;
      const record = run.planned?.live.get(`config@${ENV}`)?.ledger.get(`${app}@${ENV}`)?.record;
      const [before, pending] = [record?.settings.get(key), record?.pending?.get(key)];
      const isSecret = (before ?? pending)?.secret === true || (pending?.secret === true && cell?.secret === true);
      if (text === undefined ? there !== undefined && !isSecret : text === "any" ? there === undefined : there !== text)
        fail(context, "I6 ready", `the head of ${run.name} says ready, but ${key} is not as its commit wants it`);
    }
  }
}

/**
 * etcd decides in one step which units of a request are left out, and their neighbours are written with the head. The next
 * request corrects the head; the rule `I6 head` holds the run to that.
 */
function isLeftOut(context: Context, run: Report, app: string): boolean {
  const isPlanned = run.planned?.plan.destinations[0]?.units.some((unit) => unit.app === app) === true;
  const ledger = `${META}units/${app}`;
  return (
    context.scenario.store === "etcd" &&
    isPlanned &&
    !context.log.some(({ by, key }) => by === run.actor.name && key === ledger)
  );
}

/** In a store without transactions others may have written while this run did. */
function isConcurrent(context: Context, run: Report, key: Key): boolean {
  const by = context.lastBy.get(key);
  if (context.scenario.store !== "ssm" || by === run.actor.name) return false;
  return context.log.some((each) => each.key === key && each.by !== run.actor.name && each.at >= run.began);
}

function wantsOf({ scenario }: Context, run: Report): Readonly<Record<string, Want>> {
  return scenario.commits[run.spec.commit]?.wants ?? {};
}

/** Undefined: it should not be there. `any`: a secret that people fill in or have changed, whatever its text. */
function expectedText(
  context: Context,
  wants: Readonly<Record<string, Want>>,
  key: Key,
  name: string,
): string | undefined {
  if (context.scenario.layout === "keys") {
    const want = wants[name];
    if (want === undefined || typeof want === "string") return want;
    return want.secret === "git" && !context.touched.has(key) ? `${SECRET_MARK}${want.text}` : "any";
  }
  const app = key.slice(-1);
  const members = Object.entries(wants).filter(([each]) => each.startsWith(`${app}/`));
  if (members.length === 0) return undefined;
  return composeText(
    targetOf(context.scenario),
    new Map(members.map(([each, want]) => [each.slice(2), want as string])),
  );
}

// ── When a run ends ──────────────────────────────────────────────────────────────────────────────

/** Most calls a run makes, and the longest it takes in virtual time: polls and back-offs included. */
const BOUNDS = { etcd: [400, 20 * 60_000], ssm: [2500, 3 * 3600_000], directory: [6000, 20 * 60_000] } as const;

export function checkRun(context: Context, run: Report): void {
  const { name, receipt, failure, actor } = run;
  const own = context.log.filter(({ by }) => by === actor.name);
  const settings = own.filter((each) => !isMeta(each.key) && !context.excused.has(each));
  const result =
    receipt?.destinations[0]?.result ?? (receipt === undefined ? `failure ${failure?.code ?? "BUG"}` : "nothing");
  context.world.count(`result: ${result}`);
  context.world.note(`${name} ends: ${result} ${receipt?.destinations[0]?.failure?.code ?? ""}`);
  if (run.bug !== undefined)
    fail(context, "I7 bug", `${name} threw ${run.bug instanceof Error ? run.bug.message : "something"}`);
  const code = failure?.code ?? receipt?.destinations[0]?.failure?.code;
  if (code === "CORRUPT" && receipt !== undefined && wasUndoneSince(context, run))
    context.world.count("limit: read-back meets a key that somebody deleted since, or made anew");
  else if (code === "INTERNAL" || code === "CORRUPT")
    fail(
      context,
      "I7 internal",
      `${name} failed as it never should: ${code} ${failure?.message ?? receipt?.destinations[0]?.failure?.message ?? ""}`,
    );

  // I6, I7: success is said only of what was done; nothing done is said only where nothing was.
  const saysNothing =
    ["nothing", "superseded", "moved", "failed", "pending"].includes(result) ||
    (failure !== undefined && failure.code !== "UNKNOWN_OUTCOME");
  const known = settings.map(({ key }) => key).filter((key) => !wasMadeAnew(context, run, key));
  if (saysNothing && known.length > 0)
    fail(context, "I7 said nothing", `${name} says ${result}, but wrote ${known.join(", ")}`);
  leftOutMeansUntouched(context, run, new Set(settings.map(({ key }) => key)));
  if (result === "applied") appliedMeansWritten(context, run, own);
  if (result === "applied" && (context.unseen.get(actor.name)?.length ?? 0) > 0)
    fail(context, "I1 untold", `${name} says applied, but ${context.unseen.get(actor.name)?.[0] ?? ""}`);
  if (result === "partial" && (context.unseen.get(actor.name)?.length ?? 0) > 0)
    context.world.count("state: a race was told");
  if (run.exit === 0 && !["applied", "nothing", "superseded"].includes(result))
    fail(context, "I7 exit", `${name} ended with 0 and ${result}`);

  const head = own.findLast(({ key }) => key === HEAD)?.after;
  if (
    (result === "moved" || result === "failed") &&
    head !== undefined &&
    context.store.cells.get(HEAD)?.version === head.version &&
    decodeHead(head.text, HEAD).state === "ready"
  ) {
    if (context.scenario.store === "etcd" && failure === undefined && result === "failed")
      context.world.count("limit: the head goes on saying ready, the request to correct it failed (etcd)");
    else fail(context, "I6 head", `${name} says ${result}, and its head says ready`);
  }
  guardsWereAsked(context, run, settings);
  if (run.expected !== undefined && own.length > 0 && run.planned?.plan.id !== run.expected)
    fail(context, "I7 stale plan", `${name} applied another plan than the reviewed one`);
  if (
    context.scenario.hands.some(({ text }) => text?.includes(FILLED) === true) &&
    JSON.stringify([receipt, failure?.message, failure?.details, run.planned?.plan]).includes(FILLED)
  )
    fail(context, "I9 secret", `${name} shows the text of a secret`);
  const [calls, time] = BOUNDS[context.scenario.store];
  if (actor.calls > calls || (run.ended ?? 0) - run.began > time)
    fail(context, "I10 bounds", `${name} made ${actor.calls} calls in ${(run.ended ?? 0) - run.began} ms`);
  // A directory commit is one request, and what makes a generation live is finished; so is a request after a new login.
  const mayRepeat = context.scenario.store === "directory" || run.spec.faults.some(([, fault]) => fault === "login");
  const late = mayRepeat ? [] : actor.lateWrites.filter((what) => !what.includes("/gen/"));
  if (late.length > 0) fail(context, "I7 after SIGINT", `${name} began ${late[0] ?? ""} after it was told to stop`);
}

/**
 * Reading back cannot tell a text that got lost from one that somebody deleted in the same moment, nor, where a version
 * is the digest of its text, a deletion that got lost from a key that somebody made anew as it was.
 */
function wasUndoneSince(context: Context, run: Report): boolean {
  const wrong = run.receipt?.destinations[0]?.readBack?.wrong ?? [];
  return wrong.every((key) =>
    context.log.some(
      (each) =>
        each.key === key &&
        (each.after === undefined || each.before === undefined) &&
        each.by !== run.actor.name &&
        each.at >= run.began,
    ),
  );
}

/** I7: what a receipt calls left out was not touched by that run, unless it says that nobody can tell. */
function leftOutMeansUntouched(context: Context, run: Report, touched: ReadonlySet<Key>): void {
  const [found] = run.receipt?.destinations ?? [];
  if (found === undefined || found.failure?.code === "UNKNOWN_OUTCOME") return;
  for (const { address } of found.left) {
    const name = address.replace(`@${ENV}:`, "/");
    const key = context.scenario.layout === "blob" ? keyOf(name.slice(0, 1)) : keyOf(name);
    if (!touched.has(key)) continue;
    if (wasMadeAnew(context, run, key))
      context.world.count("limit: a put without an answer, deleted and made anew (SSM)");
    else fail(context, "I7 left out", `${run.name} says ${key} was left out, but changed it`);
  }
}

/** SSM keeps no history of what was deleted: whether a key that stands there anew was another one before nobody can tell. */
function wasMadeAnew({ scenario, log }: Context, { actor }: Report, key: Key): boolean {
  const own = log.findLastIndex((each) => each.key === key && each.by === actor.name);
  return scenario.store === "ssm" && log.slice(own).some((each) => each.key === key && each.after === undefined);
}

/** I6: every change of an applied plan was written by that run, or needed no writing. */
function appliedMeansWritten(context: Context, run: Report, own: readonly Mutation[]): void {
  const head = own.findLast(({ key }) => key === HEAD)?.after;
  if (head === undefined || decodeHead(head.text, HEAD).state !== "ready")
    fail(context, "I6 acknowledged", `${run.name} says applied without a head that says ready`);
  const plan = run.planned?.plan.destinations[0];
  const live = run.planned?.live.get(`config@${ENV}`)?.entries;
  for (const { key, kind } of plan?.units.flatMap(({ changes }) => changes) ?? []) {
    const done = own.findLast((each) => each.key === key);
    if (done !== undefined) {
      if ((kind === "delete") !== (done.after === undefined))
        fail(context, "I6 acknowledged", `${run.name} did something else to ${key} than planned`);
      continue;
    }
    const wanted = expectedText(context, wantsOf(context, run), key, context.universe.get(key) ?? "");
    const isThere =
      isMet(context, live?.get(key)?.value, wanted) ||
      isMet(context, context.store.cells.get(key)?.text, wanted) ||
      context.scenario.store === "ssm" ||
      (kind === "delete" && !context.store.cells.has(key)) ||
      // Somebody else did it a moment before; what came later is another matter.
      context.log.some((each) => each.key === key && each.at >= run.began && each.after?.text === wanted);
    if (!isThere) fail(context, "I6 acknowledged", `${run.name} says applied, but never wrote ${key}`);
  }
}

/** In a blob others may have names of their own. */
function isMet({ scenario }: Context, text: string | undefined, wanted: string | undefined): boolean {
  if (text === wanted || text === undefined || wanted === undefined || scenario.layout !== "blob")
    return text === wanted;
  const form = targetOf(scenario);
  const found = decomposeText(form, text);
  return [...(decomposeText(form, wanted) ?? [])].every(([name, value]) => found?.get(name) === value);
}

/** The guards, worked out once more from the plan: what one refuses is not written. */
function guardsWereAsked(context: Context, run: Report, settings: readonly Mutation[]): void {
  if (settings.length === 0) return;
  const plan = run.planned?.plan.destinations[0];
  const may = (word: string): boolean => run.spec.allow.includes(word);
  const kinds = new Set(plan?.units.flatMap(({ changes }) => changes.map(({ kind }) => kind)));
  if ((plan?.conflicts.length ?? 0) > 0 && !may("conflict"))
    fail(context, "I12 guard", `${run.name} wrote in spite of a conflict`);
  if (kinds.has("adopt") && !may("adopt"))
    fail(context, "I12 guard", `${run.name} adopted a key without being allowed to`);
  if (kinds.has("replace") && !may("replace"))
    fail(context, "I12 guard", `${run.name} replaced a key without being allowed to`);
  const most = context.scenario.guards.maxDeleteCount;
  const deleted = context.scenario.layout === "keys" ? settings.filter(({ after }) => after === undefined).length : 0;
  if (most !== undefined && deleted > most && kinds.has("delete") && !kinds.has("replace") && !may("delete"))
    fail(context, "I12 guard", `${run.name} deleted ${deleted} keys, and may delete ${most}`);
}

// ── When all is quiet ────────────────────────────────────────────────────────────────────────────

/** I5, I8: the newest commit is there to the byte, and ledger and head say so. */
export function checkConverged(context: Context, last: Report): void {
  const ledger = ledgerOf(context.store.cells);
  const wants = wantsOf(context, last);
  for (const [key, name] of context.universe) {
    const text = expectedText(context, wants, key, name);
    const cell = context.store.cells.get(key);
    const { entry, record } = ownedBy(ledger, key);
    if (record?.pending !== undefined)
      fail(context, "I5 pending", `the ledger of ${record.unit} still announces something`);
    if (context.scenario.layout === "blob") {
      blobHolds(context, key, text, cell);
      continue;
    }
    if (
      text === undefined
        ? cell !== undefined && (entry === undefined ? !context.touched.has(key) : !entry.secret)
        : text === "any"
          ? cell === undefined
          : cell?.text !== text
    )
      fail(context, "I5 convergence", `${key} is not as the newest commit wants it`);
    if (text !== undefined && entry === undefined)
      fail(context, "I5 ledger", `${key} is wanted, and the ledger does not name it`);
    if (typeof wants[name] === "string" && entry?.digest !== digest(text ?? ""))
      fail(context, "I5 ledger", `the ledger says something else of ${key}`);
  }
  const head = context.store.cells.get(HEAD);
  const state: Head["state"] | undefined = head === undefined ? undefined : decodeHead(head.text, HEAD).state;
  if (state !== undefined && state !== "ready") context.world.count(`state: at the end the head says ${state}`);
}

function blobHolds(context: Context, key: Key, text: string | undefined, cell: Cell | undefined): void {
  const form = targetOf(context.scenario);
  const wanted = text === undefined ? new Map() : (decomposeText(form, text) ?? new Map());
  const found = cell === undefined ? new Map() : (decomposeText(form, cell.text) ?? new Map());
  for (const [name, value] of wanted)
    if (found.get(name) !== value)
      fail(context, "I5 convergence", `${name} of ${key} is not as the newest commit wants it`);
}

// ── Reading records ──────────────────────────────────────────────────────────────────────────────

type Ledger = ReadonlyMap<UnitId, LedgerRecord>;

function recordOf(key: Key, { text }: Cell): LedgerRecord {
  return decodeLedger(text, key, "");
}

export function ledgerOf(cells: ReadonlyMap<Key, Cell>): Ledger {
  const found = new Map<UnitId, LedgerRecord>();
  for (const app of APPS) {
    const key = `${META}units/${app}`;
    const cell = cells.get(key);
    if (cell !== undefined) found.set(`${app}@${ENV}`, recordOf(key, cell));
  }
  return found;
}

/** The ledger as it was before a batch. */
function ledgerBefore({ store }: Context, batch: readonly Mutation[]): Ledger {
  const found = new Map(ledgerOf(store.cells));
  for (const app of APPS) {
    const key = `${META}units/${app}`;
    const change = batch.find((each) => each.key === key);
    if (change === undefined) continue;
    if (change.before === undefined) found.delete(`${app}@${ENV}`);
    else found.set(`${app}@${ENV}`, recordOf(key, change.before));
  }
  return found;
}

function ownedBy(
  ledger: Ledger,
  key: Key,
): { readonly entry?: LedgerEntry; readonly pending?: LedgerEntry | null; readonly record?: LedgerRecord } {
  for (const record of ledger.values()) {
    const [entry, pending] = [record.settings.get(key), record.pending?.get(key)];
    if (entry !== undefined || pending !== undefined)
      return { record, ...(entry === undefined ? {} : { entry }), ...(pending === undefined ? {} : { pending }) };
  }
  return {};
}
