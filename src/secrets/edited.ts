/** Secrets as a text that people edit, and back: one name and value each, all of them text. */
import { FAILSAFE_SCHEMA, YAMLException, load } from "js-yaml";
import { scalarText } from "../edit/scalar.ts";
import { suggest } from "../suggest.ts";
import { Sealed } from "../secret.ts";

/** What is wrong, in words that quote nothing of the text: what is not a name may be a secret. */
export interface EditFault {
  /** One-based; undefined: the whole text. */
  readonly line: number | undefined;
  readonly message: string;
}

/** The text for the editor. `open` are names without a value yet. */
export function editText(
  values: ReadonlyMap<string, Sealed>,
  facts: { readonly title: string; readonly open: readonly string[] },
): string {
  const head = [
    facts.title,
    "One name and value each; every value is text. Take a line out to remove the value. Lines with # are left aside.",
    "A value of several lines: | after the name, then the lines, each with two spaces before it.",
    ...(facts.open.length === 0 ? [] : [`Without a value: ${facts.open.join(", ")}`]),
  ];
  const lines = [...values].map(([name, value]) => entryText(name, value.reveal()));
  return `${head.map((line) => `# ${line}\n`).join("")}${lines.join("")}`;
}

function entryText(name: string, value: string): string {
  const block = `${name}: |${value.endsWith("\n") ? "" : "-"}\n${value.replace(/\n$/u, "").replace(/^/gmu, "  ")}\n`;
  const isBlock = value.trim().includes("\n") && /^[^\s][^\r\p{Cc}]*$/u.test(value.replaceAll("\n", ""));
  if (isBlock && parsed(block)?.[name] === value) return block;
  return `${name}: ${scalarText(value, false)}\n`;
}

/** The values, or everything that is wrong with the text. `known` are the names that may stand there. */
export function readEdited(
  text: string,
  known: readonly string[],
): { readonly values: ReadonlyMap<string, Sealed> } | { readonly faults: readonly EditFault[] } {
  const faults = linesAtRisk(text);
  if (faults.length > 0) return { faults };
  const root = parsed(text);
  if (root === undefined) return { faults: [syntaxFault(text)] };
  const values = new Map<string, Sealed>();
  for (const [name, value] of Object.entries(root)) {
    const fault = entryFault(name, value, known);
    if (fault === undefined) values.set(name, new Sealed(String(value)));
    else faults.push({ line: lineOf(text, name), message: fault });
  }
  return faults.length > 0 ? { faults } : { values };
}

function entryFault(name: string, value: unknown, known: readonly string[]): string | undefined {
  if (!known.includes(name)) {
    const meant = suggest(name, known);
    const help = meant === undefined ? `known here: ${known.join(", ")}` : `did you mean ${meant}?`;
    return `the name is none of a secret that is encrypted in Git; ${help}`;
  }
  if (typeof value !== "string") return `${name} is a map or a list, and a secret is text: put it in quotes`;
  if (value === "") return `${name} is empty, and an empty secret cannot be stored: take the line out to remove it`;
  return undefined;
}

/** What YAML takes silently for something else than the author meant. */
function linesAtRisk(text: string): EditFault[] {
  const faults: EditFault[] = [];
  let block = false;
  for (const [index, line] of text.split(/\r?\n/u).entries()) {
    const fault = (message: string): void => void faults.push({ line: index + 1, message });
    if (line.trim() === "" || (!block && line.startsWith("#"))) continue;
    if (/^\s/u.test(line)) {
      if (!block) fault("a value of several lines needs | after its name");
      continue;
    }
    const rest = /^[^\s"'][^:]*:\s+(?<rest>.*)$/u.exec(line)?.groups?.rest ?? "";
    block = /^[|>]/u.test(rest);
    if (/^[&*!]/u.test(rest)) fault("a value that begins with &, * or ! has to stand in quotes");
    else if (!/^["']/u.test(rest) && /\s#/u.test(rest)) fault("what follows # would be lost: put the value in quotes");
  }
  return faults;
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const root: unknown = load(text, { schema: FAILSAFE_SCHEMA, maxAliases: 0 });
    return typeof root === "object" && root !== null && !Array.isArray(root)
      ? (root as Readonly<Record<string, unknown>>)
      : undefined;
  } catch (error) {
    if (error instanceof YAMLException) return undefined;
    throw error;
  }
}

/** The parser's own words may quote the text. */
function syntaxFault(text: string): EditFault {
  if (text.split("\n").every((line) => /^\s*(?:#|$)/u.test(line)))
    return { line: undefined, message: "nothing is left in it; take single lines out to remove values" };
  try {
    load(text, { schema: FAILSAFE_SCHEMA, maxAliases: 0 });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = error.mark === undefined || error.mark === null ? undefined : error.mark.line + 1;
    const twice = error.reason === "duplicated mapping key";
    return {
      line,
      message: twice
        ? "a name is given twice"
        : "this is not YAML; a value with : { [ or quotes in it has to stand in quotes",
    };
  }
  return { line: undefined, message: "this is no list of names and values" };
}

function lineOf(text: string, name: string): number | undefined {
  const index = text
    .split(/\r?\n/u)
    .findIndex((line) => [name, `"${name}"`, `'${name}'`].some((form) => line.startsWith(`${form}:`)));
  return index < 0 ? undefined : index + 1;
}
