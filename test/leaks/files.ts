/** What is on the disk. */
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";

/** Files, not links, with forward slashes; none for a folder that is not there. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const real = realpathSync(folder);
  return readdirSync(real, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(real.length + 1));
}
