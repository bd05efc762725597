/** Workflows that people copy, and our own: what two independent checkers say of them. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const has = (program: string): boolean => spawnSync(program, ["--version"]).error === undefined;

/** The checkers look for `.github` in a Git repository of its own. */
function repository(from: string): string {
  const folder = mkdtempSync(join(tmpdir(), "trueup-workflows-"));
  folders.push(folder);
  cpSync(join(from, ".github"), join(folder, ".github"), { recursive: true });
  spawnSync("git", ["init", "--quiet", folder]);
  return folder;
}

describe.each([
  ["the template's", join(ROOT, "config-repo-template")],
  ["our own", ROOT],
])("%s workflows", (_, from) => {
  const files = readdirSync(join(from, ".github/workflows"));
  const texts = files.map((name) => readFileSync(join(from, ".github/workflows", name), "utf8"));

  it.skipIf(!has("actionlint"))("satisfy actionlint", () => {
    const { status, stdout } = spawnSync("actionlint", [], { cwd: repository(from), encoding: "utf8" });
    expect(stdout).toBe("");
    expect(status).toBe(0);
  });

  it.skipIf(!has("zizmor"))("satisfy zizmor at its most pedantic", () => {
    const folder = repository(from);
    const { status, stdout } = spawnSync("zizmor", ["--offline", "--persona", "pedantic", "--format", "json", folder], {
      encoding: "utf8",
    });
    expect(JSON.parse(stdout)).toEqual([]);
    expect(status).toBe(0);
  });

  it("give nothing by default, and name every action by a full commit", () => {
    expect(texts.length).toBeGreaterThan(0);
    for (const text of texts) {
      expect(text).toMatch(/^permissions: \{\}$/mu);
      for (const [, reference] of text.matchAll(/\buses: (?!\.\/)(.+)$/gmu))
        expect(reference).toMatch(/^[\w.-]+(?:\/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/u);
    }
  });

  it("run nothing on what a stranger sends with rights, and keep no caches", () => {
    for (const text of texts) {
      expect(text).not.toMatch(/pull_request_target|workflow_run|issue_comment|secrets: inherit|toJSON\(secrets\)/u);
      expect(text).not.toMatch(/uses: actions\/cache|^\s*cache: /mu);
    }
  });
});
