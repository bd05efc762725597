/** A rendered unit without its secrets: not even their names. */
import type { RenderedUnit, Value, ValueMap } from "../../model.ts";
import { holdsSecret, isSecret } from "../../secret.ts";
import { isValueMap } from "../../tree.ts";

/** Leaves out keys and list items that are secrets, and files that hold one. Maps that lose everything stay, empty. */
export function withoutSecrets(unit: RenderedUnit): RenderedUnit {
  return {
    ...unit,
    values: open(unit.values),
    files: new Map([...unit.files].filter(([, text]) => typeof text === "string")),
  };
}

function open(map: ValueMap): ValueMap {
  return Object.fromEntries(
    Object.entries(map).flatMap(([key, value]) => (isSecret(value) ? [] : [[key, openValue(value)]])),
  );
}

function openValue(value: Value): Value {
  if (!holdsSecret(value)) return value;
  if (Array.isArray(value)) return value.flatMap((item: Value) => (isSecret(item) ? [] : [openValue(item)]));
  return isValueMap(value) ? open(value) : value;
}
