/** `trueup render`: what an app gets in a place, and where each value comes from. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { canonicalJson } from "../../canonical.ts";
import type { UnitResult } from "../../desired.ts";
import { inlineText, pairLines } from "../../edit/write.ts";
import { EXIT, type ExitCode, Failure } from "../../failure.ts";
import { textOf } from "../../map/map.ts";
import type { Plain } from "../../model.ts";
import { physicalText, renderedData, renderedText } from "../../report/look/rendered.ts";
import { isPlainMap } from "../../tree.ts";
import { printInvalid } from "../invalid.ts";
import { type Io, wantsColor } from "../io.ts";
import { type CommonOptions, scopeOf } from "../options.ts";
import { type OpenedProject, open } from "../project.ts";
import { lookAt, whereText } from "../units.ts";

export interface RenderOptions extends CommonOptions {
  /** False: plain YAML without origins. */
  readonly source?: boolean;
  readonly physical?: boolean;
}

export async function renderCommand(addresses: readonly string[], options: RenderOptions, io: Io): Promise<ExitCode> {
  const project = await open(options, io, false);
  const found = lookAt(project, scopeOf(options, addresses));
  if ("problems" in found) return printInvalid(found.problems, project, options, io);
  for (const out of options.out ?? []) writeFolder(out, found.units, io);
  if ((options.out ?? []).length > 0) return EXIT.ok;
  io.out(textFor(found.units, project, options, io));
  return EXIT.ok;
}

function textFor(units: readonly UnitResult[], project: OpenedProject, options: RenderOptions, io: Io): string {
  const format = options.format ?? "human";
  if (options.physical ?? false) return physical(units, format, wantsColor(io, options.color));
  if (format === "json")
    return `${JSON.stringify({ version: 1, units: Object.fromEntries(units.map((unit) => [unit.resolved.id, renderedData(unit.rendered)])) }, null, 2)}\n`;
  if (format === "yaml" || options.source === false)
    return units
      .map((unit) => (units.length === 1 ? "" : `# ${unit.resolved.id}\n`) + yaml(renderedData(unit.rendered)))
      .join("\n");
  if (format !== "human")
    throw new Failure("USAGE", `there is no format ${format} here`, { fix: "one of: human, yaml, json" });
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

function physical(units: readonly UnitResult[], format: string, color: boolean): string {
  const rows = units.flatMap((unit) =>
    unit.mapped.settings.flatMap(({ frame, unit: { settings } }) =>
      settings.map((setting) => ({
        store: frame.target.type,
        destination: frame.id,
        key: setting.key,
        text: textOf(setting),
      })),
    ),
  );
  if (format !== "json") return physicalText(rows, color);
  const data = rows.map(({ text, ...row }) => ({ ...row, ...(text === undefined ? { secret: true } : { text }) }));
  return `${JSON.stringify({ version: 1, keys: data }, null, 2)}\n`;
}

/** `--out dir=rendered/`: environment-major files, `rendered/prod.us-east-2/orders.yaml`. The folder is made anew. */
function writeFolder(out: string, units: readonly UnitResult[], io: Io): void {
  const [kind, folder] = [out.slice(0, out.indexOf("=")), out.slice(out.indexOf("=") + 1)];
  if (kind !== "dir" || folder === "")
    throw new Failure("USAGE", `--out ${out} is not dir=FOLDER`, { fix: "for example --out dir=rendered" });
  const root = resolve(io.cwd, folder);
  for (const unit of units) {
    const { app, place } = unit.resolved;
    const base = join(root, place.id, app.name);
    const data = renderedData({ ...unit.rendered, files: new Map() });
    rmSync(`${base}.files`, { recursive: true, force: true });
    mkdirSync(dirname(base), { recursive: true });
    writeFileSync(`${base}.yaml`, yaml(data));
    for (const [name, text] of unit.rendered.files) {
      mkdirSync(`${base}.files`, { recursive: true });
      writeFileSync(
        join(`${base}.files`, name),
        typeof text === "string"
          ? text
          : canonicalJson(renderedData({ ...unit.rendered, values: {}, files: new Map([[name, text]]) })),
      );
    }
  }
  io.err(`wrote ${units.length} units to ${folder}\n`);
}
