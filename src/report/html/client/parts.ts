/**
 * The words that the parts of the page's script share: types only. Each part is one function that is put into the page
 * as text (`Function.toString`), so it may use nothing but its parameters and its own; what it needs of the others it
 * is given. Every text of the data goes in by `append` or `textContent`: there is no way from data to markup.
 */
import type { PageData } from "../data.ts";

export interface PageElement {
  textContent: string | null;
  className: string;
  value: string;
  id: string;
  append(...children: (PageElement | string)[]): void;
  replaceChildren(...children: (PageElement | string)[]): void;
  setAttribute(name: string, value: string): void;
  addEventListener(name: string, listener: (event: PageEvent) => void): void;
  focus(): void;
}

export interface PageEvent {
  readonly key: string;
  readonly target: unknown;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  preventDefault(): void;
}

/** As much of a browser's document as the script uses. */
export interface PageDocument {
  createElement(tag: string): PageElement;
  getElementById(id: string): PageElement | null;
  addEventListener(name: string, listener: (event: PageEvent) => void): void;
}

/** What was typed: `app:x`, `place:x` and `action:x` are exact, any other word may stand anywhere. Lower case. */
export interface Query {
  readonly words: readonly string[];
  readonly app: readonly string[];
  readonly place: readonly string[];
  readonly action: readonly string[];
}

export interface Section {
  readonly body: PageElement;
  /** Below the body, for the button that shows more. */
  readonly under: PageElement;
  readonly count: PageElement;
}

/** Shows what a query leaves of a section; `edits` are the numbers of the edits it leaves. */
export type Draw = (query: Query, edits: readonly number[]) => void;

export interface Tools {
  readonly data: PageData;
  /** Names in lower case, by number. */
  readonly apps: readonly string[];
  readonly places: readonly string[];
  readonly find: (id: string) => PageElement;
  readonly make: (tag: string, className: string, ...children: (PageElement | string)[]) => PageElement;
  readonly button: (text: string, className: string, act: () => void) => PageElement;
  readonly section: (name: string) => Section;
  /** A table with these heads; gives its body. */
  readonly listTable: (body: PageElement, heads: readonly string[]) => PageElement;
  /** Rows that grow by a button, so that ten thousand do not stand in the page at once. */
  readonly grow: (into: PageElement, under: PageElement, count: number, row: (i: number) => PageElement) => void;
  readonly has: (text: string, words: readonly string[]) => boolean;
  readonly query: () => Query;
  readonly wantedEdits: (query: Query) => readonly number[];
  /** Adds a word to the search, or takes it out. */
  readonly ask: (word: string) => void;
  /** Draws every section again. */
  readonly redraw: () => void;
}

export interface Parts {
  readonly tools: (document: PageDocument, redraw: () => void) => Tools;
  readonly matrix: (tools: Tools) => Draw;
  readonly edits: (tools: Tools) => Draw;
  readonly environments: (tools: Tools) => Draw;
  readonly list: (
    tools: Tools,
    name: string,
    heads: readonly string[],
    rows: readonly (readonly string[])[],
    empty: string,
  ) => Draw;
}
