/**
 * After `npm install`: drops from package-lock.json the optional packages for other platforms that the registry in use
 * did not offer. Without that, `npm ci` refuses the lock file as out of step. Only development tools are concerned.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const file = join(import.meta.dirname, "../package-lock.json");
const lock = JSON.parse(readFileSync(file, "utf8"));
const there = new Set(Object.keys(lock.packages).map((path) => path.slice(path.lastIndexOf("node_modules/") + 13)));
for (const [path, entry] of Object.entries(lock.packages)) {
  if (path === "" || entry.optionalDependencies === undefined) continue;
  const kept = Object.entries(entry.optionalDependencies).filter(([name]) => there.has(name));
  if (kept.length > 0) entry.optionalDependencies = Object.fromEntries(kept);
  else delete entry.optionalDependencies;
}
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
