/**
 * `.env` files. There is no standard: readers differ in what quotes and backslashes mean. Only spellings that all of them
 * read alike are used (bash, Node's --env-file, dotenv of npm, python-dotenv, docker compose); what has none is refused
 * rather than read wrongly, or run, somewhere.
 */
import type { Named } from "./format.ts";

const BARE = /^[A-Za-z0-9_./:@%+,=-]*$/u;

/** The text in quotes that all readers agree on; undefined if there are none. */
export function dotenvQuote(text: string): string | undefined {
  if (BARE.test(text)) return text;
  // dotenv of npm turns every carriage return into a line feed before it looks at anything else.
  if (text.includes("\r")) return undefined;
  // In single quotes python-dotenv reads \\ and \', and npm's takes \' for no end.
  if (!text.includes("'") && !text.includes("\\\\") && !text.endsWith("\\")) return `'${text}'`;
  return /["\\$`!]/u.test(text) || text.includes("\r") ? undefined : `"${text}"`;
}

export function dotenvFault(text: string): string | undefined {
  return dotenvQuote(text) === undefined
    ? "has quotes, backslashes or line ends in a mix that readers of .env files do not agree on"
    : undefined;
}

export function dotenvText(variables: readonly Named[]): string {
  return variables.map(({ name, text }) => `${name}=${dotenvQuote(text) ?? ""}\n`).join("");
}

/** Names of variables that python-dotenv alone changes: it replaces `${NAME}` whatever the quotes. */
export function expandedByPython(variables: readonly Named[]): readonly string[] {
  return variables.filter(({ text }) => text.includes("${")).map(({ name }) => name);
}
