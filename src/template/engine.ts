/** Loads Handlebars only for repos that need more than plain `{{a.b}}` names: it costs start-up time. */
import type { Parsed } from "./template.ts";
import { parseSimple, parseTemplate } from "./template.ts";

type Handlebars = typeof import("handlebars");

export interface TemplateEngine {
  /** Reads a template; each distinct text is read once. */
  readonly parse: (text: string) => Parsed;
  /** For `files/*.hbs`; undefined if the repo has none. */
  readonly handlebars: Handlebars | undefined;
}

/** `texts` are all templates of the repo, to see whether the full grammar is needed; `files`: whether there are files/*.hbs. */
export async function templateEngine(texts: Iterable<string>, files: boolean): Promise<TemplateEngine> {
  const known = new Map<string, Parsed>();
  let full = files;
  for (const text of texts) {
    const template = known.has(text) ? undefined : parseSimple(text);
    if (template !== undefined) known.set(text, { template });
    else full ||= !known.has(text);
  }
  const module = full ? await import("handlebars") : undefined;
  // A CommonJS package that was bundled and loaded lazily has everything under `default`.
  const handlebars = (module as { default?: Handlebars } | undefined)?.default ?? module;
  const parse = (text: string): Parsed => {
    const parsed = known.get(text) ?? (handlebars === undefined ? unread(text) : parseTemplate(text, handlebars));
    known.set(text, parsed);
    return parsed;
  };
  return { parse, handlebars };
}

/** Without the full grammar only plain names can be read; a caller that gave all texts never gets here. */
function unread(text: string): Parsed {
  const template = parseSimple(text);
  if (template !== undefined) return { template };
  throw new Error("a template was not announced to templateEngine()");
}
