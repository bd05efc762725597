/** Secrets by name: who holds them, where they have a value, what uses them. Never a value. */
import { type Line, print, styled } from "../print.ts";
import { alignColumns } from "../table.ts";
import { plural } from "../words.ts";

export interface SecretRow {
  readonly name: string;
  readonly holder: string;
  readonly description: string | undefined;
  /** One word an environment: `✔` (with a date if its value is in Git), `?` (needs a value), `–` (not there yet). */
  readonly states: readonly string[];
  readonly usedBy: readonly string[];
}

export function secretsText(
  rows: readonly SecretRow[],
  envs: readonly string[],
  options: { readonly color: boolean; readonly verbose: boolean },
): string {
  if (rows.length === 0) return print([["no secrets here"]], options.color);
  const head = ["name", "held by", ...envs, "used by"].map((text) => styled("dim", text));
  const table = rows.map((row) => [row.name, row.holder, ...row.states, usedText(row.usedBy, options.verbose)]);
  const open = rows.filter((row) => row.states.includes("?")).length;
  const lines: Line[] = [...alignColumns([head, ...table], { indent: 2 }), []];
  lines.push(
    open === 0
      ? [styled("green", "✔"), ` ${plural(rows.length, "secret")}, none needs a value`]
      : [
          styled("yellow", "?"),
          ` ${plural(open, "secret needs", "secrets need")} a value: trueup secrets set APP NAME --env ENV`,
        ],
  );
  return print(lines, options.color);
}

function usedText(names: readonly string[], all: boolean): string {
  if (names.length === 0) return "nothing";
  const shown = all ? names : names.slice(0, 3);
  return shown.join(", ") + (shown.length < names.length ? `, … (${names.length})` : "");
}
