/**
 * One commit at a time. The lock is a symbolic link that leads nowhere: creating it is exclusive on every file system,
 * and its text (who holds it) is there in the same instant, so a crash cannot leave a lock without an owner.
 */
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout } from "node:timers/promises";
import { codeOf, type Disk } from "./disk.ts";
import { interrupted, locked } from "./failures.ts";
import { temporaryPath, type Places } from "./generations.ts";

export interface Lock {
  /** False after somebody took it for abandoned, or removed it. */
  held(): Promise<boolean>;
  release(): Promise<void>;
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Boot and moment the process started, where the system tells: a process id is used again. */
  readonly started: string;
  readonly token: string;
  readonly since: string;
}

const POLL_MS = 20;

/** Waits at most `waitMs` for the lock. Locks of processes that are gone from this machine are taken over. */
export async function takeLock(
  disk: Disk,
  places: Places,
  token: string,
  options: { readonly waitMs: number; readonly signal: AbortSignal | undefined },
): Promise<Lock> {
  const text = JSON.stringify(await myself(token));
  const deadline = performance.now() + options.waitMs;
  while (true) {
    if (options.signal?.aborted === true) throw interrupted(places.live, "Nothing was written.");
    if (await create(disk, places.lock, text)) return lockOf(disk, places.lock, text);
    const holder = await disk.readLink(places.lock).catch(() => "");
    if (holder === undefined) continue;
    if (await isAbandoned(holder)) await takeAway(disk, places, holder, token);
    else if (performance.now() >= deadline) throw locked(places.lock, describeHolder(holder));
    else await setTimeout(POLL_MS);
  }
}

function lockOf(disk: Disk, path: string, text: string): Lock {
  const held = async (): Promise<boolean> => (await disk.readLink(path).catch(() => "")) === text;
  return {
    held,
    release: async () => {
      if (await held()) await disk.remove(path);
    },
  };
}

async function create(disk: Disk, path: string, text: string): Promise<boolean> {
  try {
    await disk.symlink(text, path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Renames before it deletes: of two that find one abandoned lock, only one can move it away. */
async function takeAway(disk: Disk, places: Places, seen: string, token: string): Promise<void> {
  const away = temporaryPath(places, token, "lock");
  try {
    await disk.rename(places.lock, away);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  const moved = await disk.readLink(away);
  await disk.removeTree(away);
  // Somebody else was faster, and this is their lock: give it back. If a third one has it by now, its owner notices
  // before it switches (`held`).
  if (moved !== undefined && moved !== seen) await create(disk, places.lock, moved);
}

async function isAbandoned(text: string): Promise<boolean> {
  const holder = parse(text);
  if (holder === undefined || holder.host !== hostname()) return false;
  if (!isAlive(holder.pid)) return true;
  const started = await startOf(holder.pid);
  return holder.started !== "" && started !== "" && started !== holder.started;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== "ESRCH";
  }
}

async function myself(token: string): Promise<Holder> {
  const started = await startOf(process.pid);
  return { pid: process.pid, host: hostname(), started, token, since: new Date().toISOString() };
}

/** Boot id and start time in clock ticks (proc(5): field 22 of stat); empty where there is no /proc. */
async function startOf(pid: number): Promise<string> {
  try {
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in parentheses, which may hold anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return [boot.trim(), ...fields.slice(19, 20)].join(".");
  } catch {
    return "";
  }
}

function parse(text: string): Holder | undefined {
  try {
    const raw = JSON.parse(text) as Partial<Holder> | null;
    const valid = Number.isSafeInteger(raw?.pid) && Number(raw?.pid) > 0 && typeof raw?.host === "string";
    return valid ? ({ started: "", token: "", since: "", ...raw } as Holder) : undefined;
  } catch {
    return undefined;
  }
}

function describeHolder(text: string): string {
  const holder = parse(text);
  return holder === undefined
    ? "it does not say who"
    : `process ${holder.pid} on ${holder.host}, since ${holder.since}`;
}
