/** Finds credentials in the open that no schema says anything of: by how they look, in what is rendered and in the files. */
import { formatPath } from "../address.ts";
import { type Credential, credentialIn } from "../credential.ts";
import type { App, At, KeyPath, Layer, Origin, Plain, RenderedUnit, Repo, Value, ValueMap } from "../model.ts";
import type { Problem } from "../problem.ts";
import { isSecret } from "../secret.ts";
import { secretName } from "./validate.ts";

/** Looks into one text. Remembers: a repo says the same again and again. */
export type Look = (text: string) => Credential | undefined;
/** What the app's schema says of a path by `x-secret`; undefined if nothing. */
export type Secrecy = (path: KeyPath) => "secret" | "open" | undefined;

/** Longest name of a key that a message repeats whole. */
const NAME_LENGTH = 200;
const MAX_REMEMBERED = 100_000;
const CONFIG_FILE = "trueup.yaml";

export function lookForCredentials(): Look {
  const known = new Map<string, Credential | undefined>();
  return (text) => {
    if (known.has(text)) return known.get(text);
    const found = credentialIn(text);
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(text, found);
    return found;
  };
}

export interface UnitSearch {
  readonly look: Look;
  readonly secrecy: Secrecy;
  readonly originOf: (path: KeyPath) => Origin | undefined;
  /** Texts that were found in shared/ and trueup.yaml: told there, once. */
  readonly elsewhere: ReadonlySet<string>;
}

/** What a unit would carry into its stores in the open: values and whole files. */
export function credentialsInUnit(unit: RenderedUnit, search: UnitSearch): Problem[] {
  const found: Problem[] = [];
  const each = (value: Value, visit: (credential: Credential, written: string, path: KeyPath) => Problem | undefined) =>
    eachText(value, [], (text, path) => {
      const credential = search.look(text);
      if (credential === undefined) return;
      const written = textOf(credential, text);
      const problem = search.elsewhere.has(written) ? undefined : visit(credential, written, path);
      if (problem !== undefined) found.push({ ...problem, reach: [unit.id] });
    });
  const { app, place, files } = unit;
  each(unit.values, (credential, _, path) =>
    problemAt(credential, path, search.originOf(path), search.secrecy(path), app, place.env),
  );
  for (const { name, file, text: source } of app.files)
    each(files.get(name) ?? "", (credential, written) => {
      const offset = source.indexOf(written);
      const at: At = offset < 0 ? { file } : { file, offset, length: written.length };
      return problemAt(credential, ["files", name], at, undefined, app, place.env);
    });
  return found;
}

/** The same for the files of an app: what every place overrides is in Git all the same. */
export function credentialsInLayers(
  app: App,
  look: Look,
  secrecy: Secrecy,
  envOf: (layer: Layer) => string,
): Problem[] {
  return [...app.layers.values()].flatMap((layer) =>
    openTexts(layer.values, look).flatMap(({ path, credential }) => {
      const at = { file: layer.file, path };
      return problemAt(credential, path, at, secrecy(path), app, envOf(layer)) ?? [];
    }),
  );
}

/** Those in shared/ and trueup.yaml, which no schema describes. `texts` are what was found. */
export function credentialsInRepo(
  { config, shared }: Pick<Repo, "config" | "shared">,
  look: Look,
): { readonly problems: readonly Problem[]; readonly texts: ReadonlySet<string> } {
  const places: readonly (readonly [file: string, path: KeyPath, value: Plain])[] = [
    ...[...shared.layers.values()].map((layer) => [layer.file, [], layer.values] as const),
    ...config.environments.map(({ name, vars }) => [CONFIG_FILE, ["environments", name, "vars"], vars] as const),
    ...[...config.regions].map(([name, vars]) => [CONFIG_FILE, ["regions", name, "vars"], vars] as const),
    ...config.targets.map(
      ({ name, connection }) => [CONFIG_FILE, ["targets", name, "connection"], connection] as const,
    ),
  ];
  const texts = new Set<string>();
  const problems = places.flatMap(([file, start, value]) =>
    openTexts(value, look).flatMap(({ path, credential, text }) => {
      texts.add(textOf(credential, text));
      const whole = [...start, ...path];
      const fix =
        file !== CONFIG_FILE
          ? `trueup secrets set shared ${secretName(new Map(), path)} --env <env>    then write "{{shared.secret.…}}"`
          : start[0] === "targets"
            ? "set an environment variable in the job, and name it here: { fromEnv: NAME }"
            : `keep it as a secret of an app or of shared/, and write "{{secret.…}}" where it is used`;
      return { ...problemOf(credential, whole, { file, path: whole }), fix };
    }),
  );
  return { problems, texts };
}

/** Texts of a file with something to tell; what is between the expressions of a template counts one by one. */
function openTexts(
  value: Plain,
  look: Look,
): { readonly path: KeyPath; readonly credential: Credential; readonly text: string }[] {
  const found: { path: KeyPath; credential: Credential; text: string }[] = [];
  eachText(value, [], (whole, path) => {
    for (const text of literalsOf(whole)) {
      const credential = look(text);
      if (credential === undefined) continue;
      found.push({ path, credential, text });
      break;
    }
  });
  return found;
}

/** What stands around the expressions of a template. By hand: a pattern would look at the rest of the text for each `{{`. */
function literalsOf(text: string): readonly string[] {
  const found: string[] = [];
  for (let at = 0; ;) {
    const start = text.indexOf("{{", at);
    const end = start < 0 ? -1 : text.indexOf("}}", start);
    if (end < 0) return [...found, text.slice(at)];
    found.push(text.slice(at, start));
    at = end + 2;
  }
}

/** Every text of a value, of a secret the parts that stand in the file. */
function eachText(value: Value, path: KeyPath, visit: (text: string, path: KeyPath) => void): void {
  if (typeof value === "string") visit(value, path);
  else if (typeof value !== "object" || value === null) return;
  else if (isSecret(value)) {
    for (const part of value.parts) if (typeof part === "string") visit(part, path);
  } else for (const [key, child] of Object.entries<Value>(value as ValueMap)) eachText(child, [...path, key], visit);
}

function textOf({ start, end }: Credential, text: string): string {
  return text.slice(start, end);
}

function problemAt(
  credential: Credential,
  path: KeyPath,
  at: At | undefined,
  secrecy: ReturnType<Secrecy>,
  app: App,
  env: string,
): Problem | undefined {
  if (secrecy === "open") return undefined;
  const name = secretName(app.secrets, path);
  const fix = `trueup secrets set ${app.name} ${name} --env ${env}    then write "{{secret.${name}}}"`;
  // As `validateUnit` says it, so that both become one.
  if (secrecy === "secret")
    return {
      ...problemOf({ ...credential, sure: true }, path, at),
      code: "TU4001",
      message: `plaintext secret: ${nameOf(path)} must come from {{secret.…}}`,
      fix,
    };
  const notes = [{ name: "no secret?", text: "the app's schema can say so: x-secret: false" }];
  return { ...problemOf(credential, path, at), fix, ...(path[0] === "files" ? {} : { notes }) };
}

function problemOf({ what, sure }: Credential, path: KeyPath, at: At | undefined): Problem {
  return {
    code: "TU4008",
    severity: sure ? "error" : "warning",
    message: `${nameOf(path)} holds what looks like ${what}, in plain text`,
    at,
    label: sure ? "value hidden; it is in Git history: rotate it" : "value hidden",
    masked: true,
  };
}

function nameOf(path: KeyPath): string {
  const name = formatPath(path);
  return name.length > NAME_LENGTH ? `${name.slice(0, NAME_LENGTH)}…` : name;
}
