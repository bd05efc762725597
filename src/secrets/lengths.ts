/** Whether generated values can be what the schema asks for, as far as that is certain before they are made. */
import { formatPath } from "../address.ts";
import type { RenderedUnit, SecretDefinition, SecretId } from "../model.ts";
import type { Problem } from "../problem.ts";
import { onlySecret } from "../secret.ts";
import { leavesOf } from "../tree.ts";
import type { UnitValidator } from "../validate/validator.ts";

/** Generated values that are surely too short or too long for the schema of a key that is the secret alone. */
export function unfitLengths(
  { id: unit, values }: RenderedUnit,
  definition: (id: SecretId) => SecretDefinition | undefined,
  validator: UnitValidator | undefined,
): Problem[] {
  if (validator === undefined) return [];
  return [...leavesOf(values)].flatMap(({ path, value }): Problem[] => {
    const id = onlySecret(value);
    const secret = id === undefined ? undefined : definition(id);
    if (secret?.generate === undefined) return [];
    const { length } = secret.generate;
    const { least, most } = validator.lengthsOf(path);
    if (length >= least && length <= most) return [];
    const rule = length < least ? `at least ${least}` : `at most ${most}`;
    const message = `the secret ${secret.id} has ${length} characters, and the schema of ${formatPath(path)} wants ${rule}`;
    return [
      {
        code: "TU4012",
        severity: "error",
        message,
        at: secret.at,
        fix: `length: ${length < least ? least : most}`,
        reach: [unit],
      },
    ];
  });
}
