/** Secrets held by `sops`: which file of the repo has which one, as far as that can be known without a key. */
import { formatPath } from "../address.ts";
import type { App, LayerName, Place, Repo, SecretDefinition, SecretId, SourceFile } from "../model.ts";
import type { Problem } from "../problem.ts";
import { type SopsEntry, readSopsFile } from "./sops/file.ts";

/** One encrypted value. */
export interface EncryptedValue {
  readonly file: SourceFile;
  /** Its name inside the file. */
  readonly name: string;
  /** Of the ciphertext. */
  readonly digest: string;
  /** When the file was changed last: RFC 3339, as it stands in the file. */
  readonly changed: string;
}

export interface EncryptedSecrets {
  /** The value that counts in a place: the region's file wins over the environment's, name by name. */
  readonly find: (app: App, place: Place, id: SecretId) => EncryptedValue | undefined;
  /** True if a file that may hold the value cannot be used, so that nobody can say whether it is missing. */
  readonly unsure: (app: App, place: Place, id: SecretId) => boolean;
  readonly problems: readonly Problem[];
}

interface Home {
  readonly prefix: "" | typeof SHARED;
  readonly files: ReadonlyMap<LayerName, string>;
  readonly secrets: ReadonlyMap<SecretId, SecretDefinition>;
}
type Entries = ReadonlyMap<string, EncryptedValue>;

const SHARED = "shared.";

/** Reads every encrypted file of the repo once. Nothing is decrypted. */
export function readEncrypted(repo: Repo): EncryptedSecrets {
  const problems: Problem[] = [];
  const files = new Map<string, Entries>();
  const homes: Home[] = [
    { prefix: SHARED, files: repo.shared.sops, secrets: repo.shared.secrets },
    ...repo.apps.map((app): Home => ({ prefix: "", files: app.sops, secrets: app.secrets })),
  ];
  for (const home of homes) {
    for (const path of home.files.values()) {
      const entries = readOne(repo.sources.get(path), home, problems);
      if (entries !== undefined) files.set(path, entries);
    }
  }
  const pathsOf = (app: App, place: Place, id: SecretId): readonly string[] => {
    const home = id.startsWith(SHARED) ? repo.shared.sops : app.sops;
    return [...new Set([place.id, place.env])].flatMap((layer) => home.get(layer) ?? []);
  };
  return {
    find: (app, place, id) => {
      const name = entryName(id);
      for (const path of pathsOf(app, place, id)) {
        const entry = files.get(path)?.get(name);
        if (entry !== undefined) return entry;
      }
      return undefined;
    },
    unsure: (app, place, id) => pathsOf(app, place, id).some((path) => !files.has(path)),
    problems,
  };
}

/** Name of a secret inside an encrypted file: files of `shared/` leave out `shared.`. */
export function entryName(id: SecretId): string {
  return formatPath([id.startsWith(SHARED) ? id.slice(SHARED.length) : id]);
}

/** Path of the encrypted file of an app, or of `shared/`, for one layer. */
export function encryptedPath(app: App | undefined, layer: LayerName): string {
  return `${app?.folder ?? "shared"}/${layer}.sops.yaml`;
}

function readOne(file: SourceFile | undefined, home: Home, problems: Problem[]): Entries | undefined {
  if (file === undefined) return undefined;
  const read = readSopsFile(file);
  if ("problems" in read) {
    problems.push(...read.problems);
    return undefined;
  }
  const definitions = new Map([...home.secrets.values()].map((secret) => [entryName(secret.id), secret]));
  const entries = new Map<string, EncryptedValue>();
  for (const entry of read.sops.entries) {
    const problem = problemOf(entry, definitions.get(entry.name), file);
    if (problem !== undefined) problems.push(problem);
    const { name, digest } = entry;
    entries.set(name, { file, name, digest, changed: read.sops.lastModified });
  }
  return entries;
}

function problemOf(entry: SopsEntry, secret: SecretDefinition | undefined, file: SourceFile): Problem | undefined {
  const at = { file: file.path, path: entry.path, part: "key" as const };
  if (secret?.holder !== "sops") {
    const why = secret === undefined ? "secrets.yaml does not define it" : `secrets.yaml says from: ${secret.holder}`;
    const fix = secret === undefined ? `define ${entry.name} with from: sops, or drop it` : "from: sops, or drop it";
    return {
      code: "TU4004",
      severity: "warning",
      message: `nothing uses ${entry.name} of ${file.path}: ${why}`,
      at,
      fix,
      masked: true,
    };
  }
  if (entry.encrypted) return undefined;
  return {
    code: "TU4006",
    severity: "error",
    message: `the secret ${entry.name} is not encrypted in ${file.path}`,
    at,
    fix: "it may be empty, or the file's own rule leaves it readable: change it where it is used, then set it again",
    masked: true,
  };
}
