/** A value that somebody wants to fill in, against the schema of every app that uses it: before anything is written. */
import { plainOf } from "../apply/plaintext.ts";
import type { UnitResult, Workbench } from "../desired.ts";
import type { KeyPath, Origin, SecretId, Value, ValueMap } from "../model.ts";
import type { Problem } from "../problem.ts";
import { type Sealed, isSecret, secretsIn } from "../secret.ts";
import { nameOf } from "./uses.ts";

/** Values that are known in a unit, by the name that the unit uses. */
export type KnownValues = (unit: UnitResult, secret: SecretId) => Sealed | undefined;

/**
 * Rules of the schemas that the values would break, in every unit given. Messages name the key and the rule, never the
 * value. A text that is built of further secrets is only checked where all of them are known. Throws `UNFIT` if a
 * helper of a template cannot work on a value.
 */
export function valueProblems(bench: Workbench, units: Iterable<UnitResult>, known: KnownValues): readonly Problem[] {
  const problems: Problem[] = [];
  for (const unit of units) {
    const { app } = unit.resolved;
    const names = new Set<SecretId>();
    const filled = fill(unit.rendered.values, (id) => known(unit, id), names) as ValueMap;
    const validator = app.schema === undefined ? undefined : bench.schemas.validatorOf(app.schema);
    if (names.size === 0 || validator === undefined) continue;
    const given = [...names].map((id) => nameOf(app.name, id)).join(", ");
    for (const finding of validator.inspectFilled(unit.rendered.values, filled)) {
      const at = originAround(finding.path, unit.originOf);
      problems.push({
        code: finding.code,
        severity: "error",
        message: `the value given for ${given} does not fit: ${finding.message}`,
        at,
        fix: "give a value that fits, or change the schema",
        ...(finding.notes === undefined ? {} : { notes: finding.notes }),
        reach: [unit.resolved.id],
        masked: true,
      });
    }
  }
  return problems;
}

/** The value with its known secrets as plain text; notes the names of those filled in. What is not changed stays the same object. */
function fill(value: Value, known: (id: SecretId) => Sealed | undefined, names: Set<SecretId>): Value {
  if (typeof value !== "object" || value === null) return value;
  if (isSecret(value)) {
    const ids = secretsIn(value);
    const sealed = new Map(ids.map((id) => [id, known(id)]));
    if ([...sealed.values()].includes(undefined)) return value;
    for (const id of ids) names.add(id);
    return plainOf(value, (id) => sealed.get(id) as Sealed);
  }
  if (Array.isArray(value)) return (value as readonly Value[]).map((item) => fill(item, known, names));
  return Object.fromEntries(Object.entries(value as ValueMap).map(([key, item]) => [key, fill(item, known, names)]));
}

function originAround(path: KeyPath, originOf: UnitResult["originOf"]): Origin | undefined {
  return originOf(path) ?? (path.length === 0 ? undefined : originAround(path.slice(0, -1), originOf));
}
