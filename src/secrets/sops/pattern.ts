/** Regular expressions of SOPS metadata: written for Go, run here on the names of keys. */

/** Longer ones are refused, as are longer names: both together bound the time a match can take. */
const LONGEST_PATTERN = 512;
const LONGEST_NAME = 512;

/**
 * A test for names, or why the pattern cannot be used. Go's engine needs linear time whatever the pattern is, ours does
 * not: a group that is repeated without limit is refused, since only such a one can take for ever.
 */
export function goPattern(source: string): ((name: string) => boolean) | { readonly why: string } {
  const flags = /^(?<start>\^?)\(\?(?<flags>[ims]+)\)/u.exec(source);
  const body = flags === null ? source : `${flags.groups?.start ?? ""}${source.slice(flags[0].length)}`;
  if (body.length > LONGEST_PATTERN) return { why: "it is too long" };
  if (/\)(?:[*+]|\{\d+,)/u.test(body.replace(/\\./gsu, ""))) return { why: "it repeats a group without limit" };
  if (/\\[1-9k]|\(\?[=!<]/u.test(body.replace(/\\\\/gu, ""))) return { why: "Go does not know what it uses" };
  try {
    const pattern = new RegExp(body, `u${flags?.groups?.flags ?? ""}`);
    return (name) => name.length <= LONGEST_NAME && pattern.test(name);
  } catch {
    return { why: "it is no regular expression, or one that only Go understands" };
  }
}
