/** Flags that several commands share. */
import type { Command } from "commander";
import type { Scope } from "../desired.ts";
import { Failure } from "../failure.ts";

export interface CommonOptions {
  readonly dir?: string;
  readonly profile?: string;
  readonly app?: readonly string[];
  readonly env?: readonly string[];
  readonly region?: readonly string[];
  readonly target?: readonly string[];
  readonly format?: string;
  readonly out?: readonly string[];
  readonly verbose?: boolean;
  readonly quiet?: boolean;
  readonly color?: boolean;
}

/** Comma-separated and repeatable: `--env dev,staging --env prod`. */
function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [
    ...(before ?? []),
    ...value
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== ""),
  ];
}

function collectWhole(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

export function withScope(command: Command): Command {
  return command
    .option("--app <globs>", "only these apps", collect)
    .option("--env <globs>", "only these environments", collect)
    .option("--region <globs>", "only these regions", collect)
    .option("--target <globs>", "only these targets", collect);
}

export function withFormats(command: Command, formats: readonly string[]): Command {
  return command
    .option("--format <format>", `what to print: ${formats.join(", ")}`, formats[0])
    .option("--out <format=file>", "also write a report to a file; repeatable", collectWhole);
}

export function scopeOf(options: CommonOptions, addresses: readonly string[] = []): Scope {
  return {
    addresses,
    apps: options.app ?? [],
    envs: options.env ?? [],
    regions: options.region ?? [],
    targets: options.target ?? [],
  };
}

/** True if the format is to be printed or written. */
export function asks({ format: printed, out = [] }: CommonOptions, format: string): boolean {
  return printed === format || out.some((text) => text.startsWith(`${format}=`));
}

/** Splits `json=plan.json`; refuses formats the command does not have. */
export function reportsOf(
  options: CommonOptions,
  formats: readonly string[],
): { readonly print: string; readonly files: readonly { readonly format: string; readonly file: string }[] } {
  const known = (format: string): string => {
    if (formats.includes(format)) return format;
    throw new Failure("USAGE", `there is no format ${format} here`, { fix: `one of: ${formats.join(", ")}` });
  };
  const files = (options.out ?? []).map((text) => {
    const at = text.indexOf("=");
    if (at <= 0 || at === text.length - 1)
      throw new Failure("USAGE", `--out ${text} is not FORMAT=FILE`, { fix: "for example --out json=plan.json" });
    return { format: known(text.slice(0, at)), file: text.slice(at + 1) };
  });
  return { print: known(options.format ?? formats[0] ?? ""), files };
}
