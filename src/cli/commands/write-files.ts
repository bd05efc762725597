/** Writing new files: what is there already is never touched. */
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { Failure } from "../../failure.ts";

export interface Written {
  /** Relative to the folder, in the order given. */
  readonly created: readonly string[];
  /** Were there before, and are as they were. */
  readonly kept: readonly string[];
}

/** Writes files that do not exist yet. Throws `DENIED` or `MISSING` if a file cannot be written. */
export function writeFiles(folder: string, files: ReadonlyMap<string, string>): Written {
  const created: string[] = [];
  const kept: string[] = [];
  for (const [path, text] of files) (writeNew(folder, path, text) ? created : kept).push(path);
  return { created, kept };
}

/** False if something of this name exists, be it a link that leads nowhere. */
function writeNew(folder: string, path: string, text: string): boolean {
  try {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text, { flag: "wx" });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" || code === "EISDIR") return false;
    const denied = code === "EACCES" || code === "EPERM" || code === "EROFS";
    throw new Failure(denied ? "DENIED" : "MISSING", `${path} cannot be written (${code ?? "unknown reason"}).`, {
      fix: denied ? "check the permissions of the folder" : "check that each part of the path is a folder",
      cause: error,
    });
  }
}

/** One line: `created  apps/hello/{base,prod}.yaml   note`. */
export function fileRow(word: string, paths: readonly string[], note: string): string {
  return `  ${word.padEnd(8)} ${braced(paths).padEnd(36)} ${note}`.trimEnd();
}

/** `apps/hello/{base,prod}.yaml` where files share folder and extension, else the paths with commas. */
function braced(paths: readonly string[]): string {
  const [first = ""] = paths;
  const [folder, end] = [`${dirname(first)}/`, extname(first)];
  const same = (path: string): boolean => dirname(path) === dirname(first) && extname(path) === end;
  if (paths.length < 2 || end === "" || !paths.every(same)) return paths.join(", ");
  return `${folder}{${paths.map((path) => basename(path, end)).join(",")}}${end}`;
}
