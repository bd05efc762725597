/** Looks for canaries in texts, in all encodings at once: the time it takes hangs on the text, not on how many there are. */
import { isUtf8 } from "node:buffer";
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from "node:zlib";
import type { Canary } from "./canary.ts";
import { ENCODINGS } from "./encodings.ts";

export interface Finding {
  readonly canary: Canary;
  readonly encoding: string;
  /** What stands there, with a little around it. */
  readonly excerpt: string;
}

interface Needle {
  readonly canary: Canary;
  readonly encoding: string;
  readonly text: string;
}

export interface Detector {
  /** Everything found in a text, one finding for each canary and encoding. */
  search(text: string): Finding[];
  /** The same for a file, which may be compressed. */
  searchBytes(data: Buffer): Finding[];
}

/** Characters that the rolling sum looks at. Shorter needles are looked for one by one. */
const WINDOW = 8;
const BASE = 0x01000193;
const FILTER_BITS = 20;
/** A long text that is encoded is as good as found by either of its ends. */
const END = 48;

export function detectorOf(canaries: readonly Canary[]): Detector {
  const starts = new Map<string, Needle[]>();
  const shorts: Needle[] = [];
  const filter = new Uint8Array(2 ** FILTER_BITS);
  for (const needle of needlesOf(canaries)) {
    if (needle.text.length < WINDOW) {
      shorts.push(needle);
      continue;
    }
    const start = needle.text.slice(0, WINDOW);
    const known = starts.get(start);
    if (known === undefined) starts.set(start, [needle]);
    else known.push(needle);
    filter[sumOf(start) >>> (32 - FILTER_BITS)] = 1;
  }
  const lengths = lengthsOf(canaries);

  const scan = (text: string, found: Map<string, Finding>): void => {
    const note = (needle: Needle, at: number): void => {
      const id = `${needle.canary.role}\n${needle.encoding}`;
      if (!found.has(id))
        found.set(id, { canary: needle.canary, encoding: needle.encoding, excerpt: around(text, at) });
    };
    for (const needle of shorts) {
      const at = text.indexOf(needle.text);
      if (at >= 0) note(needle, at);
    }
    let sum = sumOf(text.slice(0, WINDOW));
    for (let at = 0; at + WINDOW <= text.length; at++) {
      if (filter[sum >>> (32 - FILTER_BITS)] === 1) {
        for (const needle of starts.get(text.slice(at, at + WINDOW)) ?? [])
          if (text.startsWith(needle.text, at)) note(needle, at);
      }
      sum = (Math.imul(sum, BASE) + text.charCodeAt(at + WINDOW) - Math.imul(text.charCodeAt(at), POWER)) | 0;
    }
  };
  const search = (text: string): Finding[] => {
    const found = new Map<string, Finding>();
    const folded = text.toLowerCase();
    scan(folded, found);
    const joined = joinedLines(folded);
    if (joined.length !== folded.length) scan(joined, found);
    for (const data of packedIn(text)) scan(data.toString("utf8").toLowerCase(), found);
    for (const finding of lengthsIn(text, lengths)) found.set(`${finding.canary.role}\nlength`, finding);
    return [...found.values()];
  };
  const searchBytes = (data: Buffer): Finding[] => {
    const whole = unpacked(data);
    return [
      ...search(data.toString("utf8")),
      ...(whole === undefined ? [] : search(whole.toString("utf8"))),
      // Sixteen bits a character: half of the bytes are zero.
      ...(data.includes(0) ? search(data.toString("utf16le")) : []),
    ];
  };
  return { search, searchBytes };
}

const POWER = Array.from({ length: WINDOW }).reduce<number>((power) => Math.imul(power, BASE), 1);

function sumOf(text: string): number {
  let sum = 0;
  for (let at = 0; at < WINDOW; at++) sum = (Math.imul(sum, BASE) + text.charCodeAt(at)) | 0;
  return sum;
}

/** Pieces of every form that cannot stand there by accident, in lower case. */
function* needlesOf(canaries: readonly Canary[]): Generator<Needle> {
  for (const canary of canaries) {
    const seen = new Set<string>();
    for (const { name, forms, run, whole } of ENCODINGS) {
      const isRaw = name === "raw";
      const fresh = (text: string): boolean => !seen.has(text) && seen.add(text).has(text);
      const pieces =
        whole === true ? [canary.text, ...canary.cores] : isRaw ? canary.cores : canary.cores.flatMap(ends);
      for (const piece of pieces) {
        for (const form of forms(piece)) {
          const text = form.toLowerCase();
          if (isRaw || form !== piece)
            for (const part of partsOf(text, run + (CARE[canary.kind] ?? 0), isRaw ? 1 : STRIDE))
              if (fresh(part)) yield { canary, encoding: name, text: part };
        }
      }
      if (whole === true || canary.text.length > 4 * END) continue;
      for (const form of forms(canary.text)) {
        const text = form.toLowerCase();
        if (fresh(text)) yield { canary, encoding: name, text };
      }
    }
  }
}

/** Runs of a length, one every few characters: what is a little longer than a run always holds one of them. */
const STRIDE = 4;

/**
 * Digits alone stand in dates and counts too; and a text of thousands of letters has so many runs that ciphertext of a
 * few megabytes would hold one by chance. So these need longer ones.
 */
const CARE: Partial<Readonly<Record<Canary["kind"], number>>> = { numeric: 5, long: 4 };

/** The last run ends where the text ends. */
function* partsOf(text: string, run: number, stride: number): Generator<string> {
  const length = Math.min(text.length, run);
  for (let at = 0; at + length < text.length; at += stride) yield text.slice(at, at + length);
  yield text.slice(-length);
}

function ends(text: string): string[] {
  return text.length <= 2 * END ? [text] : [text.slice(0, END), text.slice(-END)];
}

/** The text as one line: without white space, frames, quotes, joining signs and colours. */
function joinedLines(text: string): string {
  // eslint-disable-next-line no-control-regex -- colours are what it looks for
  return text.replace(/\u001b\[[\d;]*m|[\s│┃|"'`\\,+…]+/gu, "");
}

/** Compressed data inside a text: base64 or hex that starts like gzip or zlib does. */
function packedIn(text: string): Buffer[] {
  const found = [
    ...[...text.matchAll(/(?:H4sI|eJ[wyxz]|eN[oqrp]|eA[EF])[\w+/-]{20,}/gu)].map(([run]) => Buffer.from(run, "base64")),
    ...[...text.matchAll(/1f8b08[0-9a-f]{30,}/giu)].map(([run]) => Buffer.from(run, "hex")),
  ];
  return found.flatMap((data) => unpacked(data) ?? []);
}

function unpacked(data: Buffer): Buffer | undefined {
  const zlib = (data[0] ?? 0) === 0x78;
  const gzip = data[0] === 0x1f && data[1] === 0x8b;
  const bare = isUtf8(data) ? [] : [brotliDecompressSync, inflateRawSync];
  const tries = gzip ? [gunzipSync] : zlib ? [inflateSync] : bare;
  for (const attempt of tries) {
    try {
      return attempt(data);
    } catch {
      // Not compressed after all.
    }
  }
  return undefined;
}

/** Characters that no other mark and no other range of columns is wide. */
const WIDE = 100;
type Lengths = ReadonlyMap<number, readonly Canary[]>;

function lengthsOf(canaries: readonly Canary[]): Lengths {
  const lengths = new Map<number, Canary[]>();
  for (const canary of canaries) {
    // A small number stands everywhere, and how long a value is that trueup makes up, Git says.
    if (canary.text.length < 16 || canary.kind === "made up") continue;
    for (const length of new Set([canary.text.length, Buffer.byteLength(canary.text)]))
      lengths.set(length, [...(lengths.get(length) ?? []), canary]);
  }
  return lengths;
}

/** Words that tell a length, marks as long as the text, and ranges of columns as wide as it. */
function lengthsIn(text: string, lengths: Lengths): Finding[] {
  const found: Finding[] = [];
  const note = (length: number, at: number): void => {
    for (const canary of lengths.get(length) ?? [])
      found.push({ canary, encoding: "length", excerpt: around(text, at) });
  };
  // With its quotes or without.
  const noteWidth = (length: number, at: number): void => {
    for (const width of [length, length - 2]) if (width >= WIDE) note(width, at);
  };
  for (const match of text.matchAll(
    /(?<![\w+/])(\d[\d,]*)[ -]?(?:bytes?|characters?|chars?|letters?|octets?|B)\b(?!=)/gu,
  ))
    note(Number(match[1]?.replaceAll(",", "")), match.index);
  for (const match of text.matchAll(/"?(?:length|size|bytes)"?[:=] ?(\d+)/giu)) note(Number(match[1]), match.index);
  for (const match of text.matchAll(/([•*─~^x.#])\1{14,}/gu)) {
    noteWidth(match[0].length, match.index);
  }
  for (const match of text.matchAll(/─{7,}┬─{7,}/gu)) noteWidth(match[0].length, match.index);
  const range = /"?(?:start)?col(?:umn)?"?[:=] ?(\d+)[^}]{0,80}?"?end_?col(?:umn)?"?[:=] ?(\d+)/giu;
  for (const match of text.matchAll(range)) {
    noteWidth(Number(match[2]) - Number(match[1]), match.index);
  }
  return found;
}

function around(text: string, at: number): string {
  return JSON.stringify(text.slice(Math.max(0, at - 100), at + 100));
}
