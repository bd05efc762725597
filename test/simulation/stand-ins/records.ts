/** `stores/records.ts` in a world: the real records, each text read once. */
import type { Head, Key, LedgerRecord, Version } from "../../../src/model.ts";
import * as real from "../../../src/stores/records.ts";
import { remembered } from "../remembered.ts";

export const { SAME_VERSION, encodeHead, encodeLedger, headKey, ledgerKey, recordVersions } = real;

/** What stands before the text in the memory's own keys; no key of a store and no version has a line break in it. */
const heads = remembered((all) => {
  const [key = ""] = all.split("\n", 1);
  return real.decodeHead(all.slice(key.length + 1), key);
});
const ledgers = remembered((all) => {
  const [key = "", version = ""] = all.split("\n", 2);
  return real.decodeLedger(all.slice(key.length + version.length + 2), key, version);
});

export function decodeHead(text: string, key: Key): Head {
  return heads(`${key}\n${text}`);
}

export function decodeLedger(text: string, key: Key, version: Version): LedgerRecord {
  return ledgers(`${key}\n${version}\n${text}`);
}
