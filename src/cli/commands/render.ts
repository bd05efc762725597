/** `trueup render`: what an app gets in a place, and where each value comes from. */
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { canonicalJson } from "../../canonical.ts";
import type { UnitResult } from "../../desired.ts";
import { inlineText, pairLines } from "../../edit/write.ts";
import { EXIT, type ExitCode, Failure } from "../../failure.ts";
import { textOf } from "../../map/map.ts";
import type { Plain, PlainMap } from "../../model.ts";
import { physicalText, renderedData, renderedText } from "../../report/look/rendered.ts";
import { withoutSecrets } from "../../report/look/without-secrets.ts";
import { safePiece } from "../../report/redact.ts";
import { plural } from "../../report/words.ts";
import { isPlainMap } from "../../tree.ts";
import { printInvalid } from "../invalid.ts";
import { type Io, wantsColor } from "../io.ts";
import { type CommonOptions, scopeOf } from "../options.ts";
import { writeReport } from "../output.ts";
import { type OpenedProject, open } from "../project.ts";
import { FILE_FORMATS, filesOf } from "../render-files.ts";
import { lookAt, whereText } from "../units.ts";
import { envNamesOf } from "../variables/names.ts";

export interface RenderOptions extends CommonOptions {
  /** False: plain YAML without origins. */
  readonly source?: boolean;
  readonly physical?: boolean;
  /** `redact` (default): names of secrets are shown; `omit`: nothing of them. */
  readonly secrets?: string;
}

export async function renderCommand(addresses: readonly string[], options: RenderOptions, io: Io): Promise<ExitCode> {
  const secrets = options.secrets ?? "redact";
  if (secrets !== "redact" && secrets !== "omit")
    throw new Failure("USAGE", `--secrets ${secrets} is not redact or omit`);
  const outs = (options.out ?? []).map(outOf);
  const project = await open(options, io, false);
  const found = lookAt(project, scopeOf(options, addresses));
  if ("problems" in found) return printInvalid(found.problems, project, options, io);
  const units =
    secrets === "redact"
      ? found.units
      : found.units.map((unit) => ({ ...unit, rendered: withoutSecrets(unit.rendered) }));
  const data = dataOf(units);
  if (io.tell !== undefined) io.tell({ kind: "rendered", digest: digestOf(data), units: units.length });
  for (const { kind, target } of outs) {
    if (kind === "json") writeReport(target, unitsJson(data), io);
    else writeFolder(target, units, project, options, io);
  }
  if (outs.length === 0) io.out(textFor(units, project, options, io));
  return EXIT.ok;
}

function outOf(text: string): { readonly kind: "dir" | "json"; readonly target: string } {
  const [kind, target] = [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)];
  if ((kind !== "dir" && kind !== "json") || target === "")
    throw new Failure("USAGE", `--out ${text} is not dir=FOLDER or json=FILE`, {
      fix: "for example --out dir=rendered",
    });
  return { kind, target };
}

/** Everything rendered as one document, with a digest that is the same for the same values, whatever the format. */
function unitsJson(units: PlainMap): string {
  return `${JSON.stringify({ version: 1, digest: digestOf(units), units }, null, 2)}\n`;
}

function dataOf(units: readonly UnitResult[]): PlainMap {
  return Object.fromEntries(units.map((unit) => [unit.resolved.id, renderedData(unit.rendered)]));
}

function digestOf(units: PlainMap): string {
  return createHash("sha256").update(canonicalJson(units)).digest("hex");
}

function textFor(units: readonly UnitResult[], project: OpenedProject, options: RenderOptions, io: Io): string {
  const format = options.format ?? "human";
  if (options.physical ?? false) return physical(units, format, wantsColor(io, options.color), options.secrets);
  if (format === "json") return unitsJson(dataOf(units));
  if (format === "yaml" || options.source === false)
    return units
      .map((unit) => (units.length === 1 ? "" : `# ${unit.resolved.id}\n`) + yaml(renderedData(unit.rendered)))
      .join("\n");
  if (format !== "human")
    throw new Failure("USAGE", `there is no format ${format} here`, {
      fix: "one of: human, yaml, json; with --out dir=FOLDER also dotenv, k8s",
    });
  return units.map((unit) => human(unit, project, wantsColor(io, options.color))).join("\n");
}

function human(unit: UnitResult, project: OpenedProject, color: boolean): string {
  const { app } = unit.resolved;
  const shared = project.loaded.repo?.shared.secrets;
  return renderedText(unit.rendered, {
    color,
    origin: (path) => whereText(project, unit.originOf(path), true),
    inline: (value) => inlineText(value, false),
    holder: (name) => (app.secrets.get(name) ?? shared?.get(name))?.holder ?? "unknown",
    layers: unit.resolved.layers.map((layer) => `${layer.name}.yaml`),
  });
}

function yaml(data: Plain): string {
  if (!isPlainMap(data) || Object.keys(data).length === 0) return "{}\n";
  return `${Object.entries(data)
    .flatMap(([key, value]) => pairLines(key, value, 0, { step: 2, listStep: 2 }))
    .join("\n")}\n`;
}

function physical(units: readonly UnitResult[], format: string, color: boolean, secrets: string | undefined): string {
  const all = units.flatMap((unit) =>
    unit.mapped.settings.flatMap(({ frame, unit: { settings } }) =>
      settings.map((setting) => ({
        store: frame.target.type,
        destination: frame.id,
        key: setting.key,
        text: textOf(setting),
      })),
    ),
  );
  const rows = secrets === "omit" ? all.filter((row) => row.text !== undefined) : all;
  if (format !== "json") return physicalText(rows, color);
  const data = rows.map(({ text, ...row }) => ({ ...row, ...(text === undefined ? { secret: true } : { text }) }));
  return `${JSON.stringify({ version: 1, keys: data }, null, 2)}\n`;
}

/** Environment-major files: `rendered/prod.us-east-2/orders.yaml`. Nothing is written if one of them cannot be made. */
function writeFolder(
  folder: string,
  units: readonly UnitResult[],
  project: OpenedProject,
  options: RenderOptions,
  io: Io,
): void {
  const asked = options.format === undefined || options.format === "human" ? "yaml" : options.format;
  const format = FILE_FORMATS.find((name) => name === asked);
  const { bench } = project;
  if (format === undefined)
    throw new Failure("USAGE", `there is no format ${asked} here`, { fix: `one of: ${FILE_FORMATS.join(", ")}` });
  const files = units.flatMap((unit) =>
    filesOf(unit, {
      format,
      yaml,
      envName: (one) => (bench === undefined ? () => undefined : envNamesOf(bench, one)),
      nameSecrets: options.secrets !== "omit",
    }),
  );
  if (options.physical ?? false)
    files.push({ path: "keys.json", text: physical(units, "json", false, options.secrets) });
  const root = resolve(io.cwd, folder);
  for (const unit of units)
    rmSync(join(root, unit.resolved.place.id, `${unit.resolved.app.name}.files`), { recursive: true, force: true });
  for (const { path, text } of files) writeReport(join(root, path), text, io);
  io.err(`wrote ${plural(units.length, "unit")} to ${safePiece(folder)}\n`);
}
