/** Encrypted files in the work tree: which ones a command is about, what a change makes of them, and writing them. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { globMatcher } from "../address.ts";
import { type UnitResult, type Workbench, unitsOf } from "../desired.ts";
import { Failure } from "../failure.ts";
import type { LayerName, Repo, SecretId, SourceFile } from "../model.ts";
import type { Sealed } from "../secret.ts";
import { entryName } from "../secrets/encrypted.ts";
import { decryptSops } from "../secrets/sops/decrypt.ts";
import { changeSopsValues } from "../secrets/sops/encrypt.ts";
import { readSopsFile } from "../secrets/sops/file.ts";
import { awsKms } from "../secrets/sops/kms.ts";
import { type CreationRule, creationRule } from "../secrets/sops/rules.ts";
import type { Io } from "./io.ts";
import { sopsKeys } from "./keys.ts";
import type { CommonOptions } from "./options.ts";
import type { SecretSubject } from "./secret-subject.ts";

/** `prod` for all of an environment, `prod.us-east-2` where regions are given. */
export function layersOf({ config }: Repo, { env = [], region = [] }: CommonOptions): LayerName[] {
  const [isEnv, isRegion] = [env, region].map((globs) => globs.map((glob) => globMatcher(glob)));
  const layers = config.environments
    .filter(({ name }) => isEnv?.some((matches) => matches(name)))
    .flatMap(({ name, regions }) =>
      region.length === 0
        ? [name]
        : regions.filter((one) => isRegion?.some((matches) => matches(one))).map((one) => `${name}.${one}`),
    );
  if (layers.length > 0) return layers;
  throw new Failure("USAGE", `${env.join(", ")} has no region ${region.join(", ")}`, {
    fix: "leave out --region for a value that all of the environment has",
  });
}

/** Files of regions whose own value wins over the one of their environment. */
export function ownValues(
  repo: Repo,
  { app }: Pick<SecretSubject, "app">,
  id: SecretId,
  layers: readonly LayerName[],
): string[] {
  return [...(app?.sops ?? repo.shared.sops)].flatMap(([layer, path]) => {
    const inner = layers.some((chosen) => layer.startsWith(`${chosen}.`));
    return inner && holds(repo.sources.get(path), id) ? [path] : [];
  });
}

function holds(file: SourceFile | undefined, id: SecretId): boolean {
  if (file === undefined) return false;
  const read = readSopsFile(file);
  return "sops" in read && read.sops.entries.some(({ name }) => name === entryName(id));
}

/** Units that use the value of a layer's file: those without a value in the file of their own region. */
export function* unitsUnder(
  bench: Workbench,
  { app }: Pick<SecretSubject, "app">,
  id: SecretId,
  layer: LayerName,
): Generator<UnitResult> {
  const regional = app?.sops ?? bench.repo.shared.sops;
  const places = bench.repo.places.filter(
    (place) =>
      place.id === layer || (place.env === layer && !holds(bench.repo.sources.get(regional.get(place.id) ?? ""), id)),
  );
  if (places.length === 0) return;
  const apps = app === undefined ? [] : [app.name];
  yield* unitsOf(bench, { apps, addresses: places.map((place) => `*@${place.id}`) });
}

/** A file as it stands on the disk: that is where it is written, also where trueup reads the rest from Git. */
export function readEncryptedFile(folder: string, path: string): SourceFile {
  const full = join(folder, path);
  return { path, text: existsSync(full) ? readFileSync(full, "utf8") : "" };
}

/** Values of a file by their names in it; none where there is no file yet. */
export async function valuesIn(file: SourceFile, io: Io): Promise<ReadonlyMap<string, Sealed>> {
  return file.text.trim() === "" ? new Map() : await decryptSops(file, await sopsKeys(io));
}

/** Text of the file with the values set, or removed where there is undefined. */
export async function textWith(
  folder: string,
  file: SourceFile,
  values: ReadonlyMap<string, Sealed | undefined>,
  io: Io,
): Promise<string> {
  const fresh = file.text.trim() === "";
  const rule = fresh ? ruleFor(folder, join(folder, file.path)) : undefined;
  return await changeSopsValues(file, values, {
    recipients: rule?.recipients ?? [],
    ...(rule?.selector === undefined ? {} : { selector: rule.selector }),
    now: io.now(),
    random: (count) => randomBytes(count),
    keys: fresh ? { ageIdentities: [] } : await sopsKeys(io),
    encryptKms: awsKms().encryptKms,
  });
}

/** From the nearest `.sops.yaml` at or above the config root, inside the repository. Its paths are relative to its folder. */
function ruleFor(root: string, file: string): CreationRule | undefined {
  for (let folder = root; ; folder = dirname(folder)) {
    const path = join(folder, ".sops.yaml");
    if (existsSync(path)) return readRule({ path, text: readFileSync(path, "utf8") }, folder, file);
    if (existsSync(join(folder, ".git")) || dirname(folder) === folder) return undefined;
  }
}

function readRule(rules: SourceFile, folder: string, file: string): CreationRule | undefined {
  const found = creationRule(rules, relative(folder, file).split(sep).join("/"));
  if ("rule" in found) return found.rule;
  throw new Failure("USAGE", `${rules.path} cannot be used`, { details: found.problems.map(({ message }) => message) });
}

/**
 * Puts a text in the place of the one that was read, in one step, so that no reader and no interruption ever sees half
 * a file. Throws `MOVED` if somebody else changed the file meanwhile.
 */
export function replaceFile(folder: string, before: SourceFile, text: string, unique: string): void {
  if (readEncryptedFile(folder, before.path).text !== before.text)
    throw new Failure("MOVED", `${before.path} was changed while trueup was at work on it`, {
      fix: "nothing was written; run the command again",
    });
  const path = join(folder, before.path);
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${unique}.tmp`;
  const mode = existsSync(path) ? statSync(path).mode : undefined;
  try {
    writeFileSync(draft, text, { flag: "wx", ...(mode === undefined ? {} : { mode }) });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
