/**
 * An app that reads its settings while they are being applied (I4): page by page as clients of the store do, or through
 * the driver, as trueup itself does. What it gets must be a state the store really had; where a store promises nothing of
 * the kind (SSM), each value must be one that really stood there.
 */
import type { Key } from "../../src/model.ts";
import { entriesOf } from "../../src/stores/store.ts";
import type { Mutation, SimulatedStore } from "./ground.ts";
import { type Context, fail } from "./invariants.ts";
import { ENV, META, type Read } from "./scenario.ts";

type Texts = ReadonlyMap<Key, string>;

const DATA = `/config/${ENV}/`;

/** Reads, then says what is wrong with what it read. */
export async function runReader(context: Context, name: string, { plain }: Read): Promise<void> {
  const { store, world, batches } = context;
  const before = new Map([...store.cells].map(([key, { text }]) => [key, text]));
  const began = batches.length;
  const plainly = plain ? store.plainRead : undefined;
  const found = await (plainly?.(DATA) ?? throughDriver(store)).catch((error: unknown) => {
    world.count("state: a reader was refused");
    if (context.scenario.store !== "ssm") fail(context, "I4 reader", `${name}: ${String(error)}`);
  });
  if (found === undefined) return world.count("state: a reader found nothing");
  const meanwhile = batches.slice(began);
  if (meanwhile.length > 0) world.count("state: a reader read during changes");
  if (context.scenario.store === "ssm") return eachWasThere(context, name, found);
  const matters = (key: Key): boolean =>
    (key.startsWith(DATA) || (plainly === undefined && key.startsWith(META))) &&
    // A file that is edited in place is edited in every generation that has it.
    (context.scenario.store !== "directory" || !context.touched.has(key));
  if (!wasOnce(before, meanwhile, found, matters))
    fail(context, "I4 mixture", `${name} read what never stood in the store at one moment`);
}

async function throughDriver(store: SimulatedStore): Promise<Texts> {
  const query = { prefixes: [META, DATA], keys: [], secrets: "values" as const, secretKeys: new Set<Key>() };
  const entries = await entriesOf(await store.driver().open({}, "/"), query);
  return new Map([...entries].map(([key, { value = "" }]) => [key, value]));
}

function wasOnce(
  before: Map<Key, string>,
  meanwhile: readonly (readonly Mutation[])[],
  found: Texts,
  matters: (key: Key) => boolean,
): boolean {
  const wanted = [...found].filter(([key]) => matters(key));
  const isNow = (): boolean =>
    wanted.every(([key, text]) => before.get(key) === text) &&
    [...before.keys()].every((key) => !matters(key) || found.has(key));
  if (isNow()) return true;
  return meanwhile.some((batch) => {
    for (const { key, after } of batch)
      if (after === undefined) before.delete(key);
      else before.set(key, after.text);
    return isNow();
  });
}

function eachWasThere(context: Context, name: string, found: Texts): void {
  for (const [key, text] of found)
    if (!context.log.some((each) => each.key === key && each.after?.text === text))
      fail(context, "I4 torn value", `${name} read a text of ${key} that nobody wrote`);
}
