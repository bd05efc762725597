/** Reading test documents back, apart from the code under test. */
import { CORE_SCHEMA, YAML11_SCHEMA, load, loadAll, mergeTag } from "js-yaml";
import type { Edited } from "../../src/edit/edited.ts";

/** The value of a YAML text; `{}` for an empty one. */
export function read(text: string): unknown {
  return loadAll(text, { schema: CORE_SCHEMA.withTags(mergeTag) })[0] ?? {};
}

/** How a YAML 1.1 reader (PyYAML, Go yaml v2, Ruby) understands the text. */
export function readOld(text: string): unknown {
  return load(text, { schema: YAML11_SCHEMA });
}

/** The text of an edit that went well. */
export function textOf(edited: Edited): string {
  if (!edited.ok) throw new Error(`refused: ${edited.why}`);
  return edited.text;
}

/** The reason of an edit that was refused. */
export function whyOf(edited: Edited): string {
  if (edited.ok) throw new Error(`not refused, gave:\n${edited.text}`);
  return edited.why;
}
