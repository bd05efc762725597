/** Random small YAML documents with comments, in many styles, that know which comment belongs to which key. */
import * as fc from "fast-check";
import type { KeyPath, Plain } from "../../src/model.ts";

/** Strings that some YAML reader takes for something else, or that need care. */
export const TRICKY = [
  "",
  "yes",
  "No",
  "on",
  "y",
  "null",
  "~",
  "010",
  "0o10",
  "1_000",
  "12:30:45",
  "1e3",
  "12e5678",
  "2024-01-01",
  "1.10",
  ".inf",
  "-",
  "- a",
  "a: b",
  "a #b",
  "#a",
  " a",
  "a ",
  "{{env}}.db",
  "'\"",
  "it's",
  'say "hi"',
  "back\\slash",
  "a\nb",
  "a\nb\n",
  "\n",
  "a\n\n b\n",
  "x\n\n",
  "tab\there",
  "ünï",
  "\u0000\u001b\u0085\u2028\ufeff\u200b",
  "\ud800",
  "<<",
  "=",
  "!a",
  "&a",
  "*a",
  "%a",
  "@a",
  "`a",
  "|",
  ">",
  "? a",
  "a, b",
  "[a]",
  "a]",
  "}",
  "--- a",
  "...",
  "10ms",
  "0xF",
  "https://a.b/c?d=e",
];

export const scalars = fc.oneof(
  fc.constantFrom(...TRICKY),
  fc.string(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Object.is(n, -0) ? 0 : n)),
  fc.boolean(),
  fc.constant(null),
);

const NAMES = ["a", "b", "c d", "e.f", "on", "1", "g/h", "é"];

export type Tree = { readonly [key: string]: Plain };

export interface Drawn {
  readonly text: string;
  readonly value: Tree;
  /** Each comment with the key it stands above or behind. `undefined`: it opens the file. */
  readonly comments: readonly { readonly text: string; readonly key: KeyPath | undefined }[];
  /** Every key of a map, at any depth. */
  readonly keys: readonly KeyPath[];
}

interface Entry {
  readonly name: string;
  readonly value: Plain | readonly Entry[];
  readonly nested: boolean;
  readonly above: boolean;
  readonly behind: boolean;
  readonly gap: boolean;
  readonly style: "flow" | "block" | "single" | "double";
}

const entries = (depth: number): fc.Arbitrary<readonly Entry[]> =>
  fc.uniqueArray(
    fc.oneof({ weight: 3, arbitrary: leaf() }, ...(depth > 0 ? [{ weight: 2, arbitrary: branch(depth) }] : [])),
    { minLength: 1, maxLength: 4, selector: (entry) => entry.name },
  );

const looks = {
  name: fc.constantFrom(...NAMES),
  above: fc.boolean(),
  behind: fc.boolean(),
  gap: fc.boolean(),
  style: fc.constantFrom("flow" as const, "block" as const, "single" as const, "double" as const),
};

function leaf(): fc.Arbitrary<Entry> {
  const words = fc.constantFrom<Plain>("word", "{{env}}.db", "two words", 1, 2.5, true, null, "yes", "l1\nl2\n");
  return fc.record({ ...looks, nested: fc.constant(false), value: fc.oneof(words, fc.array(words, { maxLength: 3 })) });
}

function branch(depth: number): fc.Arbitrary<Entry> {
  return fc.record({ ...looks, nested: fc.constant(true), value: fc.nat().chain(() => entries(depth - 1)) });
}

export const documents: fc.Arbitrary<Drawn> = fc
  .record({ top: entries(2), crlf: fc.boolean(), end: fc.boolean(), step: fc.constantFrom(2, 4), head: fc.boolean() })
  .map(({ top, crlf, end, step, head }) => {
    const out: string[] = head ? ["# head", ""] : [];
    const comments: { text: string; key: KeyPath | undefined }[] = head ? [{ text: "# head", key: undefined }] : [];
    const keys: KeyPath[] = [];
    const value = draw({ out, comments, keys, step }, top, [], 0);
    const nl = crlf ? "\r\n" : "\n";
    return { text: out.join(nl) + (end ? nl : ""), value, comments, keys };
  });

interface Pen {
  readonly out: string[];
  readonly comments: { text: string; key: KeyPath | undefined }[];
  readonly keys: KeyPath[];
  readonly step: number;
}

function draw(pen: Pen, top: readonly Entry[], path: KeyPath, indent: number): Tree {
  const value: { [key: string]: Plain } = {};
  const pad = " ".repeat(indent);
  for (const entry of top) {
    const here = [...path, entry.name];
    pen.keys.push(here);
    // What opens the file is about the file, so no comment of a key stands there.
    const opens = pen.out.length === 0;
    if (entry.gap && !opens) pen.out.push("");
    if (entry.above && !opens) pen.out.push(pad + note(pen, here));
    const behind = entry.behind ? ` ${note(pen, here)}` : "";
    const key = `${pad}${quote(entry.name)}:`;
    if (entry.nested && entry.style === "flow") {
      value[entry.name] = plainOf(entry.value as readonly Entry[], pen, here);
      pen.out.push(`${key} ${JSON.stringify(value[entry.name]).replaceAll(",", ", ").replaceAll(":", ": ")}${behind}`);
    } else if (entry.nested) {
      pen.out.push(key + behind);
      value[entry.name] = draw(pen, entry.value as readonly Entry[], here, indent + pen.step);
    } else {
      value[entry.name] = entry.value as Plain;
      leafLines(pen, entry, key, behind, pad);
    }
  }
  return value;
}

function plainOf(top: readonly Entry[], pen: Pen, path: KeyPath): Tree {
  return Object.fromEntries(
    top
      // Commas and colons in values would be spaced out too.
      .map((entry) => [
        entry.name,
        entry.nested ? plainOf(entry.value as readonly Entry[], pen, [...path, entry.name]) : 7,
      ])
      .map(([name, value]) => {
        pen.keys.push([...path, name as string]);
        return [name, value];
      }),
  ) as Tree;
}

function leafLines(pen: Pen, entry: Entry, key: string, behind: string, pad: string): void {
  const value = entry.value as Plain;
  if (Array.isArray(value) && entry.style === "block" && value.length > 0) {
    pen.out.push(key + behind, ...value.map((item) => `${pad}  - ${JSON.stringify(item)}`));
  } else if (value === "l1\nl2\n" && entry.style === "block") {
    pen.out.push(`${key} |${behind}`, `${pad}  l1`, `${pad}  l2`);
  } else if (value === null && entry.style === "single") pen.out.push(key + behind);
  else if (typeof value === "string" && entry.style === "single" && !value.includes("\n"))
    pen.out.push(`${key} '${value}'${behind}`);
  else if (value === "two words" && entry.style === "flow")
    pen.out.push(`${key} two${behind === "" ? "" : ""} words${behind}`);
  else pen.out.push(`${key} ${JSON.stringify(value)}${behind}`);
}

function quote(name: string): string {
  return /^[ab]$/u.test(name) ? name : JSON.stringify(name);
}

function note(pen: Pen, key: KeyPath): string {
  const text = `# note ${pen.comments.length}.`;
  pen.comments.push({ text, key });
  return text;
}
