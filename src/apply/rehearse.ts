/** Puts every text with secrets together once before anything is written, so that none can stop an apply half way. */
import { formatAddress } from "../address.ts";
import { Failure, isFailure } from "../failure.ts";
import type {
  Change,
  Destination,
  Entry,
  Key,
  KeyPath,
  Live,
  Member,
  Plain,
  Plan,
  SecretId,
  Setting,
  UnitId,
} from "../model.ts";
import type { Code } from "../problem.ts";
import type { Sealed } from "../secret.ts";
import type { Store } from "../stores/store.ts";
import { needsLive, revealedText } from "./compose.ts";
import { applyOrder } from "./order.ts";
import { type Reveal, plainOf, revealedMembers } from "./plaintext.ts";
import { readTexts } from "./read-texts.ts";

/** Whether texts fit, without a word about them. */
export interface Fit {
  /** True if the store of the destination cannot hold the text. */
  readonly refuses: (destination: Destination, setting: Setting, text: string) => boolean;
  /** Rules of the schema that the unit breaks with these values in place of its secrets. */
  readonly brokenRules: (
    unit: UnitId,
    values: readonly (readonly [KeyPath, Plain])[],
  ) => readonly { readonly code: Code; readonly path: KeyPath; readonly message: string }[];
}

export interface RehearsalInput {
  readonly plan: Plan;
  readonly destinations: ReadonlyMap<string, Destination>;
  readonly live: ReadonlyMap<string, Live>;
  readonly reveal: Reveal;
  readonly store: (destination: Destination) => Promise<Store>;
  readonly fit: Fit;
}

const SHOWN = 20;

/** Throws `UNFIT` with every value that cannot be written as it is. Its words come from keys, codes and rules alone. */
export async function rehearse(input: RehearsalInput): Promise<void> {
  const faults = new Set<string>();
  for (const plan of applyOrder(input.plan)) {
    const destination = input.destinations.get(plan.destination);
    const work = plan.units.map(
      ({ unit, changes }) => [unit, changes.flatMap((change) => revealedIn(change))] as const,
    );
    const changes = work.flatMap(([, own]) => own.map(({ change }) => change));
    if (destination === undefined) continue;
    const keys = changes.filter(needsLive).map(({ key }) => key);
    const held = keys.length === 0 ? new Map<Key, never>() : await readTexts(await input.store(destination), keys);
    const entryOf = (key: Key) => held.get(key) ?? input.live.get(destination.id)?.entries.get(key);
    for (const [unit, own] of work) {
      const values: (readonly [KeyPath, Plain])[] = [];
      for (const one of own) {
        for (const fault of tryOne(one, unit, destination, entryOf(one.change.key), input, values)) faults.add(fault);
      }
      for (const { code, path, message } of values.length === 0 ? [] : input.fit.brokenRules(unit, values))
        faults.add(`${code} ${formatAddress(unit, path)}: ${message}`);
    }
  }
  if (faults.size > 0) throw unfit([...faults]);
}

/** A change that writes values of secrets. */
interface Revealed {
  readonly change: Change;
  readonly setting: Setting;
  /** Where the first of them is, and all of them. */
  readonly path: KeyPath;
  readonly members: readonly Member[];
}

function revealedIn(change: Change): Revealed[] {
  const { setting } = change;
  const members = revealedMembers(change);
  const [first] = members;
  return first === undefined || setting === undefined ? [] : [{ change, setting, path: first.path, members }];
}

function tryOne(
  { change, setting, path, members }: Revealed,
  unit: UnitId,
  destination: Destination,
  live: Entry | undefined,
  { reveal, fit }: RehearsalInput,
  values: (readonly [KeyPath, Plain])[],
): string[] {
  const address = formatAddress(unit, path);
  try {
    const one = (secret: SecretId): Sealed => reveal({ destination: destination.id, unit, secret });
    const revealed = members.map((member) => [member, plainOf(member.value, one)] as const);
    for (const [member, value] of revealed) if (member.path[0] !== "files") values.push([member.path, value]);
    const text = revealedText(setting, change, live, new Map(revealed.map(([{ name }, value]) => [name, value])));
    return fit.refuses(destination, setting, text)
      ? [`TU5002 ${address}: ${destination.target.type} cannot hold its text`]
      : [];
  } catch (error) {
    if (!isFailure(error) || error.code !== "UNFIT") throw error;
    return [`TU2005 ${address}: ${error.message}`];
  }
}

function unfit(faults: readonly string[]): Failure {
  const many = faults.length > 1;
  return new Failure(
    "UNFIT",
    `${faults.length} ${many ? "values do" : "value does"} not fit with ${many ? "their secrets" : "its secret"} filled in; nothing was written`,
    {
      details: [...faults.slice(0, SHOWN), ...(faults.length > SHOWN ? [`and ${faults.length - SHOWN} more`] : [])],
      fix: "change the value of the secret where it is held, or the rule it breaks",
    },
  );
}
