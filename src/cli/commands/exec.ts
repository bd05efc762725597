/** `trueup exec`: starts a program with an app's values in its environment. */
import { type NameUse, nameFault } from "../../export/names.ts";
import { textFault } from "../../export/format.ts";
import { type Variable, revealed } from "../../export/variables.ts";
import { Failure } from "../../failure.ts";
import { safePiece } from "../../report/redact.ts";
import type { Io } from "../io.ts";
import { runProgram } from "../run-program.ts";
import type { Gathered } from "../variables/gather.ts";
import {
  type SourceOptions,
  localEnvFile,
  onlyUnit,
  requireComplete,
  sourcesText,
  variablesOf,
  withUnits,
} from "../variables/unit.ts";

export interface ExecOptions extends SourceOptions {
  readonly allowMissing?: boolean;
}

/** Exit code of the program, or 128 and the number of the signal that ended it. */
export async function execCommand(
  address: string,
  command: readonly string[],
  options: ExecOptions,
  io: Io,
): Promise<number> {
  const [program, ...args] = command;
  if (program === undefined)
    throw new Failure("USAGE", "there is no program to start", { fix: `trueup exec ${address} -- npm start` });
  const environment = await withUnits(address, options, io, async (opened) => {
    const unit = onlyUnit(address, opened.units);
    const file = localEnvFile(io);
    const gathered = await variablesOf(unit, opened, { file, shell: io.env });
    requireComplete(unit, gathered, options.allowMissing ?? false, io);
    const variables = { ...Object.fromEntries(file.own), ...texts(gathered.variables, "exec") };
    if (options.quiet !== true) io.err(headline(unit.resolved.id, gathered, opened.live.kinds()));
    if (options.verbose === true) io.err(sourcesText(gathered));
    return { variables: { ...variables, ...io.env } };
  });
  if ("invalid" in environment) return environment.invalid;
  return runProgram(program, args, { cwd: io.cwd, env: environment.variables });
}

/** Texts by name. Throws `REFUSED`, with the names, if one of them cannot or must not be a variable. */
function texts(variables: readonly Variable[], use: NameUse): Record<string, string> {
  const faults: string[] = [];
  const pairs = variables.map((variable): [string, string] => {
    const text = revealed(variable);
    const fault = nameFault(variable.name, use) ?? textFault(text);
    if (fault !== undefined) faults.push(`${variable.name} ${fault}`);
    return [variable.name, text];
  });
  if (faults.length > 0)
    throw new Failure("REFUSED", "some values cannot be environment variables", {
      details: faults,
      fix: "give them another name in the schema: x-env: NAME",
    });
  return Object.fromEntries(pairs);
}

function headline(unit: string, { variables, trouble }: Gathered, kinds: readonly string[]): string {
  const from = (source: Variable["source"]): number => variables.filter((each) => each.source === source).length;
  const local = variables.filter((each) => each.source === ".env.local").length;
  const parts = [
    `${from("secrets")} ${from("secrets") === 1 ? "secret" : "secrets"}${kinds.length === 0 ? "" : ` from ${kinds.join(", ")}`}`,
    ...(local === 0 ? [] : [`${local} from .env.local`]),
    `${from("shell")} overridden by your shell`,
  ];
  const line = `trueup: ${variables.length} variables for ${unit} (${parts.join(", ")})\n`;
  if (trouble === undefined) return line;
  return `${line}trueup: the store was not reachable, so this uses what is at hand: ${safePiece(trouble.message)}\n`;
}
