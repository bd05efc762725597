/** Changing values of a SOPS file: everything else keeps its bytes. */
import { createHash } from "node:crypto";
import { formatPath, parsePath } from "../../address.ts";
import { Failure } from "../../failure.ts";
import type { KeyPath, SourceFile } from "../../model.ts";
import type { Sealed } from "../../secret.ts";
import { IV_BYTES, placeOf, sealValue } from "./cipher.ts";
import { dataKeyOf } from "./data-key.ts";
import type { KeySource } from "./data-key.ts";
import { placeValue, replaceAll, takeOut, written } from "./draft.ts";
import type { Loaded } from "./load.ts";
import { newFileText } from "./new-file.ts";
import type { EncryptKms, KeyGroups, RecipientName } from "./new-file.ts";
import { checkMac, macOf, mustLoad, openItems } from "./open.ts";
import type { Opened } from "./open.ts";
import { leafAt } from "./tree.ts";
import type { Selector } from "./selector.ts";

export type { EncryptKms } from "./new-file.ts";

export interface SetOptions {
  /** For a new file only: `age1…` or KMS keys. An existing file keeps its own. */
  readonly recipients: readonly RecipientName[] | KeyGroups;
  /** For a new file only: which values are encrypted. Default: all but those whose name ends in `_unencrypted`. */
  readonly selector?: Selector;
  /** Time of the change: ISO 8601 in UTC, seconds. */
  readonly now: string;
  /** Cryptographic random bytes. */
  readonly random: (count: number) => Uint8Array;
  /** To open an existing file. */
  readonly keys: KeySource;
  /** For a new file with KMS recipients. */
  readonly encryptKms?: EncryptKms;
}

const DATA_KEY_BYTES = 32;
const MAC_OF_NOTHING = createHash("sha512").digest("hex").toUpperCase();

/**
 * The file's text with a value set: `sops -d` reads it. Values that do not change keep their bytes, comments stay; the
 * same value again gives the same text. A file that is undefined (YAML) or blank (by its name) is made. `name` is
 * dotted; the value becomes a string. Throws what `decryptSops` throws for an existing file, USAGE for a name or
 * recipient that cannot be used.
 */
export async function setSopsValue(
  file: SourceFile | undefined,
  name: string,
  value: Sealed,
  options: SetOptions,
): Promise<string> {
  return await changeSopsValues(file, new Map([[name, value]]), options);
}

/**
 * The file's text with several values set, or removed where there is undefined: as {@link setSopsValue}, with one
 * request for the data key. Only values at the top level can be removed.
 */
export async function changeSopsValues(
  file: SourceFile | undefined,
  values: ReadonlyMap<string, Sealed | undefined>,
  options: SetOptions,
): Promise<string> {
  const now = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/u.exec(options.now)?.[0];
  if (now === undefined || !options.now.endsWith("Z"))
    throw new Failure("INTERNAL", "The time of a change has to be ISO 8601 in UTC.");
  const changes = [...values].map(([name, value]): Change => {
    const path = pathOf(name);
    return { path, name: formatPath(path), value: value?.reveal(), now: `${now}Z`, random: options.random };
  });
  const fresh = file === undefined || file.text.trim() === "";
  const path = file?.path ?? "the new file";
  const dataKey = fresh ? options.random(DATA_KEY_BYTES) : await dataKeyOf(path, mustLoad(file).metadata, options.keys);
  let text = fresh ? await emptyFile(path, dataKey, `${now}Z`, options) : file.text;
  for (const change of changes) text = changeIn(mustLoad({ path, text }), dataKey, change);
  return text;
}

interface Change {
  readonly path: KeyPath;
  readonly name: string;
  /** Undefined: it goes. */
  readonly value: string | undefined;
  readonly now: string;
  readonly random: (count: number) => Uint8Array;
}

function pathOf(name: string): KeyPath {
  const path = parsePath(name);
  if (path !== undefined && path[0] !== "sops") return path;
  throw new Failure("USAGE", `${JSON.stringify(name)} cannot be the name of a value in a SOPS file.`, {
    fix: "use letters, digits, - and _; dots lead into maps; sops is taken by the file's own section",
  });
}

/** Text of a file without values; its MAC is that of nothing. */
async function emptyFile(path: string, dataKey: Uint8Array, now: string, options: SetOptions): Promise<string> {
  return await newFileText({
    path,
    json: path.endsWith(".json"),
    recipients: options.recipients,
    dataKey,
    now,
    mac: sealValue(MAC_OF_NOTHING, dataKey, now, options.random(IV_BYTES)),
    encryptKms: options.encryptKms,
    selector: options.selector,
    random: options.random,
  });
}

function changeIn(before: Loaded, key: Uint8Array, change: Change): string {
  const opened = openItems(before, key);
  checkMac(before, opened, key);
  const { tree, metadata } = before;
  const there = leafAt(tree, change.path);
  const { value } = change;
  const values = valuesOf(opened);
  const modified = { ...metadata.spans.lastModified, text: JSON.stringify(change.now) };
  if (value === undefined) {
    if (there === undefined) return tree.file.text;
    values.delete(change.name);
    const draft = replaceAll(tree.file.text, [takeOut(tree, change.path), modified]);
    return finish({ path: tree.file.path, text: draft }, values, key, change);
  }
  const keys = there?.keys ?? change.path;
  refusePlain(before, keys, change.name);
  const old = there === undefined ? undefined : opened.find((one) => one.item.leaf === there);
  if (old?.clear.text === value && (old.item.encrypted?.type ?? "str") === "str") return tree.file.text;
  const sealed = sealValue(value, key, placeOf(keys), change.random(IV_BYTES));
  const draft = replaceAll(tree.file.text, [placeValue(tree, change.path, sealed), modified]);
  values.set(change.name, Buffer.from(value).toString("hex"));
  return finish({ path: tree.file.path, text: draft }, values, key, change);
}

/** A secret must not be written where the file's rule leaves it readable. */
function refusePlain({ tree, metadata }: Loaded, keys: readonly string[], name: string): void {
  const selected = metadata.selects(keys);
  if (selected === true) return;
  const message =
    selected === false
      ? `${name} would stand in plain text in ${tree.file.path}.`
      : `${tree.file.path} decides by comments what is encrypted; trueup does not change such files.`;
  throw new Failure("REFUSED", message, {
    fix: selected === false ? "choose another name, or another rule for the file" : "use sops set, or another rule",
    details: [`the rule: sops.${metadata.selector.name}`],
  });
}

/** Authenticates the draft, and makes sure that it says what it should and nothing else. */
function finish(draft: SourceFile, expected: ReadonlyMap<string, string>, key: Uint8Array, change: Change): string {
  const drafted = mustLoad(draft);
  const mac = macOf(drafted, openItems(drafted, key));
  const sealed = sealValue(mac, key, change.now, change.random(IV_BYTES));
  const put = { ...drafted.metadata.spans.mac, text: written(sealed, drafted.metadata.flow) };
  const text = replaceAll(draft.text, [put]);
  const after = mustLoad({ path: draft.path, text });
  const opened = openItems(after, key);
  checkMac(after, opened, key);
  const found = valuesOf(opened);
  if (found.size === expected.size && [...expected].every(([name, value]) => found.get(name) === value)) return text;
  throw new Failure("REFUSED", `${change.name} cannot be set in ${draft.path} without touching other values.`, {
    fix: "the file has an unusual layout: use sops set",
  });
}

/** Plain bytes of every value, as text that can be compared. */
function valuesOf(opened: readonly Opened[]): Map<string, string> {
  return new Map(
    opened.filter((one) => !one.item.leaf.comment).map(({ item, clear }) => [item.name, clear.mac.toString("hex")]),
  );
}
