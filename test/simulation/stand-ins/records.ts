/** `stores/records.ts` in a world: the real records, each text read once. */
import type { Head, Key, LedgerRecord, Version } from "../../../src/model.ts";
import * as real from "../../../src/stores/records.ts";
import { rememberedAbout } from "../remembered.ts";

export const { SAME_VERSION, encodeHead, encodeLedger, headKey, ledgerKey, recordVersions } = real;

const heads = rememberedAbout((text, key = "") => real.decodeHead(text, key));
const ledgers = rememberedAbout((text, key = "", version = "") => real.decodeLedger(text, key, version));

export function decodeHead(text: string, key: Key): Head {
  return heads(text, key);
}

export function decodeLedger(text: string, key: Key, version: Version): LedgerRecord {
  return ledgers(text, key, version);
}
