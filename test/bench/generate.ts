/** A config repo of any size: every app with a base, three overrides and a schema, a template in every fifth value. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface Size {
  readonly apps: number;
  readonly environments: readonly string[];
  readonly regions: readonly string[];
  /** Values an app. */
  readonly keys: number;
}
export const LARGE: Size = {
  apps: 500,
  environments: ["dev", "qa", "staging", "preprod", "prod"],
  regions: ["eu-west-1", "eu-central-1", "us-east-2", "ap-south-1"],
  keys: 25,
};

const GROUPS = ["http", "database", "cache", "queue", "logging"];

/** File texts by path. */
export function generateRepo(size: Size, target: string): Map<string, string> {
  const files = new Map<string, string>();
  files.set("trueup.yaml", configText(size, target));
  files.set("shared/base.yaml", 'kafka:\n  brokers: "kafka-1.{{vars.domain}}:9092"\n');
  for (let index = 0; index < size.apps; index++) {
    const app = `apps/app-${String(index).padStart(4, "0")}`;
    files.set(`${app}/base.yaml`, baseText(index, size.keys));
    files.set(`${app}/schema.yaml`, schemaText(index, size.keys));
    for (const name of [
      size.environments[0],
      size.environments.at(-1),
      `${size.environments.at(-1)}.${size.regions.at(-1)}`,
    ]) {
      files.set(`${app}/${name}.yaml`, overrideText(index, String(name)));
    }
  }
  return files;
}

export function writeRepo(files: ReadonlyMap<string, string>, folder: string): void {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

function configText(size: Size, target: string): string {
  const environments = size.environments.map(
    (name) => `  ${name}:\n    regions: [${size.regions.join(", ")}]\n    vars: { domain: ${name}.example.com }\n`,
  );
  return `version: 1\nsystem: bench\nenvironments:\n${environments.join("")}guards:\n  max_apps: 100000\ntargets:\n${target}`;
}

function keysOf(keys: number): (readonly [group: string, name: string, index: number])[] {
  return Array.from(
    { length: keys },
    (_, index) => [GROUPS[index % GROUPS.length] ?? "", `setting_${index}`, index] as const,
  );
}

function baseText(app: number, keys: number): string {
  return GROUPS.map((group) => {
    const lines = keysOf(keys)
      .filter(([name]) => name === group)
      .map(([, name, index]) => `  ${name}: ${valueText(app, index)}\n`);
    return `${group}:\n${lines.join("")}`;
  }).join("");
}

function valueText(app: number, index: number): string {
  if (index % 5 === 0)
    return `"${["{{env}}.{{vars.domain}}", "{{app}}-{{region}}", "{{shared.kafka.brokers}}", "https://{{app}}.{{vars.domain}}/v1", "{{env}}"][(index / 5) % 5]}"`;
  if (index % 5 === 1) return String(1000 + app + index);
  if (index % 5 === 2) return index % 2 === 0 ? "true" : "false";
  if (index % 5 === 3) return `text of app ${app} number ${index}`;
  return String(index / 10 + 0.05);
}

function overrideText(app: number, layer: string): string {
  return `http:\n  setting_5: "${layer}-{{app}}"\nqueue:\n  setting_3: only in ${layer} of ${app}\nlogging:\n  setting_4: ${layer.length}.25\n`;
}

function schemaText(app: number, keys: number): string {
  const groups = GROUPS.map((group) => {
    const own = keysOf(keys).filter(([name]) => name === group);
    const properties = own.map(([, name, index]) => `      ${name}: ${propertyText(index)}\n`);
    return `  ${group}:\n    type: object\n    additionalProperties: false\n    required: [${own.map(([, name]) => name).join(", ")}]\n    properties:\n${properties.join("")}`;
  });
  return `$schema: http://json-schema.org/draft-07/schema#\ntitle: app ${app}\ntype: object\nadditionalProperties: false\nrequired: [${GROUPS.join(", ")}]\nproperties:\n${groups.join("")}`;
}

function propertyText(index: number): string {
  if (index % 5 === 1) return "{ type: integer, minimum: 1, maximum: 65535 }";
  if (index % 5 === 2) return "{ type: boolean }";
  if (index % 5 === 4) return "{ type: number, minimum: 0 }";
  return `{ type: string, minLength: 1, maxLength: ${200 + index} }`;
}
