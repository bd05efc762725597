/**
 * Loads a CommonJS file with the bytecode that an earlier run left behind: compiling our code anew takes longer than all
 * that `validate` does. Node's own compile cache is there from 22 on only, and keeps less of a CommonJS file: functions
 * that were compiled when first called are not in it. V8 itself refuses bytecode of another version, other flags or
 * another source, and a file that cannot be read or written is done without.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join } from "node:path";
import { Script } from "node:vm";

/** `keep` leaves the bytecode of all functions called so far for the next run, if there is none yet. */
interface Loaded {
  readonly exports: unknown;
  readonly keep: () => void;
}

/** Days after which bytecode that nobody renewed goes: what an older version of us left. */
const KEPT_FOR_DAYS = 30;

/**
 * `kept`: the file for the bytecode, undefined to do without; `build`: what it must have been made of. (V8 compares no
 * more of the source than its length.)
 */
export function loadCompiled(file: string, build: string, kept: string | undefined): Loaded {
  const cachedData = kept === undefined ? undefined : read(kept, build);
  const script = new Script(`(function (require, module, __dirname, importFor) {${readFileSync(file, "latin1")}\n})`, {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  const module = { exports: {} };
  script.runInThisContext()(createRequire(file), module, dirname(file), importFor);
  const isGood = cachedData !== undefined && script.cachedDataRejected !== true;
  return {
    exports: module.exports,
    keep: () => (kept === undefined || isGood ? undefined : write(kept, build, script.createCachedData())),
  };
}

/** Node 20 knows no `import()` in what comes from bytecode; from here it is one beside this file. */
function importFor(name: string): Promise<unknown> {
  return import(name);
}

/** Where a user's programs keep what can be made again; undefined where there is no such place, or nothing is wanted. */
export function bytecodeFolder(env: NodeJS.ProcessEnv): string | undefined {
  if (env["NODE_DISABLE_COMPILE_CACHE"] === "1") return undefined;
  const { XDG_CACHE_HOME: cache, LOCALAPPDATA: local, HOME: home } = env;
  const isHome = home !== undefined && existsSync(home);
  const folder = cache ?? local ?? (isHome ? join(home, ".cache") : undefined);
  return folder === undefined || !isAbsolute(folder) ? undefined : join(folder, "trueup", "bytecode");
}

function read(file: string, build: string): Buffer | undefined {
  try {
    const bytes = readFileSync(file);
    return bytes.toString("latin1", 0, build.length) === build ? bytes.subarray(build.length) : undefined;
  } catch {
    return undefined;
  }
}

function write(file: string, build: string, bytecode: Buffer): void {
  const folder = dirname(file);
  const half = `${file}.${process.pid}`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const oldest = Date.now() - KEPT_FOR_DAYS * 86_400_000;
    for (const name of readdirSync(folder))
      if (statSync(join(folder, name)).mtimeMs < oldest) rmSync(join(folder, name), { force: true });
    writeFileSync(half, Buffer.concat([Buffer.from(build, "latin1"), bytecode]), { mode: 0o600 });
    renameSync(half, file);
  } catch {
    // A home that cannot be written to: every run compiles for itself. A half goes with what is old.
  }
}
