/** What a file in an app's folder, or in `shared/`, is by its name. Nothing that looks like configuration is passed over in silence. */
import type { Environment } from "../model.ts";
import { suggest } from "../suggest.ts";
import { showName } from "./characters.ts";

export type FileRole =
  | { readonly kind: "layer"; readonly layer: string }
  | { readonly kind: "sops"; readonly layer: string }
  | { readonly kind: "secrets" | "schema" | "settings" | "ignored" }
  | {
      readonly kind: "unknown";
      readonly message: string;
      /** Name the file should have. */
      readonly rename?: string;
      /** Names that would have been understood. */
      readonly known?: string;
    };

const SPECIAL: Readonly<Record<"app" | "shared", Readonly<Record<string, FileRole>>>> = {
  app: {
    "secrets.yaml": { kind: "secrets" },
    "schema.yaml": { kind: "schema" },
    "schema.json": { kind: "schema" },
    "app.yaml": { kind: "settings" },
  },
  shared: { "secrets.yaml": { kind: "secrets" } },
};

/**
 * `environments` undefined: they are not known, so any name may be a layer. Files that are neither YAML, JSON nor
 * templates are ignored.
 */
export function judgeFile(
  name: string,
  home: "app" | "shared",
  environments: readonly Environment[] | undefined,
): FileRole {
  if (name.endsWith(".hbs"))
    return {
      kind: "unknown",
      message: `${name} stands in the wrong place: templates of whole files belong into files/`,
    };
  const match = /^(?<stem>.+)\.(?<extension>ya?ml|json)$/u.exec(name);
  if (match === null) return { kind: "ignored" };
  const special = SPECIAL[home];
  if (Object.hasOwn(special, name)) return special[name] ?? { kind: "ignored" };
  const { stem = "", extension = "" } = match.groups ?? {};
  if (extension === "yml") return { kind: "unknown", message: `${name} must end in .yaml`, rename: `${stem}.yaml` };
  if (extension === "json")
    return { kind: "unknown", message: `${name} is not read: values are written in YAML`, rename: `${stem}.yaml` };
  return judgeLayer(stem, Object.keys(special), environments);
}

function judgeLayer(
  stem: string,
  special: readonly string[],
  environments: readonly Environment[] | undefined,
): FileRole {
  const sops = stem.endsWith(".sops");
  const layer = sops ? stem.slice(0, -".sops".length) : stem;
  const fine: FileRole = sops ? { kind: "sops", layer } : { kind: "layer", layer };
  if (environments === undefined || (layer === "base" && !sops)) return fine;
  const dot = layer.indexOf(".");
  const env = dot < 0 ? layer : layer.slice(0, dot);
  const environment = environments.find(({ name }) => name === env);
  if (environment === undefined) return unknownEnvironment(env, layer, special, environments, sops);
  if (dot < 0 || environment.regions.includes(layer.slice(dot + 1))) return fine;
  return unknownRegion(environment, layer.slice(dot + 1), sops);
}

function unknownEnvironment(
  env: string,
  layer: string,
  special: readonly string[],
  environments: readonly Environment[],
  sops: boolean,
): FileRole {
  const names = environments.map(({ name }) => name);
  const files = special.map((file) => file.replace(/\.(?:yaml|json)$/u, ""));
  const others = sops ? [] : ["base", ...new Set(files)];
  const near = suggest(env, [...names, ...others]);
  const known = [...names, ...others].join(", ");
  const message = `${showName(env)} is not an environment${near === undefined ? "" : `; did you mean ${near}?`}`;
  if (near === undefined) return { kind: "unknown", message, known };
  return { kind: "unknown", message, known, rename: `${near}${layer.slice(env.length)}${sops ? ".sops" : ""}.yaml` };
}

function unknownRegion({ name, regions }: Environment, region: string, sops: boolean): FileRole {
  if (regions.length === 0)
    return { kind: "unknown", message: `${name} has no regions`, known: `${name}.yaml for all of ${name}` };
  const near = suggest(region, regions);
  const message = `${showName(region)} is not a region of ${name}${near === undefined ? "" : `; did you mean ${near}?`}`;
  const known = regions.join(", ");
  if (near === undefined) return { kind: "unknown", message, known };
  return { kind: "unknown", message, known, rename: `${name}.${near}${sops ? ".sops" : ""}.yaml` };
}
