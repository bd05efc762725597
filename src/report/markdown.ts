/**
 * Building blocks of Markdown for GitHub comments and step summaries. Nothing of a user's text is ever markup: it is a
 * code span, a line of a fence, or prose made of characters that mean nothing to Markdown or to GitHub.
 */
import { safePiece, safeText } from "./redact.ts";

/**
 * Text without markup, mentions, issue references, commit ids, addresses or emoji names. Punctuation counts only where
 * a space or the end follows, so `www.x` and `:tada:` do not pass.
 */
const HARMLESS = /^(?:[\p{L}\p{N} ,;%'"()→…·×=+/–-]|[.:!?](?= |$)|(?<=\d\d):(?=\d\d(?: |$)))*$/u;
/** Lists, rules, and spaces at the ends, which would undo bold. */
const AT_ENDS = /^$|^(?:[-+= ]|\d+[.)])| $/u;
const REFERENCE = /\b[0-9A-Fa-f]{7,64}\b|\b(?:[Gg][Hh]|[A-Z]{2,})-\d/u;

/** The text as a code span: shown as it is, whatever it holds. Works in tables too. */
export function code(text: string): string {
  const safe = safePiece(text);
  if (safe === "") return "<code></code>";
  // A table ends its cells at every `|`, in code spans too, and its escape cannot follow a backslash.
  if (safe.includes("|")) return `<code>${entities(safe)}</code>`;
  const marks = "`".repeat(longestRun(safe, /`+/gu) + 1);
  const pad = /^`|`$|^ .*[^ ].* $/u.test(safe) ? " " : "";
  return `${marks}${pad}${safe}${pad}${marks}`;
}

/** Every character that is not a letter, a digit or a space as an entity: no parser of Markdown sees markup in it. */
function entities(text: string): string {
  return text.replace(/[^\p{L}\p{N} ]/gu, (character) => `&#${character.codePointAt(0) ?? 0};`);
}

/** Words as they are where they are harmless, the others in code spans: nothing is called `vars.domian`. */
export function prose(text: string): string {
  const safe = safePiece(text);
  if (isHarmless(safe)) return safe;
  return /^ | {2}| $/u.test(safe) ? code(safe) : mixed(safe.split(" "));
}

function mixed(words: readonly string[]): string {
  const runs: { readonly harmless: boolean; readonly words: string[] }[] = [];
  for (const word of words) {
    const harmless = isHarmless(word);
    const last = runs.at(-1);
    if (last?.harmless === harmless) last.words.push(word);
    else runs.push({ harmless, words: [word] });
  }
  const texts = runs.map((run) => run.words.join(" "));
  // Harmless words may mean something together (`12 :30`): then all of them are code.
  if (!runs.every((run, i) => !run.harmless || isHarmless(texts[i] ?? ""))) return code(words.join(" "));
  return runs.map((run, i) => (run.harmless ? texts[i] : code(texts[i] ?? ""))).join(" ");
}

/** Words inside a block of HTML, where Markdown is not read and code spans do not exist. */
export function htmlWords(text: string): string {
  const safe = safePiece(text);
  return isHarmless(safe) ? safe : `<code>${entities(safe)}</code>`;
}

function isHarmless(text: string): boolean {
  return HARMLESS.test(text) && !REFERENCE.test(text) && !AT_ENDS.test(text);
}

/** Bold prose. */
export function bold(text: string): string {
  return `**${prose(text)}**`;
}

/** A fenced block; the fence is longer than any run inside. Every line of `lines` stays one line. */
export function fence(language: string, lines: readonly string[]): string[] {
  const safe = lines.map(safePiece);
  const longest = Math.max(0, ...safe.map((line) => longestRun(line, /`+/gu)));
  const marks = "`".repeat(Math.max(3, longest + 1));
  return [`${marks}${language}`, ...safe, marks];
}

function longestRun(text: string, pattern: RegExp): number {
  return (text.match(pattern) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0);
}

/** A link with code as its text; only the code where the address is not an http one. */
export function link(text: string, url: string | undefined): string {
  if (url === undefined || !/^https?:\/\//u.test(url)) return code(text);
  // Not every parser knows that brackets in a code span do not end the text of a link.
  const words = /[`[\]\\]/u.test(text) ? `<code>${entities(safePiece(text))}</code>` : code(text);
  return `[${words}](${address(url)})`;
}

/** A link with words of ours as its text. */
export function wordLink(words: string, url: string): string {
  return /^https?:\/\//u.test(url) ? `[${htmlWords(words)}](${address(url)})` : prose(words);
}

/** A path as part of an address: `a b/#1.yaml` → `a%20b/%231.yaml`. Undefined for a path that leads elsewhere (`..`). */
export function pathAddress(path: string): string | undefined {
  if (path.split("/").some((part) => part === "" || part === "." || part === "..")) return undefined;
  return path.replace(/[^A-Za-z0-9._~/-]/gu, percent);
}

function address(url: string): string {
  return url.replace(/[^A-Za-z0-9\-._~:/?#@!$&*+,;=%]/gu, percent);
}

function percent(character: string): string {
  return [...new TextEncoder().encode(character)]
    .map((byte) => `%${byte.toString(16).padStart(2, "0").toUpperCase()}`)
    .join("");
}

/** A table. Cells are Markdown already; `center` says which columns are centred. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], center: boolean): string[] {
  const rule = head.map((_, i) => (center && i > 0 ? ":-:" : "---"));
  return [tableRow(head), `|${rule.join("|")}|`, ...rows.map(tableRow)];
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** The hidden first line by which a comment is found again: `<!-- trueup:plan root=. -->`. */
export function marker(kind: string, fields: { readonly [name: string]: string }): string {
  // Two dashes would end the comment.
  const words = Object.entries(fields).map(
    ([name, text]) => `${name}=${text.replace(/[^A-Za-z0-9._/-]|(?<=-)-|-$/gu, percent)}`,
  );
  return `<!-- trueup:${kind} ${words.join(" ")} -->`;
}

/** Sections with an empty line between them as one document: the only way out of this file's callers. */
export function document(sections: readonly (readonly string[])[]): string {
  const text = sections.filter((section) => section.length > 0).map((section) => section.join("\n"));
  return `${safeText(text.join("\n\n"))}\n`;
}
