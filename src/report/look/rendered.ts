/** One unit as YAML for people, each value with the line it comes from. */
import type { KeyPath, Plain, RenderedUnit, Secret, Value, ValueMap } from "../../model.ts";
import { isSecret } from "../../secret.ts";
import { isValueMap } from "../../tree.ts";
import { type Line, print, styled } from "../print.ts";
import { alignColumns } from "../table.ts";

export interface RenderedContext {
  readonly color: boolean;
  /** `prod.yaml:3`, or undefined to leave origins out. */
  readonly origin: ((path: KeyPath) => string | undefined) | undefined;
  /** A value as YAML on one line. */
  readonly inline: (value: Plain) => string;
  readonly holder: (secret: string) => string;
  readonly layers: readonly string[];
}

/** `# orders@prod · 14 values (2 secret) · from base.yaml, prod.yaml` and the values, aligned with their origins. */
export function renderedText(unit: RenderedUnit, context: RenderedContext): string {
  const rows = rowsOf(unit.values, [], 0, context);
  const secrets = rows.filter((row) => row.secret).length;
  const total = rows.filter((row) => row.leaf).length;
  const files = unit.files.size === 0 ? "" : ` · ${unit.files.size} ${unit.files.size === 1 ? "file" : "files"}`;
  const head = `# ${unit.id} · ${total} values${secrets === 0 ? "" : ` (${secrets} secret)`}${files} · from ${context.layers.join(", ")}`;
  const lines: Line[] = [
    [styled("dim", head)],
    ...alignColumns(rows.map((row) => [row.text, row.origin === undefined ? "" : styled("dim", `# ${row.origin}`)])),
  ];
  for (const [name, text] of unit.files)
    lines.push([], [styled("dim", `# file ${name}${secretNote(text)}`)], ...fileLines(text));
  return print(lines, context.color);
}

interface Row {
  readonly text: string;
  readonly origin: string | undefined;
  readonly leaf: boolean;
  readonly secret: boolean;
}

function rowsOf(map: ValueMap, path: KeyPath, depth: number, context: RenderedContext): Row[] {
  return Object.keys(map).flatMap((key): Row[] => {
    const value = map[key] as Value;
    const here = [...path, key];
    const name = `${"  ".repeat(depth)}${context.inline(key)}:`;
    if (isValueMap(value) && Object.keys(value).length > 0)
      return [
        { text: name, origin: undefined, leaf: false, secret: false },
        ...rowsOf(value, here, depth + 1, context),
      ];
    const text = `${name} ${inlineValue(value, context)}`;
    return [{ text, origin: context.origin?.(here), leaf: true, secret: isSecret(value) }];
  });
}

function inlineValue(value: Value, context: RenderedContext): string {
  if (isSecret(value)) return secretText(value, context.holder);
  if (Array.isArray(value)) return `[${value.map((item: Value) => inlineValue(item, context)).join(", ")}]`;
  if (!isValueMap(value)) return context.inline(value as Plain);
  const pairs = Object.entries(value).map(([key, item]) => `${context.inline(key)}: ${inlineValue(item, context)}`);
  return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
}

/** `(secret db_password, external)`; never a value. */
export function secretText(value: Secret, holder: (secret: string) => string): string {
  const names = [...new Set(value.parts.flatMap((part) => (typeof part === "string" ? [] : [part.secret])))];
  return `(secret ${names.map((name) => `${name}, ${holder(name)}`).join("; ")})`;
}

function secretNote(text: string | Secret): string {
  return typeof text === "string" ? "" : " (holds secrets)";
}

function fileLines(text: string | Secret): Line[] {
  const shown =
    typeof text === "string"
      ? text
      : text.parts.map((part) => (typeof part === "string" ? part : `(secret ${part.secret})`)).join("");
  return shown
    .replace(/\n$/u, "")
    .split("\n")
    .map((line) => [line]);
}

/** The unit as data: secrets as `{"$secret": "name"}`, files under `$files`. */
export function renderedData(unit: RenderedUnit): Plain {
  const values = toData(unit.values) as { readonly [key: string]: Plain };
  return unit.files.size === 0
    ? values
    : { ...values, $files: Object.fromEntries([...unit.files].map(([name, text]) => [name, toData(text)])) };
}

function toData(value: Value): Plain {
  if (isSecret(value))
    return { $secret: value.parts.flatMap((part) => (typeof part === "string" ? [] : [part.secret])).join(" ") };
  if (Array.isArray(value)) return value.map((item: Value) => toData(item));
  return isValueMap(value)
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toData(item)]))
    : (value as Plain);
}

/** Physical keys with their text: `directory /prod/orders/http/port = 8080`. */
export function physicalText(
  rows: readonly { readonly store: string; readonly key: string; readonly text: string | undefined }[],
  color: boolean,
): string {
  return print(
    alignColumns(
      rows.map((row) => [
        styled("dim", row.store),
        row.key,
        row.text === undefined ? "= (secret)" : `= ${JSON.stringify(row.text)}`,
      ]),
    ),
    color,
  );
}
