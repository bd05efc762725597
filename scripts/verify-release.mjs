/**
 * `node scripts/verify-release.mjs REF`: builds the source of a release again and compares it, byte by byte, with the
 * dist/ that REF holds. Ends with 1 and names the files if they differ. Uses the node_modules of the working copy.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";

const ROOT = resolve(process.cwd());
const ref = process.argv[2] ?? "HEAD";
const git = (...args) => execFileSync("git", args, { cwd: ROOT, maxBuffer: 2 ** 30 });
const folder = mkdtempSync(join(tmpdir(), "trueup-verify-"));
try {
  git("worktree", "add", "--quiet", "--detach", folder, `${ref}^`);
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  execFileSync(process.execPath, ["scripts/build.mjs", "--types"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const built = new Map(
    filesIn(join(folder, "dist")).map((path) => [`dist/${path}`, readFileSync(join(folder, "dist", path))]),
  );
  const released = git("ls-tree", "-r", "-z", "--name-only", ref, "dist").toString("utf8").split("\0").filter(Boolean);
  const paths = [...new Set([...built.keys(), ...released])];
  const differing = paths.filter((path) => {
    const bytes = built.get(path);
    return bytes === undefined || !released.includes(path) || !bytes.equals(git("show", `${ref}:${path}`));
  });
  for (const path of differing) process.stdout.write(`${path} is not what the source builds to\n`);
  if (differing.length === 0) process.stdout.write(`${released.length} files of dist/ are what the source builds to\n`);
  process.exitCode = differing.length === 0 && released.length > 0 ? 0 : 1;
} finally {
  git("worktree", "remove", "--force", folder);
  rmSync(folder, { recursive: true, force: true });
}

function filesIn(top) {
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(top, join(entry.parentPath, entry.name)));
}
