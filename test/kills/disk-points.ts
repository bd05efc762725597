/**
 * Loaded before the child (`node --import`): counts what it does to the file system and kills it at one of those points.
 * Nothing in trueup knows of it: the functions of `node:fs/promises` are replaced from outside.
 *
 *   KILL_BELOW   only paths below this folder count; the name of a point says what of the store it touches
 *   KILL_AT      number of the point, from 1; 0: none. Names are printed in any case
 *   KILL_HOW     `before` it, `after` it, or in the `middle`: half the bytes, one of several folders, part of a tree
 */
import * as sync from "node:fs";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { dirname, join } from "node:path";

const { KILL_BELOW: below = "/nowhere", KILL_AT: at = "0", KILL_HOW: how = "before" } = process.env;
let count = 0;

/** What a path is to a directory store. Parts of names that differ from run to run are left out. */
function role(path: string): string {
  const rest = path
    .slice(below.length + 1)
    .replaceAll(/-[0-9a-f]{12}/gu, "")
    .replaceAll(/\d{6,}/gu, "N");
  if (!rest.includes(".generations")) return rest.includes("/") ? "live file" : "live";
  const inside = rest.slice(rest.indexOf(".generations") + ".generations".length);
  if (inside.startsWith("/tmp-next/")) {
    if (inside.endsWith("/head")) return "staged head";
    if (inside.includes("/units/")) return "staged ledger";
    return "staged key";
  }
  return inside === "" ? "generations" : inside.slice(1);
}

type Work = (...args: never[]) => Promise<unknown>;

async function point<R>(name: string, work: () => Promise<R>, middle?: () => void): Promise<R> {
  const isHere = ++count === Number(at);
  sync.writeSync(1, `point:${name}\n`);
  if (isHere && how === "before") process.kill(process.pid, "SIGKILL");
  if (isHere && how === "middle") {
    (middle ?? (() => undefined))();
    process.kill(process.pid, "SIGKILL");
  }
  const result = await work();
  if (isHere) process.kill(process.pid, "SIGKILL");
  return result;
}

const isInside = (path: unknown): path is string => typeof path === "string" && path.startsWith(`${below}/`);
const table = fs as unknown as Record<string, Work>;

/** Replaces a function whose argument number `which` is the path that counts. */
function watch(name: string, which: number, middle?: (path: string) => void): void {
  const real = table[name] as Work;
  table[name] = (...args: never[]) => {
    const path: unknown = args[which];
    if (!isInside(path)) return real(...args);
    const from = which === 1 && name === "rename" ? `${role(String(args[0]))} to ` : "";
    return point(`${name} ${from}${role(path)}`, () => real(...args), middle && (() => middle(path)));
  };
}

watch("link", 1);
watch("symlink", 1);
watch("rename", 1);
watch("unlink", 0);
watch("rmdir", 0);
watch("chmod", 0);
watch("mkdir", 0, (path) => {
  if (!sync.existsSync(dirname(path))) sync.mkdirSync(dirname(path), { recursive: true });
});
watch("rm", 0, (path) => {
  // Whatever comes first in the tree goes; the rest stays.
  const [first] = sync.existsSync(path) && sync.statSync(path).isDirectory() ? sync.readdirSync(path) : [];
  if (first !== undefined) sync.rmSync(join(path, first), { recursive: true });
});

const opened = new WeakMap<object, string>();
const open = fs.open;
fs.open = async (path, flags, mode) => {
  if (!isInside(path)) return open(path, flags, mode);
  const isNew = flags === "wx";
  const handle = await (isNew ? point(`create ${role(path)}`, () => open(path, flags, mode)) : open(path, flags, mode));
  opened.set(handle, path);
  return handle;
};

const probe = await open(process.execPath);
const methods = Object.getPrototypeOf(probe) as Record<
  string,
  (this: fs.FileHandle, ...args: never[]) => Promise<unknown>
>;
await probe.close();
for (const name of ["writeFile", "chmod", "utimes", "sync"]) {
  const real = methods[name] as (this: fs.FileHandle, ...args: never[]) => Promise<unknown>;
  methods[name] = function (...args) {
    const path = opened.get(this);
    if (path === undefined) return real.apply(this, args);
    const half = (): void => {
      const bytes = args[0] as unknown as Uint8Array;
      sync.writeSync(this.fd, bytes, 0, Math.floor(bytes.length / 2));
    };
    const verb = name === "chmod" || name === "utimes" ? `${name} open` : name;
    return point(`${verb} ${role(path)}`, () => real.apply(this, args), name === "writeFile" ? half : undefined);
  };
}
syncBuiltinESMExports();
