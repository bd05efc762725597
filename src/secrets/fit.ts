/** Whether values with their secrets filled in fit their store and their schema. Says nothing about the values. */
import type { Fit } from "../apply/rehearse.ts";
import type { Workbench } from "../desired.ts";
import type { KeyPath, Value, ValueMap } from "../model.ts";
import { isValueMap } from "../tree.ts";
import type { Wanted } from "../wanted.ts";

export function fitOf(bench: Workbench, wanted: Wanted): Fit {
  return {
    refuses: ({ target }, setting, text) => bench.limits(target.type)?.refuses(setting, text) !== undefined,
    brokenRules: (id, values) => {
      const unit = wanted.units.get(id);
      const schema = unit?.resolved.app.schema;
      const validator = schema === undefined ? undefined : bench.schemas.validatorOf(schema);
      if (unit === undefined || validator === undefined) return [];
      let filled: ValueMap = unit.rendered.values;
      for (const [path, value] of values) filled = withValue(filled, path, value);
      return validator.inspectFilled(unit.rendered.values, filled);
    },
  };
}

function withValue(map: ValueMap, [name = "", ...rest]: KeyPath, value: Value): ValueMap {
  const inner = map[name];
  return { ...map, [name]: rest.length === 0 ? value : withValue(isValueMap(inner) ? inner : {}, rest, value) };
}
