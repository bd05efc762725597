/** Everything there is under the name of one variable, strongest first: who of them is heard, in Git or in the stores. */
import { formatPath } from "../../address.ts";
import { canonicalJson } from "../../canonical.ts";
import type { UnitResult, Workbench } from "../../desired.ts";
import { isFailure } from "../../failure.ts";
import type { Frame } from "../../map/frame.ts";
import type { Entry, Key, KeyPath, Plain, Secret, UnitSettings, Value } from "../../model.ts";
import type { StorePool } from "../../pipeline.ts";
import { quoteValue } from "../../report/redact.ts";
import type { Candidate } from "../../report/look/explain.ts";
import { holdsSecret, isSecret } from "../../secret.ts";
import { asTyped, storedValue, toEnvName } from "../../setting.ts";
import { leavesOf } from "../../tree.ts";
import type { KeyDescription } from "../../validate/explain.ts";
import type { OpenedProject } from "../project.ts";
import { whereText } from "../units.ts";
import { byTier, memberAt, readEntries, seatsAt } from "../variables/live.ts";
import { envNamesOf } from "../variables/names.ts";

export interface LiveStores {
  readonly stores: StorePool;
  readonly signal: AbortSignal;
  /** What was read, by destination and unit. */
  readonly read: Map<string, Promise<ReadonlyMap<Key, Entry>>>;
}

interface Question {
  readonly path: KeyPath;
  readonly unit: UnitResult;
  readonly bench: Workbench;
  readonly project: OpenedProject;
  readonly schema: KeyDescription | undefined;
  readonly secretText: (value: Secret) => string;
}

/** Empty for a path that is no value of its own: a map, a file, or inside of a list. */
export async function orderOf(question: Question, live: LiveStores | undefined): Promise<readonly Candidate[]> {
  const { path, unit, bench, project, schema } = question;
  const leaves = [...leavesOf(unit.rendered.values)];
  if (!leaves.some((leaf) => formatPath(leaf.path) === formatPath(path))) return [];
  const envName = envNamesOf(bench, unit);
  const nameOf = (at: KeyPath): string => envName(at) ?? toEnvName(at);
  const same = leaves.filter((leaf) => nameOf(leaf.path) === nameOf(path));
  const secrets = same.filter(({ value }) => holdsSecret(value));
  const plain = same.filter(({ value }) => !holdsSecret(value));
  const candidates: Draft[] = [];
  for (const leaf of secrets) candidates.push(await candidateOf(leaf, "secret", question, live));
  if (live !== undefined) for (const leaf of plain) candidates.push(...(await strangers(leaf.path, question, live)));
  for (const leaf of plain) candidates.push(await candidateOf(leaf, "plain", question, live));
  if (schema?.default !== undefined)
    candidates.push({
      tier: "default",
      value: secrets.length > 0 ? undefined : schema.default,
      secret: secrets.length > 0 ? "(not shown)" : undefined,
      where: whereText(project, { file: schema.file, path: [...schema.path, "default"] }),
      live: undefined,
      there: true,
    });
  const winner = candidates.findIndex(({ there }) => there);
  return candidates.map(({ there: _there, ...candidate }, index) => ({ ...candidate, wins: index === winner }));
}

/** `there`: it can be heard; a secret that nobody has filled in cannot. */
type Draft = Omit<Candidate, "wins"> & { readonly there: boolean };
interface Leaf {
  readonly path: KeyPath;
  readonly value: Value;
}

async function candidateOf(
  { path, value }: Leaf,
  tier: "secret" | "plain",
  { unit, bench, project, secretText }: Question,
  live: LiveStores | undefined,
): Promise<Draft> {
  const shown =
    tier === "plain"
      ? { value: value as Plain, secret: undefined }
      : { value: undefined, secret: isSecret(value) ? secretText(value) : "(holds secrets)" };
  const draft = { tier, ...shown, where: `${formatPath(path)}   ${whereText(project, unit.originOf(path))}` };
  if (live === undefined) return { ...draft, live: undefined, there: true };
  const states = await statesOf({ path, value }, unit, bench, live);
  return {
    ...draft,
    live: states.map(({ text, target }) => (states.length === 1 ? text : `${text} (${target})`)).join(", "),
    there: states.some(({ there }) => there),
  };
}

interface State {
  readonly text: string;
  readonly target: string;
  readonly there: boolean;
}

/** Characters of a live value that are shown. */
const SHOWN = 60;

/** What each target of a value holds. */
async function statesOf({ path, value }: Leaf, unit: UnitResult, bench: Workbench, live: LiveStores): Promise<State[]> {
  const id = formatPath(path);
  const states: State[] = [];
  for (const { frame, unit: own } of byTier(unit)) {
    for (const setting of own.settings) {
      const member = setting.members.find((candidate) => formatPath(candidate.path) === id);
      if (member === undefined) continue;
      const entry = (await entriesOf(frame, own, unit, bench, live)).get(setting.key);
      const target = frame.target.name;
      if (entry === undefined) states.push({ text: "not there", target, there: false });
      else if (entry.value === undefined) states.push({ text: "there, not looked into", target, there: true });
      else states.push({ ...heldText(memberAt(setting, entry.value, member.name), value, setting), target });
    }
  }
  return states;
}

function heldText(
  held: Plain | undefined,
  value: Value,
  form: Parameters<typeof storedValue>[0],
): Pick<State, "text" | "there"> {
  if (holdsSecret(value))
    return held === undefined ? { text: "needs a value", there: false } : { text: "has a value", there: true };
  if (held === undefined) return { text: "not there", there: false };
  const isSame = canonicalJson(held) === canonicalJson(storedValue(form, value as Plain));
  return { text: isSame ? "the same" : quoteValue(asTyped(held, value as Plain), { width: SHOWN }), there: true };
}

/** Secrets of the store under a plain value's name, which Git knows nothing of. */
async function strangers(path: KeyPath, { unit, bench }: Question, live: LiveStores): Promise<Draft[]> {
  const found: Draft[] = [];
  for (const { frame, key, name } of seatsAt(path, unit, bench)) {
    const own = unit.mapped.settings.find((each) => each.frame === frame)?.unit;
    if (own === undefined) continue;
    const entry = (await entriesOf(frame, own, unit, bench, live)).get(key);
    if (entry === undefined) continue;
    const where = `${frame.target.type} ${key}${name === "" ? "" : `#${name}`}`;
    const draft = { tier: "secret", value: undefined, secret: "(only in the store)", where } as const;
    if (entry.value === undefined && name === "") found.push({ ...draft, live: "there, not looked into", there: true });
    else if (memberAt(frame.target, entry.value, name) !== undefined)
      found.push({ ...draft, live: "has a value", there: true });
  }
  return found;
}

/** Everything of a unit in one destination, read once. Without the right to decrypt, secrets come without values. */
function entriesOf(
  frame: Frame,
  own: UnitSettings,
  unit: UnitResult,
  bench: Workbench,
  { stores, signal, read }: LiveStores,
): Promise<ReadonlyMap<Key, Entry>> {
  const id = `${frame.id} ${own.unit}`;
  const known = read.get(id);
  if (known !== undefined) return known;
  const seats = [...leavesOf(unit.rendered.values)]
    .filter(({ value }) => frame.target.select === "secrets" && !holdsSecret(value))
    .flatMap(({ path }) => seatsAt(path, unit, bench).filter((seat) => seat.frame === frame));
  const secretKeys = new Set(own.settings.filter((setting) => setting.secret).map((setting) => setting.key));
  const keys = [...new Set([...own.settings.map((setting) => setting.key), ...seats.map((seat) => seat.key)])];
  const query = { prefixes: [], keys, secretKeys } as const;
  const entries = readEntries(frame, own, { ...query, secrets: "values" }, stores, signal).catch((error: unknown) => {
    if (!isFailure(error) || error.code !== "DENIED") throw error;
    return readEntries(frame, own, { ...query, secrets: "versions" }, stores, signal);
  });
  read.set(id, entries);
  return entries;
}
