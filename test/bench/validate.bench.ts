/**
 * `trueup validate` of 500 apps x 5 environments x 4 regions next to its floor in the same process: read and parse
 * every file once, check as many objects as there are units against their compiled schemas, write them as JSON.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import { load as parseYaml } from "js-yaml";
import { check } from "../../src/desired.ts";
import { load } from "../../src/load/load.ts";
import { folderSource } from "../../src/load/source.ts";
import type { ValueMap } from "../../src/model.ts";
import { openProject } from "../../src/project.ts";
import { drivers } from "../../src/stores/registry.ts";
import { LARGE, generateRepo, writeRepo } from "./generate.ts";
import { measure, row } from "./measure.ts";

const TARGET = '  local: { type: directory, path: "/{{env}}/{{region}}/{{app}}/{{key}}" }\n';

async function validate(folder: string, visit?: (app: string, values: ValueMap) => void): Promise<string> {
  const project = await openProject(folderSource(folder), drivers);
  if (project.bench === undefined) throw new Error("the generated repo does not load");
  const { problems, counts } = check(project.bench, project.problems, {}, (unit) =>
    visit?.(unit.resolved.app.name, unit.rendered.values),
  );
  if (problems.length > 0)
    throw new Error(`the generated repo is not clean: ${problems[0]?.code} ${problems[0]?.message}`);
  return `${counts.units} units, ${counts.keys} values`;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)],
  );
}

function floor(folder: string, rendered: ReadonlyMap<string, readonly ValueMap[]>): Record<string, () => void> {
  const parsed = new Map<string, unknown>();
  const readAll = (): void => {
    for (const file of filesBelow(folder)) parsed.set(file, parseYaml(readFileSync(file, "utf8")));
  };
  const checkAll = (): void => {
    const ajv = new Ajv({ allErrors: true, strict: false });
    for (const [app, units] of rendered) {
      const compiled = ajv.compile(parsed.get(join(folder, "apps", app, "schema.yaml")) as object);
      for (const values of units) if (!compiled(values)) throw new Error("not valid");
    }
  };
  let length = 0;
  const writeAll = (): void => {
    for (const units of rendered.values()) for (const values of units) length += JSON.stringify(values).length;
  };
  return { readAll, checkAll, writeAll };
}

async function main(): Promise<void> {
  const [only] = process.argv.slice(2);
  if (only !== undefined) {
    await validate(only);
    process.stdout.write(`${process.resourceUsage().maxRSS}\n`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "trueup-bench-"));
  try {
    writeRepo(generateRepo(LARGE, TARGET), folder);
    const rendered = new Map<string, ValueMap[]>();
    const counts = await validate(folder, (app, values) => rendered.set(app, [...(rendered.get(app) ?? []), values]));
    const parts = floor(folder, rendered);
    const times = await measure(
      {
        validate: () => validate(folder),
        floor: () => Object.values(parts).forEach((run) => run()),
        ...parts,
        load: () => load(folderSource(folder), { targetTypes: drivers }),
      },
      7,
    );
    const peak = Number(spawnSync(process.execPath, [process.argv[1] ?? "", folder], { encoding: "utf8" }).stdout);
    const { validate: whole, floor: least } = times;
    process.stdout.write(`${counts}; node ${process.version}\n`);
    for (const [name, measured] of Object.entries(times))
      process.stdout.write(row(name, measured, name === "floor" ? undefined : least));
    if (whole !== undefined && least !== undefined)
      process.stdout.write(`validate / floor: ${(whole.median / least.median).toFixed(2)} (at most 2.5)\n`);
    process.stdout.write(`peak memory of validate alone: ${(peak / 1024).toFixed(0)} MB (at most 400)\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
