/** What `trueup render --out dir=FOLDER` puts into a file, in each format. */
import type { UnitResult } from "../desired.ts";
import { configMap } from "../export/configmap.ts";
import { FORMATS, type Named, unspeakable } from "../export/format.ts";
import { nameFault } from "../export/names.ts";
import { plainText, wantedVariables } from "../export/variables.ts";
import { Failure } from "../failure.ts";
import type { KeyPath, Plain, RenderedUnit } from "../model.ts";
import { renderedData } from "../report/look/rendered.ts";
import { safePiece } from "../report/redact.ts";
import { holdsSecret, secretsIn } from "../secret.ts";

export const FILE_FORMATS = ["yaml", "json", "dotenv", "k8s"] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

export interface RenderedFile {
  /** Below the folder, with slashes. */
  readonly path: string;
  readonly text: string;
}

export interface FileContext {
  readonly format: FileFormat;
  readonly yaml: (data: Plain) => string;
  /** `x-env` of a unit's schema. */
  readonly envName: (unit: UnitResult) => (path: KeyPath) => string | undefined;
  /** Named in comments, or not at all. */
  readonly nameSecrets: boolean;
}

const ENDINGS: Readonly<Record<FileFormat, string>> = { yaml: "yaml", json: "json", dotenv: "env", k8s: "yaml" };

/** `prod.us-east-2/orders.yaml`, and its whole files beside it in `orders.files/`. Values of secrets are in none of them. */
export function filesOf(unit: UnitResult, context: FileContext): readonly RenderedFile[] {
  const base = `${unit.resolved.place.id}/${unit.resolved.app.name}`;
  const own = { path: `${base}.${ENDINGS[context.format]}`, text: textOf(unit, context) };
  const files = [...unit.rendered.files].map(([name, text]) => ({
    path: `${base}.files/${name}`,
    text: wholeFile(text),
  }));
  return [own, ...files];
}

function textOf(unit: UnitResult, context: FileContext): string {
  const data = renderedData({ ...unit.rendered, files: new Map() });
  switch (context.format) {
    case "yaml":
      return context.yaml(data);
    case "json":
      return `${JSON.stringify(data, null, 2)}\n`;
    case "dotenv":
      return variablesText(unit, context, (named) => FORMATS["dotenv"]?.write(named) ?? "");
    default:
      return variablesText(unit, context, (named) =>
        configMap(unit.resolved.app.name, [...named, ...openFiles(unit.rendered)]),
      );
  }
}

function variablesText(unit: UnitResult, context: FileContext, write: (named: readonly Named[]) => string): string {
  const wanted = wantedVariables(unit.rendered.values, context.envName(unit));
  const named = wanted.flatMap(({ name, value }) => {
    const text = plainText(value);
    return text === undefined ? [] : [{ name, text }];
  });
  const format = FORMATS[context.format === "dotenv" ? "dotenv" : "yaml"];
  const faults = [
    ...named.flatMap(({ name }) => {
      const why = nameFault(name, "file");
      return why === undefined ? [] : [`${name} ${why}`];
    }),
    ...(format === undefined ? [] : unspeakable(named, format).map(({ name, why }) => `${name} ${why}`)),
  ];
  if (faults.length > 0)
    throw new Failure("LIMIT", `${unit.resolved.id} cannot be written as ${context.format}`, {
      details: faults,
      fix: "choose another format, or give the values other names in the schema: x-env: NAME",
    });
  const secrets = context.nameSecrets ? wanted.filter(({ value }) => holdsSecret(value)) : [];
  return secrets
    .map(({ name, value }) => `# ${safePiece(name)} is a secret (${safePiece(secretsIn(value).join(" "))})\n`)
    .join("")
    .concat(write(named));
}

function openFiles(unit: RenderedUnit): Named[] {
  return [...unit.files].flatMap(([name, text]) => (typeof text === "string" ? [{ name, text }] : []));
}

function wholeFile(text: RenderedUnit["files"] extends ReadonlyMap<string, infer T> ? T : never): string {
  if (typeof text === "string") return text;
  return text.parts.map((part) => (typeof part === "string" ? part : `(secret ${part.secret})`)).join("");
}
