/** Reads CODEOWNERS for the doctor, and names the files that it should be about. */
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { OWNERS_BYTES, type OwnersFacts } from "../../doctor/owners/check.ts";
import type { Environment } from "../../model.ts";

/** GitHub uses the first of these (docs.github.com, About code owners, seen 2026-11). */
const PLACES = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];
/** Gitea and Forgejo read a file of the same name by other rules. */
const ELSEWHERE = [".gitea", ".forgejo"];

/**
 * `top` is the top folder of the repository, `prefix` the config root below it (`""` or `config/`), `sources` the files
 * that were read from there. Undefined where GitHub is not in play: neither workflows nor a file of owners.
 */
export function readOwners(
  top: string,
  prefix: string,
  sources: Iterable<string>,
  environments: readonly Environment[],
): OwnersFacts | undefined {
  const path = PLACES.find((each) => existsSync(join(top, each)));
  const github = filesBelow(top, ".github");
  if (path === undefined && !github.some((file) => file.startsWith(".github/workflows/"))) return undefined;
  if (ELSEWHERE.some((folder) => existsSync(join(top, folder)))) return undefined;
  const open = new Set(environments.filter((one) => !one.protected).map(({ name }) => name));
  const own = [...sources].map((file) => `${prefix}${file}`);
  return {
    path,
    text: path === undefined || statSync(join(top, path)).size > OWNERS_BYTES ? undefined : textOf(join(top, path)),
    files: [...new Set([...own, ...github, ...(path === undefined ? [] : [path])])].toSorted(),
    isMinor: (file) => own.includes(file) && open.has(/([^/.]+)[^/]*$/u.exec(file)?.[1] ?? ""),
  };
}

function filesBelow(top: string, folder: string): string[] {
  try {
    return readdirSync(join(top, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(top.length + 1)
          .replaceAll("\\", "/"),
      );
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
