/** One YAML file as its value and as nodes with offsets, so that an edit can touch exactly the characters it means. */
import { CORE_SCHEMA, YAMLException, constructFromEvents, parseEvents } from "js-yaml";
import { type MapNode, buildNodes } from "./nodes.ts";

/** A bound on `*alias` nodes: more than any honest file holds. */
const MAX_ALIASES = 1000;

export type Parsed =
  | {
      readonly ok: true;
      /** The value of the document; `{}` for a file of blank lines and comments. */
      readonly value: { readonly [key: string]: unknown };
      /** Undefined where the document holds no map yet. */
      readonly root: MapNode | undefined;
    }
  | { readonly ok: false; readonly why: string };

/** Parses a file whose top level is a map (or nothing). YAML 1.2 core, no merge keys. Never throws for bad text. */
export function parseText(text: string): Parsed {
  try {
    const events = parseEvents(text, {});
    const documents = constructFromEvents(events, { source: text, schema: CORE_SCHEMA, maxAliases: MAX_ALIASES });
    if (documents.length > 1) return { ok: false, why: "it holds more than one YAML document" };
    const value: unknown = documents[0] ?? {};
    if (typeof value !== "object" || Array.isArray(value) || value === null)
      return { ok: false, why: "its top level is not a map" };
    const root = buildNodes(text, events);
    return { ok: true, value: value as { [key: string]: unknown }, root: root?.kind === "map" ? root : undefined };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = error.mark === undefined ? "" : `line ${error.mark.line + 1}: `;
    return { ok: false, why: `${line}${reasonOf(error.reason)}` };
  }
}

/** What the reason quotes comes from the file and may be a secret, so it ends before that. */
function reasonOf(reason: string): string {
  if (reason.includes("complex keys")) return "a map or a list stands where a key belongs";
  return reason.split(/["'`<!*&]/u)[0]?.trim() || "it cannot be read";
}

/** True if the file gives no value: nothing but blank lines and comments, or `{}`. Such a file may as well be deleted. */
export function isEmptyFile(text: string): boolean {
  const parsed = parseText(text);
  return parsed.ok && Object.keys(parsed.value).length === 0;
}
