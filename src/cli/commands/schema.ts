/** `trueup schema infer`: a first schema from the values an app has, so that nobody starts from an empty page. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pairLines } from "../../edit/write.ts";
import { EXIT, type ExitCode, Failure } from "../../failure.ts";
import type { PlainMap } from "../../model.ts";
import { inferSchema } from "../../validate/infer.ts";
import { printInvalid } from "../invalid.ts";
import type { Io } from "../io.ts";
import type { CommonOptions } from "../options.ts";
import { open } from "../project.ts";
import { lookAt } from "../units.ts";

export interface InferOptions extends CommonOptions {
  readonly print?: boolean;
  readonly force?: boolean;
}

export async function inferCommand(app: string, options: InferOptions, io: Io): Promise<ExitCode> {
  const project = await open(options, io, false);
  const found = lookAt(project, { apps: [app] });
  if ("problems" in found) return printInvalid(found.problems, project, options, io);
  const schema = inferSchema(
    app,
    found.units.map((unit) => unit.rendered.values),
  );
  const text = yamlOf(schema);
  if (options.print ?? false) {
    io.out(text);
    return EXIT.ok;
  }
  const folder = found.units[0]?.resolved.app.folder ?? `apps/${app}`;
  const file = `${folder}/schema.yaml`;
  if (existsSync(join(project.folder, file)) && !(options.force ?? false)) {
    throw new Failure("USAGE", `${file} is there already`, {
      fix: "look at the inferred one with --print, or replace it with --force",
    });
  }
  writeFileSync(join(project.folder, file), text);
  io.out(`  created  ${file}   inferred from ${found.units.length} places: tighten it where you know better\n`);
  return EXIT.ok;
}

function yamlOf(schema: PlainMap): string {
  return `${Object.entries(schema)
    .flatMap(([key, value]) => pairLines(key, value, 0, { step: 2, listStep: 2 }))
    .join("\n")}\n`;
}
