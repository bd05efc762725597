/** Names on their way to stores and back: key paths, addresses, globs, files, and bytes of etcd. */
import { formatPath, globMatcher, parseAddress, parsePath } from "../../../src/address.ts";
import { isFailure } from "../../../src/failure.ts";
import { decodePath, encodePath, keyFault } from "../../../src/map/keys.ts";
import { keyAt, layOut } from "../../../src/stores/directory/key-path.ts";
import { keyOf, textOf as etcdText } from "../../../src/stores/etcd/text.ts";
import { type FuzzTarget, must, mustEqual, textOf } from "../target.ts";

/** A file system takes such a name and gives it back: no separator, no device, not too long, nothing at the end. */
const BAD_NAME = /[\0-\x1f\x7f<>:"|?*\\]|[. ]$|^$/u; // oxlint-disable-line no-control-regex
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/iu;

export const path: FuzzTarget = {
  name: "path",
  fresh: 2000,
  dictionary: [
    "/",
    "//",
    ".",
    "..",
    "%",
    "%2F",
    "%25",
    "%empty",
    "%self",
    "%+",
    "con",
    "nul.txt",
    "a",
    "é",
    "e\u0301",
    "\ufffd",
    "*",
    "**",
    "?",
    "@",
    ":",
    "@dev:",
    '"',
    "[0]",
    "\\",
    " ",
    "\0",
    "x".repeat(260),
    "\xed\xa0\x80",
  ],
  seeds: [
    "a/b.c/d",
    "ingress/alb.io%2Fgroup.name",
    "orders@prod.us:http.**.p?rt",
    "a\0b\0c\0a/b",
    "con\0nul.txt\0ends.\0%\0..",
    "*a*a*a*b:aaaa",
  ],
  run(input) {
    const text = textOf(input);
    const segments = text.split("/");
    mustEqual(decodePath(encodePath(segments)), segments, "a key path comes back from the store");
    mustEqual(parsePath(formatPath(segments)), segments, "a path comes back from its address");
    files(text.split("\0").map((name) => `/${name}`));
    etcd(input);
    globs(text);
  },
};

function files(given: readonly string[]): void {
  const keys = [...new Set(given)].filter((key) => keyFault(key) === undefined && !/\p{Cs}/u.test(key));
  const places = layOut(keys);
  must(new Set(places.values()).size === keys.length, "every key has a file of its own", keys, [...places.values()]);
  const folders = new Set<string>();
  for (const [key, place] of places) {
    const names = place.split("/");
    must(keyAt(names) === key, "a file is its key's", key, place);
    for (const name of names)
      must(
        !BAD_NAME.test(name) && !DEVICE.test(name) && Buffer.byteLength(name) <= 255,
        "a name that works everywhere",
        name,
      );
    for (let depth = 1; depth < names.length; depth++) folders.add(names.slice(0, depth).join("/"));
  }
  for (const place of places.values()) must(!folders.has(place), "no file is a folder", place);
}

function etcd(input: Buffer): void {
  const half = input.length >> 1;
  const [a, b] = [input.subarray(0, half), input.subarray(half)];
  for (const read of [keyOf, etcdText]) {
    must(
      (read(a) === read(b)) === a.equals(b),
      "different bytes are different texts",
      a.toString("hex"),
      b.toString("hex"),
    );
    if (Buffer.from(a.toString("utf8")).equals(a)) must(read(a) === a.toString("utf8"), "UTF-8 is itself");
  }
}

function globs(text: string): void {
  try {
    const { app, key, place } = parseAddress(text);
    for (const glob of [app, key, place]) {
      const matches = globMatcher(glob);
      if (!/[*?]/u.test(glob)) must(matches(glob) && !matches(`${glob}x`), "without stars it is itself", glob);
      must(globMatcher("**")(text) && globMatcher("**")(`${text}\n`), "two stars are anything");
      matches(`${"a".repeat(500)}!`);
      matches(`${glob.replaceAll(/[*?]/gu, "").slice(0, 20).repeat(25)}!`);
    }
  } catch (error) {
    must(isFailure(error), "a failure with words", String(error));
  }
}
