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
}

/**
 * Every value of a unit under its variable's name: `x-env` of the schema (`envName`), else made from the path. Files
 * are left out. Throws `USAGE` if two values meet under one name.
 */
export function wantedVariables(
  values: ValueMap,
  envName: (path: KeyPath) => string | undefined,
): readonly WantedVariable[] {
  const seen = new Map<string, KeyPath>();
  const clashes: string[] = [];
  const wanted = [...leavesOf(values)].map(({ path, value }): WantedVariable => {
    const name = envName(path) ?? toEnvName(path);
    const twin = seen.get(name);
    if (twin === undefined) seen.set(name, path);
    else clashes.push(`${formatPath(twin)} and ${formatPath(path)} are both ${name}`);
    return { name, path, value };
  });
  if (clashes.length > 0)
    throw new Failure("USAGE", "two values would be one environment variable", {
      details: clashes,
      fix: "give one of them another name in the schema: x-env: NAME",
    });
  return wanted;
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
