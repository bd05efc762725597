/** Gathers the variables of one unit: values, secrets and what the person at the keyboard wants instead. */
import { formatPath } from "../../address.ts";
import type { UnitResult } from "../../desired.ts";
import {
  type SecretValues,
  type Variable,
  type WantedVariable,
  plainText,
  wantedVariables,
} from "../../export/variables.ts";
import { isFailure } from "../../failure.ts";
import type { Failure } from "../../failure.ts";
import type { KeyPath } from "../../model.ts";
import { Sealed, holdsSecret } from "../../secret.ts";

export interface Gathering {
  readonly unit: UnitResult;
  readonly envName: (path: KeyPath) => string | undefined;
  readonly secrets: SecretValues;
  /** With it, plain values come from there too; without it they come from Git. */
  readonly plain: SecretValues | undefined;
  /** With `plain`: a secret in the stores under the name of a plain value, which it overrides. */
  readonly overriding: SecretValues | undefined;
  /** Lines of `.env.local` that people wrote: they win over everything but the shell. */
  readonly local: ReadonlyMap<string, string>;
  /** Lines that an earlier export wrote: heard only for secrets that nobody else has. */
  readonly earlier: ReadonlyMap<string, string>;
  /** The shell, where it counts (`exec`); empty for files. */
  readonly shell: Readonly<Record<string, string | undefined>>;
}

export interface Gathered {
  readonly variables: readonly Variable[];
  /** Nobody has given these a value. */
  readonly missing: readonly { readonly name: string; readonly path: string; readonly secret: boolean }[];
  /** Plain values that a secret of the same name wins over. */
  readonly shadowed: readonly { readonly name: string; readonly path: string }[];
  /** Why the stores could not be asked; undefined if they could, or were not needed. */
  readonly trouble: Failure | undefined;
}

/** Precedence, strongest first: shell, `.env.local`, secret in the store, plain value. Stores are asked only for what is still open. */
export async function gather(from: Gathering): Promise<Gathered> {
  const variables: Variable[] = [];
  const missing: { name: string; path: string; secret: boolean }[] = [];
  const shadowed: { name: string; path: string }[] = [];
  let trouble: Failure | undefined;
  for (const wanted of wantedVariables(from.unit.rendered.values, from.envName)) {
    const secret = holdsSecret(wanted.value);
    let found = fromPerson(wanted, secret, from);
    if (found === undefined) {
      try {
        found = await fromValues(wanted, secret, from, trouble === undefined);
      } catch (error) {
        // Work without a store is the usual thing on a laptop: what is at hand may be enough.
        if (!isFailure(error) || error.code === "INTERRUPTED") throw error;
        trouble = error;
      }
    }
    found ??= fromEarlier(wanted, secret, from) ?? (await fromShadow(wanted, from, trouble === undefined));
    if (found === undefined) missing.push({ name: wanted.name, path: formatPath(wanted.path), secret });
    else variables.push(found);
    const loser = wanted.shadowed?.path ?? wanted.path;
    if (found?.secret === true && (wanted.shadowed !== undefined || !secret))
      shadowed.push({ name: wanted.name, path: formatPath(loser) });
  }
  return { variables, missing, shadowed, trouble };
}

function fromPerson(wanted: WantedVariable, secret: boolean, from: Gathering): Variable | undefined {
  const shell = Object.hasOwn(from.shell, wanted.name) ? from.shell[wanted.name] : undefined;
  if (shell !== undefined) return made(wanted, secret, "shell", shell);
  const local = from.local.get(wanted.name);
  return local === undefined ? undefined : made(wanted, secret, ".env.local", local);
}

async function fromValues(
  wanted: WantedVariable,
  secret: boolean,
  { unit, secrets, plain, overriding }: Gathering,
  reachable: boolean,
): Promise<Variable | undefined> {
  if (!secret && plain === undefined) return made(wanted, false, "values", plainText(wanted.value) ?? "");
  if (!reachable) return undefined;
  const stronger = secret ? undefined : await overriding?.(unit, wanted.path);
  if (stronger !== undefined)
    return { name: wanted.name, path: wanted.path, secret: true, source: "secrets", text: stronger };
  const text = await (plain ?? secrets)(unit, wanted.path);
  if (text === undefined) return undefined;
  return { name: wanted.name, path: wanted.path, secret, source: secret ? "secrets" : "values", text };
}

/** The plain value of a name whose secret nobody has given a value yet. */
async function fromShadow(
  { name, shadowed }: WantedVariable,
  { unit, plain }: Gathering,
  reachable: boolean,
): Promise<Variable | undefined> {
  if (shadowed === undefined) return undefined;
  const { path } = shadowed;
  const variable = { name, path, secret: false, source: "values" } as const;
  if (plain === undefined) return { ...variable, text: plainText(shadowed.value) ?? "" };
  const text = reachable ? await plain(unit, path) : undefined;
  return text === undefined ? undefined : { ...variable, text };
}

function fromEarlier(wanted: WantedVariable, secret: boolean, { earlier }: Gathering): Variable | undefined {
  const text = secret ? earlier.get(wanted.name) : undefined;
  return text === undefined ? undefined : made(wanted, true, ".env.local", text);
}

function made({ name, path }: WantedVariable, secret: boolean, source: Variable["source"], text: string): Variable {
  return { name, path, secret, source, text: secret ? new Sealed(text) : text };
}
