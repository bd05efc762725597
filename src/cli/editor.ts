/** The user's editor on a private file that is gone afterwards, whatever happens. */
import { spawn } from "node:child_process";
import {
  closeSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure } from "../failure.ts";
import { splitWords } from "../secrets/sops/identities.ts";
import type { Io } from "./io.ts";

export interface PrivateFile {
  /** Lets the user edit the file as it is now. Throws if the editor cannot be started, fails, or is stopped. */
  edit(): Promise<string>;
  /** Overwrites and removes the file, with whatever the editor left beside it. */
  dispose(): void;
}

/**
 * A file that only the user can read (0600 in a folder of 0700), in memory (tmpfs) where there is such a place. It is
 * also removed when the process ends by itself, is interrupted or loses its terminal; only SIGKILL leaves it.
 */
export function privateFile(name: string, text: string, io: Pick<Io, "env" | "signal" | "ask">): PrivateFile {
  const command = editorCommand(io);
  const folder = privateFolder(io.env);
  const path = join(folder, name);
  const running = new AbortController();
  const dispose = (): void => {
    running.abort();
    process.removeListener("exit", dispose);
    process.removeListener("SIGHUP", hangUp);
    shred(folder);
  };
  process.on("exit", dispose);
  process.on("SIGHUP", hangUp);
  try {
    writeFileSync(path, text, { flag: "wx", mode: 0o600 });
  } catch (error) {
    dispose();
    throw error;
  }
  const edit = async (): Promise<string> => {
    await runEditor(command, path, io.env, AbortSignal.any([io.signal, running.signal]));
    try {
      return readFileSync(path, "utf8");
    } catch {
      throw new Failure("MISSING", "the editor removed the file", { fix: "nothing was changed" });
    }
  };
  return { edit, dispose };
}

/** The terminal is gone. What is to be done at the end is done by listeners of `exit`. */
function hangUp(): never {
  process.exit(129);
}

/** `$XDG_RUNTIME_DIR` and `/dev/shm` are in memory on Linux; elsewhere the user's temporary folder has to do. */
function privateFolder(env: Io["env"]): string {
  const places = [env.XDG_RUNTIME_DIR ?? "", process.platform === "linux" ? "/dev/shm" : "", tmpdir()];
  for (const place of places.filter((one) => one !== "")) {
    try {
      return mkdtempSync(join(place, "trueup-"));
    } catch {
      // The next place.
    }
  }
  throw new Failure("MISSING", "there is no folder for a private temporary file", { fix: "set TMPDIR to one" });
}

interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/** VISUAL, then EDITOR, then what the system has. Started without a shell unless the variable itself is a shell's. */
function editorCommand({ env, ask }: Pick<Io, "env" | "ask">): Command {
  const given = [env.VISUAL, env.EDITOR].find((one) => one !== undefined && one.trim() !== "");
  if (given === undefined && ask === undefined)
    throw new Failure("USAGE", "nobody can edit here: there is no terminal, and no EDITOR is set", {
      fix: "trueup secrets set takes a value from a pipe",
    });
  const windows = process.platform === "win32";
  const line = given ?? (windows ? "notepad" : "vi");
  // The file's name is an argument of the shell, never part of what it reads (as in Git: `sh -c '<editor> "$@"'`).
  if (!windows && /[|&;<>()$`*?[\]#~=%{}]/u.test(line)) return { program: "sh", args: ["-c", `${line} "$@"`, line] };
  const [program, ...args] = windows ? [line] : splitWords(line);
  if (program !== undefined) return { program, args };
  throw new Failure("USAGE", "EDITOR cannot be understood: a quote is not closed", { fix: "correct EDITOR or VISUAL" });
}

async function runEditor({ program, args }: Command, path: string, env: Io["env"], signal: AbortSignal): Promise<void> {
  const child = spawn(program, [...args, path], { stdio: "inherit", env: { ...env }, windowsHide: true });
  const stop = (): void => void child.kill("SIGTERM");
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    const end = await new Promise<number | null>((resolve, reject) => {
      child.on("error", (error: NodeJS.ErrnoException) =>
        reject(
          new Failure("MISSING", `the editor could not be started (${error.code ?? "unknown"})`, {
            fix: "set EDITOR or VISUAL to an editor that waits until the file is closed",
          }),
        ),
      );
      child.on("close", resolve);
    });
    if (signal.aborted) throw new Failure("INTERRUPTED", "stopped; nothing was changed");
    if (end !== 0)
      throw new Failure("USAGE", `the editor ended with ${end ?? "a signal"}`, { fix: "nothing was changed" });
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Zeros over every file before it goes: best effort, file systems may keep old blocks. */
function shred(folder: string): void {
  try {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) overwrite(join(entry.parentPath, entry.name));
    }
  } catch {
    // What cannot be overwritten is removed all the same.
  }
  rmSync(folder, { recursive: true, force: true });
}

function overwrite(path: string): void {
  const file = openSync(path, "r+");
  try {
    writeSync(file, Buffer.alloc(statSync(path).size));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
