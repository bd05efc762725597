/** `trueup secrets rotate` for a secret that is encrypted in Git: the files change, and the next apply writes the stores. */
import { randomBytes } from "node:crypto";
import type { Workbench } from "../../desired.ts";
import { EXIT, type ExitCode, Failure } from "../../failure.ts";
import type { LayerName, SourceFile } from "../../model.ts";
import type { Problem } from "../../problem.ts";
import { safeText } from "../../report/redact.ts";
import type { Sealed } from "../../secret.ts";
import { encryptedPath, entryName } from "../../secrets/encrypted.ts";
import { fittingText, textMaker } from "../../secrets/random-text.ts";
import { readSopsFile } from "../../secrets/sops/file.ts";
import { valueProblems } from "../../secrets/value-problems.ts";
import { askValue } from "../ask-value.ts";
import {
  layersOf,
  ownValues,
  readEncryptedFile,
  replaceFile,
  textWith,
  unitsUnder,
  valuesIn,
} from "../encrypted-files.ts";
import { printInvalid } from "../invalid.ts";
import type { Io } from "../io.ts";
import { requireKnown } from "../known.ts";
import type { OpenedProject } from "../project.ts";
import { finishCommand, momentText, previousName } from "../rotation-words.ts";
import { requireGraceOver } from "../rotation-grace.ts";
import type { SecretSubject } from "../secret-subject.ts";
import type { RotateOptions } from "./secrets-rotate.ts";

/** The values of one environment or region. */
interface LayerState {
  readonly layer: LayerName;
  readonly file: SourceFile;
  readonly current: Sealed;
  /** Undefined: the secret has no rule, or its previous one no value yet. */
  readonly previous: Sealed | undefined;
}

/** Changes by path of the file. */
type Changes = Map<string, Map<string, Sealed>>;

export async function rotateEncrypted(
  project: OpenedProject,
  bench: Workbench,
  subject: SecretSubject,
  options: RotateOptions,
  io: Io,
): Promise<ExitCode> {
  requireKnown(bench.repo, { envs: options.env ?? [], regions: options.region ?? [] });
  const layers: LayerState[] = [];
  for (const layer of layersOf(bench.repo, options)) layers.push(await readLayer(project, subject, layer, io));
  if (options.finish ?? false) return await finish(project, subject, layers, options, io);
  const chosen = await newValue(bench, subject, layers, options, io);
  if ("problems" in chosen) return printInvalid(chosen.problems, project, options, io);
  const todo = layers.filter(({ current }) => current.reveal() !== chosen.value.reveal());
  const open = todo.find(isOpen);
  if (open !== undefined)
    throw new Failure("REFUSED", `a rotation of ${subject.name} is open in ${open.file.path}`, {
      fix: `finish it first: ${finishCommand(subject, options)}`,
      details: [`${previousName(subject)} has another value than ${subject.name}`],
    });
  if (todo.length === 0) {
    io.out(safeText(`  ${layers.map(({ file }) => file.path).join(" and ")} holds this value already\n`));
    return EXIT.ok;
  }
  const paths = await write(
    project,
    changesOf(subject, todo, (state) => [chosen.value, state.current]),
    io,
  );
  for (const path of ownValues(
    bench.repo,
    subject,
    subject.id,
    layers.map(({ layer }) => layer),
  ))
    io.out(safeText(`  ${path} has a value of its own, which is not changed: --region rotates it\n`));
  io.out(safeText(`Commit ${paths.join(" and ")}: the new value reaches the stores with the next apply\n`));
  io.out(safeText(afterwards(subject, options, Date.parse(io.now()))));
  return EXIT.ok;
}

function afterwards(subject: SecretSubject, options: RotateOptions, now: number): string {
  const { rotate, at } = subject.secret;
  if (rotate !== undefined)
    return `Finish from ${momentText(now + rotate.graceMs)} on: ${finishCommand(subject, options)}\n`;
  return `There is no grace time: readers of the value of before fail until they have the new one (rotate: { previous: NAME } in ${at.file} keeps both)\n`;
}

async function readLayer(
  { folder }: OpenedProject,
  { app, id, secret, name }: SecretSubject,
  layer: LayerName,
  io: Io,
): Promise<LayerState> {
  const file = readEncryptedFile(folder, encryptedPath(app, layer));
  const values = await valuesIn(file, io);
  const current = values.get(entryName(id));
  if (current === undefined)
    throw new Failure("MISSING", `${file.path} has no value of ${name} to rotate`, {
      fix: `trueup secrets set ${name.replace(".", " ")} --env ${layer.split(".", 1).join("")}`,
    });
  const path = previousPath({ app, secret }, layer);
  if (path === undefined || secret.rotate === undefined) return { layer, file, current, previous: undefined };
  const others = path === file.path ? values : await valuesIn(readEncryptedFile(folder, path), io);
  return { layer, file, current, previous: others.get(entryName(secret.rotate.previous)) };
}

function previousPath({ app, secret }: Pick<SecretSubject, "app" | "secret">, layer: LayerName): string | undefined {
  if (secret.rotate === undefined) return undefined;
  return encryptedPath(secret.rotate.previous.startsWith("shared.") ? undefined : app, layer);
}

function isOpen({ current, previous }: LayerState): boolean {
  return previous !== undefined && previous.reveal() !== current.reveal();
}

async function newValue(
  bench: Workbench,
  subject: SecretSubject,
  layers: readonly LayerState[],
  options: RotateOptions,
  io: Io,
): Promise<{ readonly value: Sealed } | { readonly problems: readonly Problem[] }> {
  const problemsOf = (value: Sealed): readonly Problem[] =>
    layers.flatMap(({ layer }) =>
      valueProblems(bench, unitsUnder(bench, subject, subject.id, layer), (unit, id) =>
        id === subject.id && (subject.app === undefined || unit.resolved.app === subject.app) ? value : undefined,
      ),
    );
  if (options.generate ?? false)
    return fittingText(
      textMaker(options.length, options.alphabet, (count) => randomBytes(count)),
      problemsOf,
    );
  const value = await askValue(subject.name, io);
  const problems = problemsOf(value);
  return problems.length > 0 ? { problems } : { value };
}

/** `values` gives what the secret and the previous one are to be. */
function changesOf(
  { app, id, secret }: SecretSubject,
  layers: readonly LayerState[],
  values: (state: LayerState) => readonly [own: Sealed | undefined, previous: Sealed],
): Changes {
  const changes: Changes = new Map();
  const put = (path: string, name: string, value: Sealed): void => {
    const known = changes.get(path) ?? new Map<string, Sealed>();
    changes.set(path, known.set(entryName(name), value));
  };
  for (const state of layers) {
    const [own, previous] = values(state);
    const path = previousPath({ app, secret }, state.layer);
    if (path !== undefined && secret.rotate !== undefined) put(path, secret.rotate.previous, previous);
    if (own !== undefined) put(state.file.path, id, own);
  }
  return changes;
}

/** All texts are made before one is written. */
async function write({ folder }: OpenedProject, changes: Changes, io: Io): Promise<string[]> {
  const texts: [SourceFile, string][] = [];
  for (const [path, values] of changes) {
    const file = readEncryptedFile(folder, path);
    texts.push([file, await textWith(folder, file, values, io)]);
  }
  for (const [file, text] of texts) {
    replaceFile(folder, file, text, io.randomId());
    io.out(safeText(`  wrote ${file.path}: ${[...(changes.get(file.path)?.keys() ?? [])].join(", ")}\n`));
  }
  return texts.map(([file]) => file.path);
}

async function finish(
  project: OpenedProject,
  subject: SecretSubject,
  layers: readonly LayerState[],
  options: RotateOptions,
  io: Io,
): Promise<ExitCode> {
  const open = layers.filter(isOpen);
  const changed = open.map(({ file }) => ({ path: file.path, at: modified(file) }));
  requireGraceOver(
    subject,
    (graceMs) => (open.length === 0 ? undefined : Math.max(...changed.map(({ at }) => at)) + graceMs),
    options,
    io,
    () => changed.map(({ path, at }) => `${path} was changed at ${momentText(at)}`),
  );
  const paths = await write(
    project,
    changesOf(subject, open, ({ current }) => [undefined, current]),
    io,
  );
  io.out(safeText(`Commit ${paths.join(" and ")}: only one value is valid after the next apply\n`));
  return EXIT.ok;
}

/** When the file was changed last, whoever did it: milliseconds since 1970. */
function modified(file: SourceFile): number {
  const read = readSopsFile(file);
  return "sops" in read ? Date.parse(read.sops.lastModified) : 0;
}
