/** Short ways to say what a file holds and what must be said about it. */
import type { Position } from "../../../src/model.ts";
import type { Problem } from "../../../src/problem.ts";
import { load } from "../../../src/load/load.ts";
import type { Loaded, LoadOptions } from "../../../src/load/load.ts";
import { locate } from "../../../src/load/locate.ts";
import { memorySource } from "../../../src/load/source.ts";
import { readYaml } from "../../../src/load/yaml.ts";
import type { YamlDocument, YamlOptions } from "../../../src/load/yaml.ts";

export function yaml(text: string, options: Partial<YamlOptions> = {}): YamlDocument {
  return readYaml({ path: "f.yaml", text }, { merge: false, ...options });
}

/** `TU1002:port` per problem: its code and the text it marks. Warnings end with `?`. */
export function marks(text: string, options: Partial<YamlOptions> = {}): string[] {
  return yaml(text, options).problems.map((problem) => {
    const at = problem.at;
    const marked = at !== undefined && "offset" in at ? text.slice(at.offset, at.offset + at.length) : "";
    return `${problem.code}:${marked}${problem.severity === "warning" ? "?" : ""}`;
  });
}

/** A plain copy without null prototypes, to compare with literals. */
export function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

export const SMALL = `version: 1
system: shop
environments:
  dev:
  staging: { regions: [eu-west-1] }
  prod: { protected: true, regions: [eu-west-1, us-east-2], vars: { domain: example.com } }
targets:
  local: { type: directory }
`;

/** Loads `SMALL` as trueup.yaml together with these files. */
export function repo(files: Readonly<Record<string, string | Uint8Array>>, options: LoadOptions = {}): Loaded {
  return load(memorySource({ "trueup.yaml": SMALL, ...files }), options);
}

/** `TU1007 apps/orders/prd.yaml`, with `?` for warnings. */
export function where(problems: readonly Problem[]): string[] {
  return problems.map(({ code, at, severity }) => `${code} ${at?.file ?? "-"}${severity === "warning" ? "?" : ""}`);
}

/** `3:5-3:9`: where the first problem stands, as an editor counts. */
export function position(
  loaded: Loaded,
  files: Readonly<Record<string, string>>,
  problem: Problem | undefined,
): string {
  const sources = new Map(Object.entries(files).map(([path, text]) => [path, { path, text }]));
  const at = problem?.at;
  return at === undefined ? "nowhere" : format(locate(at, loaded.repo?.sources ?? sources));
}

export function format(place: Position | undefined): string {
  if (place === undefined) return "nowhere";
  return `${place.line}:${place.column}-${place.endLine}:${place.endColumn}`;
}

/** `"a b"` → `["a", "b"]`, for tables of words. */
export function words(text: string): string[] {
  return text.split(" ");
}

/**
 * Processor time of an action in milliseconds, which is what an attack costs us. Wall time would measure how busy the
 * machine is with other things.
 */
export function cost(action: () => void): number {
  const before = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
