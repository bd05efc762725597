/** Secrets by name: who holds them, where they have a value, what uses them. Never a value. */
import { type Line, print, styled } from "../print.ts";
import { alignColumns } from "../table.ts";
import { plural } from "../words.ts";

export interface SecretRow {
  readonly name: string;
  readonly holder: string;
  readonly description: string | undefined;
  /** One word an environment: `✔` (with a date if its value is in Git), `?` (needs a value), `✖` (its source does not exist), `–` (not there yet). */
  readonly states: readonly string[];
  /** When the rotation that is open in an environment began (ISO 8601), if one is. */
  readonly rotations: readonly (string | undefined)[];
  readonly usedBy: readonly string[];
}

/** `40 min`, `26 h`, `3 d`: how long something is ago. */
export function ageText(milliseconds: number): string {
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000));
  if (minutes < 90) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / (24 * 60))} d`;
}

export function secretsText(
  rows: readonly SecretRow[],
  envs: readonly string[],
  options: { readonly color: boolean; readonly verbose: boolean; /** Milliseconds since 1970. */ readonly now: number },
): string {
  if (rows.length === 0) return print([["no secrets here"]], options.color);
  const head = ["name", "held by", ...envs, "used by"].map((text) => styled("dim", text));
  const table = rows.map((row) => [
    row.name,
    row.holder,
    ...statesOf(row, options.now),
    usedText(row.usedBy, options.verbose),
  ]);
  const open = rows.filter((row) => row.states.includes("?")).length;
  const lines: Line[] = [...alignColumns([head, ...table], { indent: 2 }), []];
  const lost = rows.filter((row) => row.states.includes("✖")).map((row) => row.name);
  if (lost.length > 0)
    lines.push([styled("red", "✖"), ` ${lost.join(", ")}: the source does not exist (trueup secrets where NAME)`]);
  lines.push(
    open === 0
      ? [styled("green", "✔"), ` ${plural(rows.length, "secret")}, none needs a value`]
      : [
          styled("yellow", "?"),
          ` ${plural(open, "secret needs", "secrets need")} a value: trueup secrets set APP NAME --env ENV`,
        ],
  );
  const rotating = rows.filter((row) => row.rotations.some((since) => since !== undefined)).length;
  if (rotating > 0)
    lines.push([
      styled("yellow", "↻"),
      ` ${plural(rotating, "rotation is", "rotations are")} open: trueup secrets rotate APP NAME --env ENV --finish`,
    ]);
  return print(lines, options.color);
}

function statesOf({ states, rotations }: SecretRow, now: number): string[] {
  return states.map((state, index) => {
    const since = rotations[index];
    return since === undefined ? state : `${state} ↻ ${ageText(now - Date.parse(since))}`;
  });
}

function usedText(names: readonly string[], all: boolean): string {
  if (names.length === 0) return "nothing";
  const shown = all ? names : names.slice(0, 3);
  return shown.join(", ") + (shown.length < names.length ? `, … (${names.length})` : "");
}
