/**
 * Keys as files: `/prod/orders/http/port` is the file `prod/orders/http/port`. Whatever some file system could not
 * hold is written with `%` and hexadecimal digits, and everything after a `%` is ours, except for `%2F`:
 *
 *   `50%`           `50%25`        bytes in UTF-8, for % < > : " | ? * \ and control characters
 *   `ends.`         `ends%2E`      a dot or space at the end, and so `.` and `..` too
 *   `nul`           `%6Eul`        names of devices on Windows
 *   (empty)         `%empty`
 *   300 letters     `<253 bytes>%+/<rest>`
 *   `/a` beside `/a/b`             `a/%self`, only while both exist
 *
 * Names that this table would not write (somebody made the file by hand) are taken as they are.
 */
import type { Key } from "../../model.ts";

const MAX_NAME_BYTES = 255;
const EMPTY = "%empty";
const SELF = "%self";
const CONTINUED = "%+";
/** A slash inside a level of a key comes to stores as this. No segment holds a slash, so it needs no marking of its own. */
const SLASH = "%2F";
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const UNSAFE = /[\u0000-\u001f\u007f%<>:"|?*\\\ufffd]/u;
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?:\.|$)/iu;

/** Where each key stands, relative to the store's root, with forward slashes. Depends on all keys: see `%self`. */
export function layOut(keys: Iterable<Key>): Map<Key, string> {
  const names = new Map([...keys].map((key) => [key, namesOf(key)]));
  const folders = new Set<string>();
  for (const each of names.values()) {
    for (let depth = each.length - 1; depth > 0; depth--) {
      const folder = each.slice(0, depth).join("/");
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return new Map(
    [...names].map(([key, each]) => {
      const path = each.join("/");
      return [key, folders.has(path) ? `${path}/${SELF}` : path];
    }),
  );
}

/** The key of a file, from the names on the way to it. Every file is some key's. */
export function keyAt(names: readonly string[]): Key {
  const own = names.length > 1 && names.at(-1) === SELF ? names.slice(0, -1) : names;
  const segments: string[] = [];
  let parts: string[] = [];
  for (const [index, name] of own.entries()) {
    parts.push(name);
    if (name.endsWith(CONTINUED) && index < own.length - 1) continue;
    segments.push(...decode(parts));
    parts = [];
  }
  return `/${segments.join("/")}`;
}

function namesOf(key: Key): string[] {
  return key.slice(1).split("/").flatMap(encode);
}

/** One segment of a key as one name, or as several where it is too long. */
function encode(segment: string): string[] {
  if (segment === "") return [EMPTY];
  const letters = Array.from(segment);
  const last = letters.length - 1;
  const units = letters.map((letter, index) => {
    const trailing = index === last && (letter === "." || letter === " ");
    const device = index === 0 && DEVICE.test(segment);
    const slash = letters.slice(index, index + 3).join("") === SLASH;
    return trailing || device || (UNSAFE.test(letter) && !slash) ? percent(letter) : letter;
  });
  const whole = units.join("");
  return Buffer.byteLength(whole) <= MAX_NAME_BYTES ? [whole] : chunks(units);
}

function chunks(units: readonly string[]): string[] {
  const room = MAX_NAME_BYTES - CONTINUED.length;
  const names: string[] = [];
  let name = "";
  let bytes = 0;
  for (const unit of units) {
    const more = Buffer.byteLength(unit);
    if (bytes + more > room) {
      names.push(name + CONTINUED);
      name = "";
      bytes = 0;
    }
    name += unit;
    bytes += more;
  }
  return [...names, name];
}

/** Inverse of {@link encode}; names that it would not have made are segments as they stand. */
function decode(names: readonly string[]): readonly string[] {
  const whole = names
    .map((name, index) => (index < names.length - 1 ? name.slice(0, -CONTINUED.length) : name))
    .join("");
  const segment =
    whole === EMPTY
      ? ""
      : whole.replace(/(?:%(?!2F)[0-9A-F]{2})+/gu, (run) =>
          Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8"),
        );
  const again = encode(segment);
  const ours = again.length === names.length && again.every((name, index) => name === names[index]);
  return ours ? [segment] : names;
}

function percent(letter: string): string {
  return [...Buffer.from(letter, "utf8")]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
    .join("");
}
