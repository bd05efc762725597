/** The values of an app as environment variables: one name, one text, whatever the format they end up in. */
import type { UnitResult } from "../desired.ts";
import { formatPath } from "../address.ts";
import { Failure } from "../failure.ts";
import type { KeyPath, Plain, Value, ValueMap } from "../model.ts";
import { Sealed, holdsSecret } from "../secret.ts";
import { encodeValue, toEnvName } from "../setting.ts";
import { leavesOf } from "../tree.ts";

/** Text of a value that holds a secret, from wherever secrets are kept; undefined if nobody has filled it in there. */
export type SecretValues = (unit: UnitResult, path: KeyPath) => Promise<Sealed | undefined>;

/** Where a variable's text comes from, weakest first. */
export type VariableSource = "values" | "secrets" | ".env.local" | "shell";

/** A variable on its way out. The text of a secret stays sealed until a format needs it. */
export interface Variable {
  readonly name: string;
  readonly path: KeyPath;
  readonly secret: boolean;
  readonly source: VariableSource;
  readonly text: string | Sealed;
}

/** A variable whose text is not known yet: what the values of a unit ask for. */
export interface WantedVariable {
  readonly name: string;
  readonly path: KeyPath;
  readonly value: Value;
  /** A plain value of the same name, for where nobody has filled in the secret. */
  readonly shadowed?: Pick<WantedVariable, "path" | "value">;
}

/**
 * Every value of a unit under its variable's name: `x-env` of the schema (`envName`), else made from the path. Files
 * are left out. Where a secret and a plain value meet under one name the secret wins. Throws `USAGE` if two of a kind do.
 */
export function wantedVariables(
  values: ValueMap,
  envName: (path: KeyPath) => string | undefined,
): readonly WantedVariable[] {
  const byName = new Map<string, WantedVariable>();
  const clashes: string[] = [];
  for (const { path, value } of leavesOf(values)) {
    const found = { name: envName(path) ?? toEnvName(path), path, value };
    const twin = byName.get(found.name);
    const both = twin === undefined ? found : merged(twin, found);
    if (both === undefined)
      clashes.push(`${formatPath(twin?.path ?? [])} and ${formatPath(path)} are both ${found.name}`);
    else byName.set(found.name, both);
  }
  if (clashes.length > 0)
    throw new Failure("USAGE", "two values would be one environment variable", {
      details: clashes,
      fix: "give one of them another name in the schema: x-env: NAME",
    });
  return [...byName.values()];
}

/** The secret of two values, the plain one in its shadow; undefined if both are of a kind. */
function merged(one: WantedVariable, other: WantedVariable): WantedVariable | undefined {
  const isSecret = holdsSecret(one.value);
  if (isSecret === holdsSecret(other.value) || one.shadowed !== undefined) return undefined;
  const [winner, shadowed] = isSecret ? [one, other] : [other, one];
  return { ...winner, shadowed };
}

/**
 * Text of a variable as every reader of a store in shape `env` sees it: strings as they are, everything else as JSON.
 * Undefined where a secret stands inside.
 */
export function plainText(value: Value): string | undefined {
  return holdsSecret(value) ? undefined : encodeValue(value as Plain);
}

/** The text itself. Called at the edge only, right before a format is written or a program started. */
export function revealed(variable: Pick<Variable, "text">): string {
  return typeof variable.text === "string" ? variable.text : variable.text.reveal();
}
