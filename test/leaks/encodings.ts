/**
 * The forms in which a secret may get out, each with the texts to look for. Together with what `detector.ts` does to
 * every text it reads (upper and lower case as one, line breaks and frames taken out, compressed data unpacked) and
 * with the lengths it looks for, these are the encodings of the leak test.
 */
import { createHash } from "node:crypto";

export interface Encoding {
  readonly name: string;
  /** What the text looks like in this encoding, in all its spellings. */
  readonly forms: (text: string) => readonly string[];
  /** Characters of a form in a row that cannot stand there by accident. */
  readonly run: number;
  /** True: the form of a piece is no piece of the form, so only whole texts are worth looking for. */
  readonly whole?: true;
}

const bytes = (text: string): Buffer => Buffer.from(text, "utf8");
const utf16 = (text: string): Buffer => Buffer.from(text, "utf16le");

/** base64 of the text wherever it starts inside something longer: three ways, without the characters its neighbours have a part in. */
function shifted(data: Buffer, encoding: "base64" | "base64url"): string[] {
  return [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), data])
      .toString(encoding)
      .replace(/=+$/u, "");
    const tail = (shift + data.length) % 3 === 0 ? undefined : -1;
    return text.slice(shift === 0 ? 0 : shift + 1, tail);
  });
}

const everyByte = (text: string, prefix: string): string =>
  [...bytes(text)].map((byte) => prefix + byte.toString(16).padStart(2, "0")).join("");

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const html = (text: string, apostrophe: string): string =>
  text.replace(/[&<>"']/gu, (sign) => entities[sign] ?? apostrophe);

/** `run`: digits in a row; half of a digest is as good as all of it. */
const hash = (name: string): Encoding => ({
  name,
  run: 12,
  whole: true,
  forms: (text) =>
    [text, `${text}\n`, JSON.stringify(text)].flatMap((each) => {
      const sum = createHash(name).update(each).digest();
      return [sum.toString("hex"), sum.toString("base64"), sum.toString("base64url")];
    }),
});

export const ENCODINGS: readonly Encoding[] = [
  { name: "raw", run: 8, forms: (text) => [text] },
  { name: "base64", run: 11, forms: (text) => shifted(bytes(text), "base64") },
  { name: "base64url", run: 11, forms: (text) => shifted(bytes(text), "base64url") },
  { name: "hex", run: 16, forms: (text) => [bytes(text).toString("hex")] },
  { name: "bytes in hex", run: 24, forms: (text) => ["\\x", "0x", " ", ":", ","].map((sign) => everyByte(text, sign)) },
  {
    name: "percent",
    run: 24,
    forms: (text) => [
      encodeURIComponent(text),
      everyByte(text, "%"),
      text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A"),
    ],
  },
  {
    name: "JSON",
    run: 12,
    forms: (text) => {
      const once = JSON.stringify(text).slice(1, -1);
      const twice = JSON.stringify(once).slice(1, -1);
      const ascii = once.replace(/[^\x20-\x7e]/gu, (sign) =>
        [
          ...utf16(sign)
            .toString("hex")
            .matchAll(/(..)(..)/gu),
        ]
          .map(([, low, high]) => `\\u${high}${low}`)
          .join(""),
      );
      return [once, twice, ascii];
    },
  },
  {
    name: "YAML",
    run: 12,
    forms: (text) => [text.replaceAll("'", "''"), text.replaceAll("\n", "\n\n"), text.replaceAll("\n", "\n  ")],
  },
  { name: "HTML", run: 12, forms: (text) => [html(text, "&#39;"), html(text, "&#x27;"), html(text, "&apos;")] },
  {
    name: "shell",
    run: 12,
    forms: (text) => [text.replaceAll("'", `'\\''`), text.replaceAll("'", `'"'"'`), text.replace(/(\W)/gu, "\\$1")],
  },
  {
    name: "terminal",
    run: 12,
    forms: (text) => [
      text.replace(/[^\x20-\x7e]/gu, (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`),
      text.replace(/[^\x20-\x7e]/gu, ""),
    ],
  },
  {
    name: "UTF-16",
    run: 26,
    forms: (text) => [utf16(text).toString("hex"), ...shifted(utf16(text), "base64"), Array.from(text).join("\0")],
  },
  { name: "reversed", run: 8, forms: (text) => [Array.from(text).toReversed().join("")] },
  hash("sha256"),
  hash("sha512"),
  hash("sha1"),
  hash("md5"),
];
