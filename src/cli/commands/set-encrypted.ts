/** `trueup secrets set` for a secret that is encrypted in Git: the value goes into a file, and the file into a commit. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { globMatcher } from "../../address.ts";
import { EXIT, type ExitCode, Failure } from "../../failure.ts";
import type { App, LayerName, Repo, SecretDefinition, SourceFile } from "../../model.ts";
import { safeText } from "../../report/redact.ts";
import type { Sealed } from "../../secret.ts";
import { encryptedPath, entryName } from "../../secrets/encrypted.ts";
import { setSopsValue } from "../../secrets/sops/encrypt.ts";
import { readSopsFile } from "../../secrets/sops/file.ts";
import { awsKms } from "../../secrets/sops/kms.ts";
import { type CreationRule, creationRule } from "../../secrets/sops/rules.ts";
import type { Io } from "../io.ts";
import { sopsKeys } from "../keys.ts";
import { requireKnown } from "../known.ts";
import type { CommonOptions } from "../options.ts";

export interface EncryptedTarget {
  /** Config root, absolute. */
  readonly folder: string;
  readonly repo: Repo;
  /** Undefined: a secret of `shared/`. */
  readonly app: App | undefined;
  readonly secret: SecretDefinition;
}

/** Asks for the value once and writes it for every environment (or region) chosen. All files are made before one is written. */
export async function setEncrypted(
  target: EncryptedTarget,
  ask: () => Promise<Sealed>,
  options: CommonOptions,
  io: Io,
): Promise<ExitCode> {
  requireKnown(target.repo, { envs: options.env ?? [], regions: options.region ?? [] });
  const layers = layersOf(target.repo, options);
  const paths = layers.map((layer) => encryptedPath(target.app, layer));
  const value = await ask();
  const texts = new Map<string, string>();
  for (const path of paths) texts.set(path, await textWith(target, path, value, io));
  for (const [path, text] of texts) {
    const full = join(target.folder, path);
    const same = existsSync(full) && readFileSync(full, "utf8") === text;
    if (!same) replaceFile(full, text, io.randomId());
    io.out(safeText(same ? `  ${path} holds this value already\n` : `  wrote ${path}\n`));
  }
  for (const path of ownValues(target, layers))
    io.out(safeText(`  ${path} has a value of its own, which is not changed: --region sets it\n`));
  io.out(safeText(`Commit ${[...texts.keys()].join(" and ")}: the value reaches the stores with the next apply\n`));
  return EXIT.ok;
}

/** `prod` for all of an environment, `prod.us-east-2` where regions are given. */
function layersOf({ config }: Repo, { env = [], region = [] }: CommonOptions): LayerName[] {
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

/** Files of regions whose own value wins over the one that was just set for their environment. */
function ownValues({ repo, app, secret }: EncryptedTarget, layers: readonly LayerName[]): string[] {
  return [...(app?.sops ?? repo.shared.sops)].flatMap(([layer, path]) => {
    const file = repo.sources.get(path);
    if (file === undefined || !layers.some((chosen) => layer.startsWith(`${chosen}.`))) return [];
    const read = readSopsFile(file);
    const holds = "sops" in read && read.sops.entries.some(({ name }) => name === entryName(secret.id));
    return holds ? [path] : [];
  });
}

/** Text of the file with the value set. Read from the disk and not from Git: that is where it is written. */
async function textWith({ folder, secret }: EncryptedTarget, path: string, value: Sealed, io: Io): Promise<string> {
  const full = join(folder, path);
  const text = existsSync(full) ? readFileSync(full, "utf8") : "";
  const fresh = text.trim() === "";
  const rule = fresh ? ruleFor(folder, full) : undefined;
  return setSopsValue({ path, text }, entryName(secret.id), value, {
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

/** In one step, so that no reader and no interruption ever sees half a file. */
function replaceFile(path: string, text: string, unique: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${unique}.tmp`;
  writeFileSync(draft, text, { flag: "wx" });
  renameSync(draft, path);
}
