/** Units, schemas and origins for the tests of `src/validate`. */
import { load } from "js-yaml";
import type { App, KeyPath, Origin, Plain, RenderedUnit, ValueMap } from "../../../src/model.ts";
import type { Problem } from "../../../src/problem.ts";
import { secret } from "../../../src/secret.ts";
import { schemaSet } from "../../../src/validate/schemas.ts";
import { validateUnit } from "../../../src/validate/validate.ts";
import { valueAt } from "../../../src/tree.ts";

export const FILE = "apps/orders/schema.yaml";

export function yaml(text: string): Plain {
  return load(text) as Plain;
}

/** Schema files by path; a text alone is the schema of the app `orders`. */
export function filesOf(files: string | Readonly<Record<string, string>>): Map<string, Plain> {
  const all = typeof files === "string" ? { [FILE]: files } : files;
  return new Map(Object.entries(all).map(([path, text]) => [path, yaml(text)]));
}

export function hidden(name: string): ReturnType<typeof secret> {
  return secret([{ secret: name, through: [] }]);
}

export function unitOf(values: ValueMap, place = "prod"): RenderedUnit {
  const app: App = {
    name: "orders",
    folder: "apps/orders",
    layers: new Map([["base", { name: "base", file: "apps/orders/base.yaml", values: {}, remove: [] }]]),
    secrets: new Map(),
    sops: new Map(),
    files: [],
    schema: FILE,
    owner: undefined,
    description: undefined,
    places: undefined,
    targets: undefined,
  };
  const env = place.split(".")[0] as string;
  return {
    id: `orders@${place}`,
    app,
    place: { id: place, env, region: undefined, protected: false, vars: {} },
    values,
    files: new Map(),
  };
}

/** Everything is written in base.yaml; what is not there has no origin. */
export function originIn(values: ValueMap): (path: KeyPath) => Origin | undefined {
  return (path) => (valueAt(values, path) === undefined ? undefined : { file: "apps/orders/base.yaml", path });
}

/** Problems of one unit by one schema; the schema itself must be in order. */
export function problemsOf(
  schema: string | Readonly<Record<string, string>>,
  values: ValueMap | string,
): readonly Problem[] {
  const set = schemaSet(filesOf(schema));
  const validator = set.validatorOf(FILE);
  if (validator === undefined) throw new Error(`broken schema: ${JSON.stringify(set.problems())}`);
  const map = typeof values === "string" ? (yaml(values) as ValueMap) : values;
  return validateUnit(unitOf(map), validator, originIn(map));
}

/** Problems of the schema itself. */
export function schemaProblems(schema: string | Readonly<Record<string, string>>): readonly Problem[] {
  const set = schemaSet(filesOf(schema));
  set.validatorOf(FILE);
  return set.problems();
}

/** `code message`, for short expectations. */
export function told(problems: readonly Problem[]): string[] {
  return problems.map((problem) => `${problem.code} ${problem.message}`);
}

/** Milliseconds of the first run below the limit, or of the best of three: other work may share the machine. */
export function quickest(limit: number, run: () => void): number {
  let best = Infinity;
  for (let i = 0; i < 3 && best >= limit; i++) {
    const cpu = process.cpuUsage();
    const start = performance.now();
    run();
    const wall = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    best = Math.min(best, wall, (user + system) / 1000);
  }
  return best;
}
