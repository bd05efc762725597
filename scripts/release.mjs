/**
 * `node scripts/release.mjs OUT`: makes everything that a release publishes, and publishes nothing.
 *
 *   OUT/release.bundle   Git bundle of one commit: the source at HEAD plus dist/. The tag names it, so that GitHub runs
 *                        what was built and main stays free of it
 *   OUT/commit           its id
 *   OUT/trueup-V.tgz     the npm package: the same dist/, no dependencies, workflows of the template pinned to that commit
 *
 * The same source gives the same commit on any machine: date and author are those of the source commit.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = resolve(process.cwd());
const BUILD = fileURLToPath(new URL("build.mjs", import.meta.url));
const out = resolve(process.argv[2] ?? "release");
const run = (program, args, options = {}) =>
  execFileSync(program, args, { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], ...options }).trim();
const git = (args, env = {}) => run("git", args, { env: { ...process.env, ...env } });

if (git(["status", "--porcelain"]) !== "") throw new Error("there are changes that are not committed");
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const temporary = mkdtempSync(join(tmpdir(), "trueup-release-"));
try {
  run(process.execPath, [BUILD, "--types"]);
  const commit = commitWithBuild();
  mkdirSync(out, { recursive: true });
  git(["bundle", "create", join(out, "release.bundle"), "refs/trueup/release", "^HEAD"]);
  git(["update-ref", "-d", "refs/trueup/release"]);
  writeFileSync(join(out, "commit"), `${commit}\n`);
  process.stdout.write(`${commit}\n${join(out, packageOf(commit))}\n`);
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

/** HEAD's tree with dist/ added, as a child of HEAD. */
function commitWithBuild() {
  const index = { GIT_INDEX_FILE: join(temporary, "index") };
  git(["read-tree", "HEAD"], index);
  git(["add", "--force", "dist"], index);
  const [name, email, date] = git(["show", "--no-patch", "--format=%an%n%ae%n%aI", "HEAD"]).split("\n");
  const commit = git(["commit-tree", git(["write-tree"], index), "-p", "HEAD", "-m", `trueup ${manifest.version}`], {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
    GIT_COMMITTER_DATE: date,
  });
  git(["update-ref", "refs/trueup/release", commit]);
  return commit;
}

/** Packs that commit. Everything is bundled, so whoever installs the package gets it alone and runs no script. */
function packageOf(commit) {
  const folder = join(temporary, "package");
  mkdirSync(folder);
  const archive = execFileSync("git", ["archive", commit], { cwd: ROOT, maxBuffer: 2 ** 30 });
  execFileSync("tar", ["-x", "-C", folder], { input: archive });
  const { dependencies: _a, devDependencies: _b, scripts: _c, ...rest } = manifest;
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(rest, null, 2)}\n`);
  const workflows = join(folder, "config-repo-template/.github/workflows");
  for (const name of readdirSync(workflows)) {
    const text = readFileSync(join(workflows, name), "utf8");
    writeFileSync(
      join(workflows, name),
      text.replace(/(\/trueup\/actions\/\w+@).*/gu, `$1${commit} # v${manifest.version}`),
    );
  }
  const [{ filename }] = JSON.parse(
    run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", out], { cwd: folder }),
  );
  return filename;
}
