/** The outcome of an edit, and the check that every edit has to pass. */
import { sameValue } from "./same.ts";
import { parseText } from "./parse.ts";

/** New text of the file, or why the edit was refused. A refused edit changes nothing. */
export type Edited = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: string };

export function refused(why: string): Edited {
  return { ok: false, why };
}

/**
 * Accepts a draft only if it parses to exactly the expected value, key order included. Offsets can be wrong in YAML
 * that nobody thought of; a file that silently means something else must never be written.
 */
export function checked(draft: string, expected: unknown): Edited {
  const parsed = parseText(draft);
  if (!parsed.ok) return refused(`the edited text would not be valid YAML any more (${parsed.why})`);
  if (!sameValue(parsed.value, expected))
    return refused("the edit would change other values too (an anchor, an alias or an unusual spelling); edit by hand");
  return { ok: true, text: draft };
}
