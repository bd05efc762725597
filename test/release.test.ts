/** What a release would publish, made from the last commit in a clone of this repository. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "trueup-release-test-"));
const [clone, out, unpacked] = ["clone", "out", "unpacked"].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];
const git = (...args: string[]): string => execFileSync("git", ["-C", clone, ...args], { encoding: "utf8" }).trim();
const verify = (ref: string) =>
  spawnSync(process.execPath, ["scripts/verify-release.mjs", ref], { cwd: clone, encoding: "utf8" });

beforeAll(() => {
  execFileSync("git", ["clone", "--quiet", ROOT, clone]);
  git("config", "user.name", "Test");
  git("config", "user.email", "test@example.com");
  symlinkSync(join(ROOT, "node_modules"), join(clone, "node_modules"));
  execFileSync(process.execPath, ["scripts/release.mjs", out], { cwd: clone, stdio: ["ignore", "ignore", "pipe"] });
  git("fetch", "--quiet", join(out, "release.bundle"), "refs/trueup/release:refs/tags/released");
  const tarball = readdirSync(out).find((name) => name.endsWith(".tgz")) ?? "";
  execFileSync("mkdir", [unpacked]);
  execFileSync("tar", ["-xzf", join(out, tarball), "-C", unpacked]);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function published(): readonly string[] {
  return readdirSync(join(unpacked, "package"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(unpacked, "package").length + 1));
}

interface Workflow {
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly "runs-on": string;
        readonly steps: readonly { readonly uses?: string; readonly run?: string; readonly with?: unknown }[];
      }
    >
  >;
}

/** The commands of a section, without their dollar signs. */
function documented(path: string, heading: string): readonly string[] {
  const text = readFileSync(join(clone, path), "utf8");
  const [section = ""] = text.slice(text.indexOf(`${heading}\n`) + heading.length).split(/\n## /u);
  return [...section.matchAll(/^\$ (.+)$/gmu)].map(([, command = ""]) => command);
}

describe.skipIf(!existsSync(join(ROOT, ".git")))("a release", () => {
  it("is the source with its build on top, and main stays without it", () => {
    expect(git("rev-parse", "released^")).toBe(git("rev-parse", "HEAD"));
    const added = git("diff", "--name-only", "HEAD", "released").split("\n");
    expect(added).toContain("dist/cli.cjs");
    expect(added.filter((path) => !path.startsWith("dist/"))).toEqual([]);
    expect(readFileSync(join(out, "commit"), "utf8").trim()).toBe(git("rev-parse", "released"));
  });

  it("can be verified by building the source again (SUP-04)", () => {
    const { status, stdout } = verify("released");
    expect(stdout).toMatch(/^\d+ files of dist\/ are what the source builds to$/mu);
    expect(status).toBe(0);
  }, 60_000);

  it("that somebody changed by a byte, or added a file to, is found out", () => {
    git("checkout", "--quiet", "--detach", "released");
    writeFileSync(join(clone, "dist/cli.cjs"), `${readFileSync(join(clone, "dist/cli.cjs"), "utf8")} `);
    writeFileSync(join(clone, "dist/more.js"), "\n");
    git("add", "--force", "dist");
    git("commit", "--quiet", "--amend", "--message", "forged");
    const { status, stdout } = verify("HEAD");
    expect(stdout).toBe(
      "dist/cli.cjs is not what the source builds to\ndist/more.js is not what the source builds to\n",
    );
    expect(status).toBe(1);
  }, 60_000);

  it("publishes that very build, and nothing that is not meant for users (SUP-01, SUP-03)", () => {
    const files = published();
    const foreign = files.filter(
      (path) => !/^(?:package\.json|README\.md|LICENSE|(?:dist|schemas|config-repo-template)\/.+)$/u.test(path),
    );
    expect(foreign).toEqual([]);
    expect(files.filter((path) => /\.map$|\.npmrc|\.test\.|\.env/u.test(path))).toEqual([]);
    const built = files.filter((path) => path.startsWith("dist/"));
    expect(built.length).toBe(git("ls-tree", "-r", "--name-only", "released", "dist").split("\n").length);
    for (const path of built) {
      const bytes = execFileSync("git", ["-C", clone, "show", `released:${path}`], { maxBuffer: 2 ** 28 });
      expect(readFileSync(join(unpacked, "package", path)).equals(bytes), path).toBe(true);
      expect(bytes.includes(clone) || bytes.includes(ROOT), `${path} names a folder of this machine`).toBe(false);
    }
  });

  it("installs nothing else and runs no script at whoever installs it (SUP-02)", () => {
    const manifest = JSON.parse(readFileSync(join(unpacked, "package/package.json"), "utf8")) as Record<
      string,
      unknown
    >;
    expect(Object.keys(manifest)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/dependencies$/iu) as string]),
    );
    expect(manifest).not.toHaveProperty("scripts");
    expect(manifest).toMatchObject({ name: "trueup", bin: { trueup: "./dist/cli.cjs" } });
    const { status, stdout } = spawnSync(process.execPath, [join(unpacked, "package/dist/cli.cjs"), "--version"], {
      encoding: "utf8",
    });
    expect([status, stdout]).toEqual([0, `${manifest["version"] as string}\n`]);
  });

  it("is verified as the documents say (SUP-09)", () => {
    const { version } = JSON.parse(readFileSync(join(clone, "package.json"), "utf8")) as { version: string };
    const commands = documented("docs/actions.md", "## Verifying a release");
    // What is about this clone runs here; only the packages are known to be there already.
    git("reset", "--quiet", "--hard");
    git("tag", `v${version}`, "released");
    const local = commands.filter((command) => /^(?:git|node) /u.test(command));
    expect(local).toHaveLength(3);
    const said = local.map((command) => {
      const [program = "", ...args] = command.split(" ");
      const { status, stdout } = spawnSync(program === "node" ? process.execPath : program, args, {
        cwd: clone,
        encoding: "utf8",
      });
      expect([command, status]).toEqual([command, 0]);
      return stdout;
    });
    expect(said.join("")).toMatch(/^\d+ files of dist\/ are what the source builds to\n[0-9a-f]{40}\n$/u);
    expect(said.join("")).toContain(git("rev-parse", "released"));
    git("tag", "--delete", `v${version}`);
    // What only the world can answer is asked about what the workflow really makes.
    const tarball = readdirSync(out).find((name) => name.endsWith(".tgz")) ?? "";
    const attested = commands.find((command) => command.startsWith("gh attestation verify ")) ?? "";
    expect(attested).toBe(
      `gh attestation verify ${tarball} --repo example/trueup --signer-workflow example/trueup/.github/workflows/release.yml --source-ref refs/heads/main --deny-self-hosted-runners`,
    );
    expect(commands).toContain(`npm pack trueup@${version}`);
    expect(commands).toContain("npm audit signatures");
    const workflow = load(readFileSync(join(clone, ".github/workflows/release.yml"), "utf8")) as Workflow;
    const { build, publish } = workflow.jobs;
    expect(build).toMatchObject({
      if: "github.ref == 'refs/heads/main'",
      permissions: { "id-token": "write", attestations: "write" },
    });
    expect(build?.["runs-on"]).toMatch(/^ubuntu-[\d.]+$/u);
    const signing = build?.steps.find(({ uses }) => uses?.startsWith("actions/attest-build-provenance@"));
    expect(signing?.with).toEqual({ "subject-path": "release/*" });
    expect(build?.steps.some(({ run }) => run?.includes("node scripts/release.mjs release\n"))).toBe(true);
    expect(publish?.steps.at(-1)?.run).toContain("--provenance");
  }, 60_000);

  it("pins the workflows it ships to itself, and init writes those", () => {
    const released = git("rev-parse", "released");
    const repo = join(folder, "repo");
    execFileSync("mkdir", [repo]);
    const { status } = spawnSync(process.execPath, [join(unpacked, "package/dist/cli.cjs"), "init", "--yes"], {
      cwd: repo,
    });
    expect(status).toBe(0);
    const texts = ["validate", "plan", "apply", "drift"].map((name) =>
      readFileSync(join(repo, `.github/workflows/${name}.yml`), "utf8"),
    );
    for (const text of texts) expect(text).toContain(`@${released} # v`);
  });
});
