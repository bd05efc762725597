/** Where age keys are found: the same places as `sops` looks in (3.13, `age/keysource.go`). */
import { spawn } from "node:child_process";
import { Failure } from "../../failure.ts";

type Environment = Readonly<Record<string, string | undefined>>;
type ReadFile = (path: string) => Promise<string>;

/**
 * All age identities (`AGE-SECRET-KEY-…`) of SOPS_AGE_KEY, SOPS_AGE_KEY_FILE, SOPS_AGE_KEY_CMD and the default file of
 * the user, in this order. `readFile` rejects with code ENOENT where there is no file. Lines that are other keys are
 * passed on: who uses them counts what it cannot use. Throws MISSING if a file or command that is asked for by name
 * does not work, DENIED if a key file has a passphrase.
 */
export async function ageIdentities(
  env: Environment,
  readFile: ReadFile,
  platform = process.platform,
): Promise<string[]> {
  const { SOPS_AGE_KEY: direct, SOPS_AGE_KEY_FILE: file, SOPS_AGE_KEY_CMD: command } = env;
  const found = direct === undefined ? [] : identitiesIn(direct, "SOPS_AGE_KEY");
  if (file !== undefined && file !== "") found.push(...identitiesIn(await mustRead(file, readFile), file));
  if (command !== undefined && command.trim() !== "")
    found.push(...identitiesIn(await outputOf(command, env), "SOPS_AGE_KEY_CMD"));
  const usual = defaultFile(env, platform);
  if (usual !== undefined) found.push(...identitiesIn((await readIfThere(usual, readFile)) ?? "", usual));
  return [...new Set(found)];
}

function identitiesIn(text: string, where: string): string[] {
  if (/^(?:-----BEGIN AGE ENCRYPTED FILE-----|age-encryption\.org\/)/u.test(text.trimStart()))
    throw new Failure("DENIED", `The age key of ${where} is protected by a passphrase; trueup cannot ask for it.`, {
      fix: "give a key without a passphrase in SOPS_AGE_KEY, or a command that prints it in SOPS_AGE_KEY_CMD",
    });
  const lines = text.split(/\r?\n/u).filter((line) => !line.trimStart().startsWith("#"));
  return lines.flatMap((line) => line.split(/\s+/u)).filter((word) => word.startsWith("AGE-"));
}

/** `sops/age/keys.txt` in the folder where the system keeps settings of users. */
function defaultFile(env: Environment, platform: NodeJS.Platform): string | undefined {
  const home = env.HOME === undefined || env.HOME === "" ? undefined : env.HOME;
  const windows = platform === "win32";
  const usual = windows
    ? env.APPDATA
    : home && (platform === "darwin" ? `${home}/Library/Application Support` : `${home}/.config`);
  const folder = (windows ? undefined : env.XDG_CONFIG_HOME) || usual;
  return folder === undefined || folder === "" ? undefined : `${folder}/sops/age/keys.txt`;
}

async function readIfThere(path: string, readFile: ReadFile): Promise<string | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw unreadable(path, error);
  }
}

async function mustRead(path: string, readFile: ReadFile): Promise<string> {
  const text = await readIfThere(path, readFile);
  if (text !== undefined) return text;
  throw new Failure("MISSING", `There is no file ${path}, which SOPS_AGE_KEY_FILE names.`, {
    fix: "correct SOPS_AGE_KEY_FILE, or unset it",
  });
}

function unreadable(path: string, error: unknown): Failure {
  const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
  return new Failure("MISSING", `The age key file ${path} cannot be read (${code}).`, { fix: "check its permissions" });
}

/** Output of a command line, started without a shell. What it printed is a key, so no failure quotes it. */
async function outputOf(command: string, env: Environment): Promise<string> {
  const [program, ...args] = splitWords(command);
  if (program === undefined) throw failed("a quote is not closed");
  return await new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...env }, stdio: ["ignore", "pipe", "ignore"], windowsHide: true });
    const out: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.on("error", (error: NodeJS.ErrnoException) => reject(failed(`it did not start (${error.code ?? "error"})`)));
    child.on("close", (code) => {
      if (code === 0) resolve(Buffer.concat(out).toString("utf8"));
      else reject(failed(`it ended with ${code ?? "a signal"}`));
    });
  });
}

function failed(why: string): Failure {
  return new Failure("MISSING", `The command in SOPS_AGE_KEY_CMD gave no age key: ${why}.`, {
    fix: "run it by hand; it has to print an AGE-SECRET-KEY-… and end with 0. No shell is involved",
  });
}

/** Words of a command line: spaces separate, quotes and backslashes keep together. Empty if a quote is not closed. */
export function splitWords(line: string): string[] {
  const words = line.match(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/gsu) ?? [];
  const unclosed = line.replace(/\\.|"(?:[^"\\]|\\.)*"|'[^']*'/gsu, "");
  if (/["']/u.test(unclosed)) return [];
  return words.map((word) =>
    word.replace(
      /\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'/gsu,
      (_, escaped?: string, double?: string, single?: string) =>
        escaped ?? single ?? (double ?? "").replace(/\\(["\\$`])/gu, "$1"),
    ),
  );
}
