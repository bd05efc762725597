/** Names that the schema of an app gives to variables. */
import type { UnitResult, Workbench } from "../../desired.ts";
import type { KeyPath } from "../../model.ts";
import { xEnvOf } from "../../validate/explain.ts";

/** `x-env` of an app's schema; nothing without one. */
export function envNamesOf(bench: Workbench, unit: UnitResult): (path: KeyPath) => string | undefined {
  const { schema } = unit.resolved.app;
  return schema === undefined ? () => undefined : xEnvOf(bench.repo.schemas, schema);
}
