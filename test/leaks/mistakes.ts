/** What people do wrong near a secret, so that something has to be said about it without saying the secret. */
import type { Canary } from "./canary.ts";
import type { Random } from "./random.ts";

/** A value as it may stand in a YAML file, in one of the ways to write it. */
export function yamlOf(text: string, random: Random, indent = "    "): string {
  const styles = [JSON.stringify(text)];
  if (/^[\p{L}\p{N}→🔑]+$/u.test(text)) styles.push(text, `'${text}'`);
  if (!/[\n\t]/u.test(text)) styles.push(`'${text.replaceAll("'", "''")}'`);
  if (!/\t| $| \n/u.test(text)) styles.push(`|-\n${text.replaceAll(/^/gmu, indent)}`);
  return styles[random.int(styles.length)] ?? "";
}

/** Lines of YAML that are wrong, with a secret in plain text at `key`, which the schema says is secret. */
export const BROKEN_YAML: Readonly<Record<string, (key: string, core: string, canary: Canary) => string>> = {
  "quote not closed": (key, core) => `  ${key}: "${core}\n`,
  "quote closed early": (key, core) => `  ${key}: '${core}'${core}\n`,
  "indented by tabs": (key, core) => `\t${key}: ${core}\n`,
  "two colons": (key, core) => `  ${key}: ${core}: ${core}\n`,
  "key twice": (key, core) => `  ${key}: ${core}\n  ${key}: "${core}"\n`,
  tag: (key, core) => `  ${key}: !vault ${core}\n`,
  alias: (key, core) => `  ${key}: *${core}\n`,
  "open list": (key, core) => `  ${key}: [${core}\n`,
  "open map": (key, core) => `  ${key}: {a: ${core}\n`,
  "template not quoted": (key, core) => `  ${key}: {{secret.s0}}${core}\n`,
  "bad escape": (key, core) => `  ${key}: "${core}\\q${core}"\n`,
  "block out of line": (key, core) => `  ${key}: |\n      ${core}\n    ${core}\n${core}\n`,
  "block with tabs": (key, core) => `  ${key}: |\n    -----BEGIN\n\t${core}\n    -----END\n`,
  "text goes on as a map": (key, core) => `  ${key}: ${core}\n    more: ${core}\n`,
  "text alone on a line": (key, core) => `  ${key}:\n  ${core}\n`,
  "at sign": (key, core) => `  ${key}: @${core}\n`,
  percent: (key, core) => `  ${key}: %${core}\n`,
  "invisible character": (key, core) => `  ${key}: ${core}\u200b${core}\n`,
  "control character": (key, core) => `  ${key}: "${core}\u0007"\n`,
  "NUL byte": (key, core) => `  ${key}: ${core}\0\n`,
  "merge key": (key, core) => `  ${key}: {<<: ${core}}\n`,
  "lines of a quoted text": (key, core, { text }) =>
    `  ${key}: "${text.replaceAll(/["\\]/gu, "")}\n  ${core}\n  ${key}: x"${core}\n`,
};

/** The same for numbers, which YAML reads in many ways. `digits` begins with no zero. */
export const BROKEN_NUMBERS: Readonly<Record<string, (key: string, digits: string) => string>> = {
  "too many digits": (key, digits) => `  ${key}: ${digits}\n`,
  "zero in front": (key, digits) => `  ${key}: 0${digits}\n`,
  "octal of old": (key, digits) => `  ${key}: 0o${digits.replaceAll(/[89]/gu, "7")}\n`,
  underscores: (key, digits) => `  ${key}: ${digits.slice(0, 2)}_${digits.slice(2)}\n`,
  exponent: (key, digits) => `  ${key}: ${digits}e400\n`,
  fraction: (key, digits) => `  ${key}: 1.${digits}\n`,
  "by minutes": (key, digits) => `  ${key}: ${digits}:30\n`,
};

/** What the schema may say about a secret beside `x-secret`, so that plain text breaks it in one more way. */
export const RULES: readonly string[] = [
  "",
  ", minLength: 5000",
  ", maxLength: 3",
  ", pattern: '^[a-c]{3}$'",
  ", enum: [one, two]",
  ", const: fixed",
  ", format: ipv4",
  ", format: hostname",
  ", not: { type: string }",
  ", oneOf: [{ minLength: 5000 }, { maxLength: 2 }]",
  ", anyOf: [{ const: a }, { pattern: '^b$' }]",
  ", if: { minLength: 2 }, then: { maxLength: 3 }",
];
