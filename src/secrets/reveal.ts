/** The values of secrets for an apply: decrypted, read back, read from their source or made up, all before the first write. */
import type { Reveal, SecretToReveal } from "../apply/plaintext.ts";
import { Failure } from "../failure.ts";
import { groupBy } from "../group.ts";
import type { Destination, Entry, Key, SecretDefinition, SourceFile, Version } from "../model.ts";
import { Sealed } from "../secret.ts";
import { decomposeText } from "../setting.ts";
import { type Store, entriesOf } from "../stores/store.ts";
import type { EncryptedValue } from "./encrypted.ts";
import { type RandomBytes, couldBeMade, makeValue } from "./generate.ts";
import { type Holding, type ValueId, valueId } from "./holdings.ts";
import { type KeySource, decryptSops } from "./sops/decrypt.ts";

/** What is known about a secret that is needed in one destination. */
export interface Origin {
  readonly definition: SecretDefinition;
  readonly destination: Destination;
  /** Held by `sops`. */
  readonly encrypted: EncryptedValue | undefined;
  /** Held by `ref`: its key, and the version that the plan saw. */
  readonly source: { readonly key: Key; readonly version: Version | undefined } | undefined;
}

export interface RevealOptions {
  readonly originOf: (use: SecretToReveal) => Origin | undefined;
  /** Generated values that are in a store; all others are made up. */
  readonly holdings: ReadonlyMap<ValueId, Holding>;
  /** What a store says of a source that nobody filled in yet. */
  readonly placeholder: string;
  readonly keys: () => Promise<KeySource>;
  readonly random: RandomBytes | undefined;
  readonly open: (destination: Destination) => Promise<Store>;
  readonly signal: AbortSignal | undefined;
}

/**
 * Gets every value that is needed. Throws, with nothing written: DENIED (no key fits, no right to read), CORRUPT (a
 * value is not what it should be), MOVED (a source is not as planned), MISSING (a source without a value).
 */
export async function openSecrets(needed: readonly SecretToReveal[], options: RevealOptions): Promise<Reveal> {
  const files = new Map<string, SourceFile>();
  const sources: { readonly destination: Destination; readonly key: Key; readonly version: Version | undefined }[] = [];
  const values = new Map<ValueId, Generated>();
  for (const use of needed) {
    const { definition, destination, encrypted, source } = originOf(use, options);
    if (encrypted !== undefined) files.set(encrypted.file.path, encrypted.file);
    else if (source !== undefined) sources.push({ destination, ...source });
    else values.set(idOf(use, destination), definition as Generated);
  }
  const opened = await decryptFiles([...files.values()], options);
  const read = await readSources(sources, options);
  const made = await generatedValues(values, options);
  return (use) => {
    const { destination, encrypted, source } = originOf(use, options);
    const sealed =
      encrypted === undefined
        ? source === undefined
          ? made.get(idOf(use, destination))
          : read.get(`${destination.storeId} ${source.key}`)
        : opened.get(encrypted.file.path)?.get(encrypted.name);
    if (sealed === undefined) throw notFound(use);
    return sealed;
  };
}

type Generated = SecretDefinition & { readonly generate: NonNullable<SecretDefinition["generate"]> };

function originOf(use: SecretToReveal, options: RevealOptions): Origin {
  const origin = options.originOf(use);
  const known =
    origin !== undefined &&
    [origin.encrypted, origin.source, origin.definition.generate].some((one) => one !== undefined);
  if (!known) throw notFound(use);
  return origin;
}

function idOf({ unit, secret }: SecretToReveal, { place }: Destination): ValueId {
  return valueId(place.id, unit, secret);
}

async function decryptFiles(
  files: readonly SourceFile[],
  { keys }: RevealOptions,
): Promise<ReadonlyMap<string, ReadonlyMap<string, Sealed>>> {
  const opened = new Map<string, ReadonlyMap<string, Sealed>>();
  const source = files.length === 0 ? undefined : await keys();
  if (source !== undefined) for (const file of files) opened.set(file.path, await decryptSops(file, source));
  return opened;
}

/** By store and key. */
async function readSources(
  sources: readonly { readonly destination: Destination; readonly key: Key; readonly version: Version | undefined }[],
  options: RevealOptions,
): Promise<ReadonlyMap<string, Sealed>> {
  const values = new Map<string, Sealed>();
  for (const own of groupBy(sources, ({ destination }) => destination.id).values()) {
    const [first] = own;
    if (first === undefined) continue;
    const { destination } = first;
    const entries = await readEntries(
      destination,
      own.map(({ key }) => key),
      options,
    );
    for (const { key, version } of own) {
      const entry = entries.get(key);
      if (entry?.value === undefined || entry.version !== version) throw sourceMoved(key);
      if (entry.value === options.placeholder || entry.value === "") throw sourceEmpty(key);
      values.set(`${destination.storeId} ${key}`, new Sealed(entry.value));
    }
  }
  return values;
}

async function generatedValues(
  needed: ReadonlyMap<ValueId, Generated>,
  options: RevealOptions,
): Promise<ReadonlyMap<ValueId, Sealed>> {
  const values = new Map<ValueId, Sealed>();
  const held = [...needed].flatMap(([id, definition]) => {
    const holding = options.holdings.get(id);
    return holding === undefined ? [] : [{ id, definition, holding }];
  });
  for (const own of groupBy(held, ({ holding }) => holding.destination.id).values()) {
    const [first] = own;
    if (first === undefined) continue;
    const { destination } = first.holding;
    const entries = await readEntries(
      destination,
      own.map(({ holding }) => holding.key),
      options,
    );
    for (const { id, definition, holding } of own) {
      const entry = entries.get(holding.key);
      if (entry?.value === undefined || entry.version !== holding.version) throw sourceMoved(holding.key);
      const form = holding.member === "" ? ({ layout: "keys", shape: "nested" } as const) : destination.target;
      const text = decomposeText(form, entry.value)?.get(holding.member);
      if (typeof text !== "string" || !couldBeMade(text, definition.generate)) throw notOurs(definition, holding.key);
      values.set(id, new Sealed(text));
    }
  }
  for (const [id, definition] of needed) {
    if (values.has(id)) continue;
    if (options.random === undefined)
      throw new Failure("INTERNAL", `there is no random source to make ${definition.id} with`);
    values.set(id, makeValue(definition.generate, options.random));
  }
  return values;
}

async function readEntries(
  destination: Destination,
  keys: readonly Key[],
  { open, signal }: RevealOptions,
): Promise<ReadonlyMap<Key, Entry>> {
  const query = { prefixes: [], keys: [...new Set(keys)], secrets: "values", secretKeys: new Set(keys) } as const;
  return entriesOf(await open(destination), query, signal);
}

function sourceMoved(key: Key): Failure {
  return new Failure("MOVED", `${key}, which a secret is read from, changed since the plan was made`, {
    fix: "nothing was written; plan again",
  });
}

function sourceEmpty(key: Key): Failure {
  return new Failure("MISSING", `${key}, which a secret is read from, needs a value: it holds a placeholder`, {
    fix: "nothing was written; fill it in where it belongs, then apply again",
  });
}

function notOurs({ id }: SecretDefinition, key: Key): Failure {
  return new Failure("CORRUPT", `${key} should hold the generated secret ${id}, and holds something else`, {
    fix: "nothing was written; raise the version of the secret in secrets.yaml, and a new value is made for all its uses",
  });
}

function notFound({ unit, secret }: SecretToReveal): Failure {
  return new Failure("INTERNAL", `no value of ${secret} for ${unit}`);
}
