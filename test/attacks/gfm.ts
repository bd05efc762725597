/** Reads Markdown as GitHub does (marked, GFM) and says what a reader would get: tags, links, mentions, tables. */
import { lexer, type Token, type Tokens, walkTokens } from "marked";

export interface Table {
  readonly columns: number;
  readonly rows: readonly (readonly string[])[];
}

/** Every table with the text of its cells, code and entities decoded. */
export function tablesIn(markdown: string): Table[] {
  const tables: Table[] = [];
  void walkTokens(lexer(markdown), (token) => {
    if (token.type !== "table") return;
    const { header, rows } = token as Tokens.Table;
    tables.push({ columns: header.length, rows: rows.map((row) => row.map((cell) => visible(cell.tokens).text)) });
  });
  return tables;
}

export interface Seen {
  /** Kinds of tokens and how often each occurs. */
  readonly kinds: ReadonlyMap<string, number>;
  readonly tags: ReadonlySet<string>;
  readonly links: readonly string[];
  readonly images: number;
  /** Text that GitHub would look for mentions, references and emoji names in: all but code. */
  readonly prose: string;
  /** Everything a reader sees, code included. */
  readonly text: string;
}

export function read(markdown: string): Seen {
  const tokens = lexer(markdown);
  const kinds = new Map<string, number>();
  const links: string[] = [];
  void walkTokens(tokens, (token) => {
    kinds.set(token.type, (kinds.get(token.type) ?? 0) + 1);
    if (token.type === "link") links.push((token as Tokens.Link).href);
  });
  const seen = visible(tokens);
  return { kinds, tags: seen.tags, links, images: kinds.get("image") ?? 0, prose: seen.prose, text: seen.text };
}

interface Visible {
  text: string;
  prose: string;
  tags: Set<string>;
  inCode: boolean;
}

function visible(tokens: readonly Token[]): Visible {
  const seen: Visible = { text: "", prose: "", tags: new Set(), inCode: false };
  for (const token of tokens) look(token, seen);
  return seen;
}

function look(token: Token, seen: Visible): void {
  if (token.type === "code" || token.type === "codespan") {
    seen.text += `${(token as Tokens.Code).text} `;
    return;
  }
  if (token.type === "html") return lookAtHtml(token.raw, seen);
  if (token.type === "table") {
    const { header, rows } = token as Tokens.Table;
    for (const cell of [header, ...rows].flat()) for (const child of cell.tokens) look(child, seen);
    return;
  }
  const children = token.type === "list" ? (token as Tokens.List).items : (token as { tokens?: Token[] }).tokens;
  if (children === undefined) add(decode((token as { text?: string }).text ?? ""), seen);
  else for (const child of children) look(child, seen);
}

/** Tags of a piece of HTML, and its text. */
function lookAtHtml(html: string, seen: Visible): void {
  for (const [part] of html.matchAll(/<!--[\s\S]*?-->|<[^>]*>|[^<]+|</gu)) {
    if (!part.startsWith("<") || part === "<") add(decode(part), seen);
    else {
      seen.tags.add(part.startsWith("<!--") ? "<!-- -->" : part);
      if (part === "<code>") seen.inCode = true;
      if (part === "</code>") seen.inCode = false;
    }
  }
}

function add(text: string, seen: Visible): void {
  seen.text += text;
  seen.prose += seen.inCode ? " " : text;
}

const NAMED: { readonly [name: string]: string } = { lt: "<", gt: ">", quot: '"', amp: "&" };

function decode(text: string): string {
  return text.replace(/&(?:#(\d+)|(lt|gt|quot|amp));/gu, (whole, code: string | undefined, name: string | undefined) =>
    code === undefined ? (NAMED[name ?? ""] ?? whole) : String.fromCodePoint(Number(code)),
  );
}
