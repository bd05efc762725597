/** The formats that variables can be written in. Each is read back by its real reader in `test/export/`. */
import { dotenvFault, dotenvText } from "./dotenv.ts";
import { githubBlock } from "./github.ts";
import type { NameUse } from "./names.ts";

/** A variable with its text in the open: exists only between the edge and a format. */
export interface Named {
  readonly name: string;
  readonly text: string;
}

/** Variables that a format has no spelling for, by name with the reason; never with the text. */
export interface Unspeakable {
  readonly name: string;
  readonly why: string;
}

export interface Format {
  readonly names: NameUse;
  /** Why this format cannot carry the text; undefined if it can. */
  readonly fault: (text: string) => string | undefined;
  /** Expects variables without a fault. */
  readonly write: (variables: readonly Named[]) => string;
}

/** No format, and no environment, can carry these. */
export function textFault(text: string): string | undefined {
  if (text.includes("\0")) return "holds a NUL character, which no environment variable can";
  return /\p{Cs}/u.test(text) ? "is not valid Unicode text" : undefined;
}

/** Variables that the format cannot carry, by name or by text. */
export function unspeakable(variables: readonly Named[], format: Format): readonly Unspeakable[] {
  return variables.flatMap(({ name, text }) => {
    const why = textFault(text) ?? format.fault(text);
    return why === undefined ? [] : [{ name, why }];
  });
}

const lines = (write: (variable: Named) => string) => (variables: readonly Named[]) =>
  variables.map((variable) => `${write(variable)}\n`).join("");

/** POSIX shells, for `eval "$(…)"` or `.`: single quotes, in which nothing has a meaning. */
const shell: Format = {
  names: "file",
  fault: () => undefined,
  write: lines(({ name, text }) => `export ${name}='${text.replaceAll("'", `'\\''`)}'`),
};

/** One line of docker's own reader (docker/cli, kvfile: a bufio.Scanner with its default buffer). */
const DOCKER_LINE = 65_535;

/** `docker run --env-file`: everything after the first `=` is the value, there are no quotes and no escapes. */
const docker: Format = {
  names: "file",
  fault: (text) => {
    if (/[\r\n]/u.test(text)) return "has more than one line, and docker's files have no spelling for that";
    return Buffer.byteLength(text, "utf8") > DOCKER_LINE - 300 ? "is longer than docker reads (64 KB)" : undefined;
  },
  write: lines(({ name, text }) => `${name}=${text}`),
};

const json: Format = {
  names: "data",
  fault: () => undefined,
  write: (variables) => `${JSON.stringify(Object.fromEntries(pairs(variables)), null, 2)}\n`,
};

/** Not by assignment: a variable may be called __proto__. */
function pairs(variables: readonly Named[]): [string, string][] {
  return variables.map(({ name, text }) => [name, text]);
}

/** JSON strings are YAML strings, except for characters that YAML 1.1 does not print or takes for line breaks. */
const yaml: Format = {
  names: "data",
  fault: () => undefined,
  write: (variables) =>
    variables.length === 0 ? "{}\n" : lines(({ name, text }) => `${yamlKey(name)}: ${yamlString(text)}`)(variables),
};

function yamlKey(name: string): string {
  const plain = /^[A-Za-z_][A-Za-z0-9_]*$/u.test(name) && !/^(?:y|n|yes|no|on|off|true|false|null)$/iu.test(name);
  return plain ? name : yamlString(name);
}

function yamlString(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}

const dotenv: Format = { names: "file", fault: dotenvFault, write: dotenvText };

/** `delimiter` must be new and random for every run: a text that held it could add variables of its own. */
export function githubFormat(delimiter: string): Format {
  return {
    names: "github",
    fault: (text) => (text.includes(delimiter) ? "holds the delimiter of this run" : undefined),
    write: (variables) => variables.map((variable) => githubBlock(variable, delimiter)).join(""),
  };
}

/** Formats that need nothing but the variables. */
export const FORMATS: Readonly<Record<string, Format>> = { dotenv, json, yaml, shell, docker };
