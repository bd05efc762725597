/** Why a value is what it is: the line that wins, those it shadows, where it is stored. */
import { formatAddress } from "../../address.ts";
import type { KeyPath, Plain, UnitId } from "../../model.ts";
import { type Line, type Span, print, styled } from "../print.ts";
import { quoteValue } from "../redact.ts";
import { alignColumns } from "../table.ts";

export interface Explained {
  readonly path: KeyPath;
  /** Units with this value and these sources; a value that is the same everywhere is told once. */
  readonly units: readonly UnitId[];
  /** Undefined for a secret. */
  readonly value: Plain | undefined;
  readonly secret: string | undefined;
  /** The winner first. */
  readonly sources: readonly { readonly raw: Plain; readonly where: string; readonly secret: boolean }[];
  /** Names used by the winning template with what they stand for here. */
  readonly names: readonly { readonly name: string; readonly value: Plain | undefined; readonly where: string }[];
  readonly schema:
    | { readonly text: string; readonly where: string; readonly description: string | undefined }
    | undefined;
  readonly stored: readonly { readonly target: string; readonly type: string; readonly key: string }[];
  readonly env: string;
  /** What there is under the name `env`, strongest first: a secret in a store, plain values, the schema's default. */
  readonly order: readonly Candidate[];
}

/** Stands for a plain value that a secret replaces: it may be the same secret in an older form. */
export const UNSHOWN = "(plain text, not shown)";

export interface Candidate {
  readonly tier: "secret" | "plain" | "default";
  /** As Git has it; undefined for a secret. */
  readonly value: Plain | undefined;
  /** `(secret db_password, external)`; never its value. */
  readonly secret: string | undefined;
  readonly where: string;
  /** What the stores hold, in words; undefined where they were not asked. */
  readonly live: string | undefined;
  readonly wins: boolean;
}

const TIERS: Readonly<Record<Candidate["tier"], string>> = {
  secret: "secret in a store",
  plain: "plain value",
  default: "default of the schema",
};

export function explainText(
  all: readonly Explained[],
  options: { readonly color: boolean; readonly maxValueWidth: number },
): string {
  const lines = all.flatMap((item, index) => [
    ...(index === 0 ? [] : [[]]),
    ...explainLines(item, options.maxValueWidth),
  ]);
  return print(lines, options.color);
}

function explainLines(item: Explained, width: number): Line[] {
  const show = (value: Plain | undefined): string => quoteValue(value, { width });
  const [unit = "", ...more] = item.units;
  const value = item.secret ?? show(item.value);
  const lines: Line[] = [[styled("bold", formatAddress(unit, item.path)), ` = ${value}`]];
  if (more.length > 0) lines.push([styled("dim", `the same in ${more.join(", ")}`)]);
  const sources = item.sources.map((source, index) => [
    source.secret ? UNSHOWN : show(source.raw),
    source.where,
    standing(index === 0),
  ]);
  lines.push([], ...alignColumns(sources, { indent: 2, gap: 3 }));
  const facts: (readonly string[])[] = [];
  for (const name of item.names)
    facts.push([name.name, `${name.value === undefined ? "(secret)" : show(name.value)}   ${name.where}`]);
  if (item.schema !== undefined) facts.push(["schema", `${item.schema.text}   ${item.schema.where}`]);
  if (item.schema?.description !== undefined) facts.push(["meaning", item.schema.description]);
  for (const place of item.stored) facts.push(["stored as", `${place.type}  ${place.key}   (${place.target})`]);
  facts.push(["as env", item.env]);
  return [...lines, [], ...alignColumns(facts, { indent: 2 }), ...orderLines(item.order, width)];
}

function standing(wins: boolean): Span {
  return wins ? styled("green", "◀ wins") : styled("dim", "shadowed");
}

/** Nothing to tell where there is one candidate and no store was asked. */
function orderLines(order: readonly Candidate[], width: number): Line[] {
  const hasLive = order.some((candidate) => candidate.live !== undefined);
  if (order.length < 2 && !hasLive) return [];
  const rows = order.map(({ tier, value, secret, where, live, wins }) => [
    TIERS[tier],
    secret ?? quoteValue(value, { width }),
    where,
    ...(hasLive ? [live === undefined ? "" : `live: ${live}`] : []),
    order.some((candidate) => candidate.wins) ? standing(wins) : "",
  ]);
  return [[], ["  ", styled("dim", Object.values(TIERS).join(" > "))], ...alignColumns(rows, { indent: 2, gap: 3 })];
}

/** From a key in a store back to the line in Git. */
export function explainKeyText(
  rows: readonly {
    readonly key: string;
    readonly address: string;
    readonly value: Plain | undefined;
    readonly where: string;
  }[],
  color: boolean,
  width: number,
): string {
  return print(
    alignColumns(
      rows.map((row) => [
        styled("bold", row.address),
        `= ${row.value === undefined ? "(secret)" : quoteValue(row.value, { width })}`,
        row.where,
      ]),
    ),
    color,
  );
}
