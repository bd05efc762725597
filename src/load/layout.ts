/** Which file is what: apps and their layers, shared layers, schemas. A name that means nothing is a problem. */
import type { Environment } from "../model.ts";
import type { Problem } from "../problem.ts";
import { showName } from "./characters.ts";
import { judgeFile } from "./file-roles.ts";
import type { FileRole } from "./file-roles.ts";
import { isPortable } from "./names.ts";
import type { TreeEntry } from "./source.ts";

/** The files of one app, by path. */
export interface AppFiles {
  readonly name: string;
  /** `apps/orders` or `apps/checkout/orders`. */
  readonly folder: string;
  /** Name of the layer to its file. */
  readonly layers: Map<string, string>;
  /** Name of the layer to its encrypted file. */
  readonly sops: Map<string, string>;
  /** Name without `.hbs` to its file. */
  readonly templates: Map<string, string>;
  secrets: string | undefined;
  schema: string | undefined;
  settings: string | undefined;
}
export type SharedFiles = Pick<AppFiles, "layers" | "secrets" | "sops">;

export interface RepoFiles {
  readonly apps: readonly AppFiles[];
  readonly shared: SharedFiles;
  readonly schemas: readonly string[];
  readonly problems: readonly Problem[];
}

interface Arranging {
  readonly environments: readonly Environment[] | undefined;
  /** Folders right below `apps/` that are apps themselves; all others are groups of apps. */
  readonly single: ReadonlySet<string>;
  readonly apps: Map<string, AppFiles>;
  readonly shared: SharedFiles & { secrets: string | undefined };
  readonly schemas: string[];
  readonly badFolders: Set<string>;
  readonly problems: Problem[];
}

const DATA = /\.(?:ya?ml|json|hbs)$/u;

/** `environments` undefined: trueup.yaml cannot be used; then every name that could be a layer is taken for one. */
export function arrange(files: readonly TreeEntry[], environments: readonly Environment[] | undefined): RepoFiles {
  const state: Arranging = {
    environments,
    single: singleApps(files),
    apps: new Map(),
    shared: { layers: new Map(), secrets: undefined, sops: new Map() },
    schemas: [],
    badFolders: new Set(),
    problems: [],
  };
  for (const { path } of files) {
    const [top, ...steps] = path.split("/");
    if (top === "apps") placeInApp(state, path, steps);
    else if (top === "shared") placeInShared(state, path, steps);
    else if (top === "schemas") placeSchema(state, path, steps);
  }
  return { apps: withoutTwins(state), shared: state.shared, schemas: state.schemas, problems: state.problems };
}

/** A folder below `apps/` with configuration in it is an app; one with folders only is a group. */
function singleApps(files: readonly TreeEntry[]): Set<string> {
  const single = new Set<string>();
  for (const { path } of files) {
    const [top, folder = "", next = "", last] = path.split("/");
    if (top !== "apps" || next === "") continue;
    const inFiles = next === "files" && last?.endsWith(".hbs") === true;
    if (inFiles || (last === undefined && DATA.test(next))) single.add(folder);
  }
  return single;
}

function placeInApp(state: Arranging, path: string, steps: readonly string[]): void {
  if (steps.length === 1) {
    if (DATA.test(path))
      state.problems.push(
        unknownFile(path, "a file right in apps/ belongs to no app", {
          fix: "move it into apps/<app>/, or into shared/",
        }),
      );
    return;
  }
  const depth = state.single.has(steps[0] ?? "") ? 1 : 2;
  const names = steps.slice(0, depth);
  const rest = steps.slice(depth);
  if (rest.length === 0) return;
  const folder = `apps/${names.join("/")}`;
  if (!names.every((name) => checkFolder(state, path, name))) return;
  const [first = ""] = rest;
  if (rest.length === 1) placeFile(state, path, folder, first);
  else if (first === "files") placeTemplate(state, path, folder, rest.slice(1));
  else if (DATA.test(path)) {
    const message =
      depth === 1
        ? `${folder} is an app, and apps have no folders but files/`
        : "apps may be grouped one level deep only";
    state.problems.push(unknownFile(path, message, { fix: "move the file into the folder of an app" }));
  }
}

function checkFolder(state: Arranging, path: string, name: string): boolean {
  if (isPortable(name)) return true;
  if (!state.badFolders.has(name))
    state.problems.push({
      code: "TU1013",
      severity: "error",
      message: `${showName(name)} cannot be the name of an app or a group of apps`,
      at: { file: path },
      fix: "rename the folder with letters, digits and . _ -",
    });
  state.badFolders.add(name);
  return false;
}

function placeFile(state: Arranging, path: string, folder: string, name: string): void {
  const role = judgeFile(name, "app", state.environments);
  if (role.kind === "unknown") state.problems.push(unknownRole(path, role));
  if (role.kind === "unknown" || role.kind === "ignored") return;
  const app = appAt(state, folder);
  if (role.kind === "layer") app.layers.set(role.layer, path);
  else if (role.kind === "sops") app.sops.set(role.layer, path);
  else if (role.kind === "schema" && app.schema !== undefined)
    state.problems.push(
      unknownFile(path, `the app has two schemas: ${app.schema} and ${path}`, { fix: "keep one of them" }),
    );
  else app[role.kind] = path;
}

function placeTemplate(state: Arranging, path: string, folder: string, steps: readonly string[]): void {
  const [name = ""] = steps;
  if (steps.length === 1 && !name.endsWith(".hbs")) {
    if (!name.endsWith(".md"))
      state.problems.push(
        unknownFile(path, `${showName(name)} must end in .hbs, as every file in files/`, {
          fix: `rename it to ${name}.hbs`,
        }),
      );
  } else if (steps.length > 1) {
    if (DATA.test(path))
      state.problems.push(unknownFile(path, "files/ has no folders", { fix: "move the file up into files/" }));
  } else if (isPortable(name.slice(0, -4))) appAt(state, folder).templates.set(name.slice(0, -4), path);
  else
    state.problems.push({
      code: "TU1013",
      severity: "error",
      message: `${showName(name)} cannot be the name of a template file: it becomes a key`,
      at: { file: path },
      fix: "rename it with letters, digits and . _ -",
    });
}

function placeInShared(state: Arranging, path: string, steps: readonly string[]): void {
  const [name = ""] = steps;
  if (steps.length > 1) {
    if (DATA.test(path))
      state.problems.push(unknownFile(path, "shared/ has no folders", { fix: "move the file up into shared/" }));
    return;
  }
  const role = judgeFile(name, "shared", state.environments);
  if (role.kind === "layer") state.shared.layers.set(role.layer, path);
  else if (role.kind === "sops") state.shared.sops.set(role.layer, path);
  else if (role.kind === "secrets") state.shared.secrets = path;
  else if (role.kind === "unknown") state.problems.push(unknownRole(path, role));
}

function placeSchema(state: Arranging, path: string, steps: readonly string[]): void {
  const strange = steps.find((step) => !isPortable(step));
  if (path.endsWith(".yml"))
    state.problems.push(unknownFile(path, `${showName(steps.at(-1) ?? "")} must end in .yaml`, { fix: "rename it" }));
  else if (!/\.(?:yaml|json)$/u.test(path)) return;
  else if (strange === undefined) state.schemas.push(path);
  else
    state.problems.push({
      code: "TU1013",
      severity: "error",
      message: `${showName(strange)} cannot be the name of a schema: a $ref could not name it`,
      at: { file: path },
      fix: "rename it with letters, digits and . _ -",
    });
}

function appAt(state: Arranging, folder: string): AppFiles {
  const known = state.apps.get(folder);
  if (known !== undefined) return known;
  const app: AppFiles = {
    name: folder.slice(folder.lastIndexOf("/") + 1),
    folder,
    layers: new Map(),
    sops: new Map(),
    templates: new Map(),
    secrets: undefined,
    schema: undefined,
    settings: undefined,
  };
  state.apps.set(folder, app);
  return app;
}

/** The last folder names the app, so it may be there once. The first in order of path is kept. */
function withoutTwins({ apps, problems }: Arranging): AppFiles[] {
  const first = new Map<string, AppFiles>();
  for (const app of apps.values()) {
    const other = first.get(app.name);
    if (other === undefined) {
      first.set(app.name, app);
      continue;
    }
    problems.push({
      code: "TU1014",
      severity: "error",
      message: `there are two apps ${app.name}: ${other.folder} and ${app.folder}`,
      at: { file: anyFile(app) },
      fix: "rename one of the folders: the last one is the name of the app, whatever its group",
      notes: [{ name: "first", text: other.folder, at: { file: anyFile(other) } }],
    });
  }
  return [...first.values()];
}

function anyFile({ layers, templates, secrets, schema, settings, sops, folder }: AppFiles): string {
  return (
    [...layers.values(), settings, schema, secrets, ...templates.values(), ...sops.values()].find(
      (path) => path !== undefined,
    ) ?? folder
  );
}

function unknownRole(path: string, role: FileRole & { readonly kind: "unknown" }): Problem {
  const fix = role.rename === undefined ? {} : { fix: `rename it to ${role.rename}` };
  const notes = role.known === undefined ? {} : { notes: [{ name: "known here", text: role.known }] };
  return unknownFile(path, role.message, { ...fix, ...notes });
}

function unknownFile(path: string, message: string, more: Pick<Problem, "fix" | "notes">): Problem {
  return { code: "TU1007", severity: "error", message, at: { file: path }, ...more };
}
