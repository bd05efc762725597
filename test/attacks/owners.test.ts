/** PLN-13: CODEOWNERS with holes, as `trueup doctor` sees them, with file and line. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readOwners } from "../../src/cli/doctor/owners.ts";
import { checkOwners } from "../../src/doctor/owners/check.ts";
import { ownersPattern } from "../../src/doctor/owners/pattern.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const SOURCES = [
  "trueup.yaml", "apps/orders/base.yaml", "apps/orders/dev.yaml", "apps/orders/prod.yaml",
  "apps/orders/prod.us-east-2.yaml", "apps/orders/schema.yaml", "shared/base.yaml", "schemas/common.yaml",
]; // prettier-ignore
const environment = (name: string, isProtected: boolean) => ({ name, protected: isProtected, regions: [], vars: {} });
const ENVIRONMENTS = [environment("dev", false), environment("prod", true)];

/** What is not fine, as `status line message`. */
function judge(owners: string | undefined, more: Readonly<Record<string, string>> = {}): string[] {
  const top = mkdtempSync(join(tmpdir(), "trueup-owners-"));
  folders.push(top);
  const files = { ".github/workflows/apply.yml": "on: push\n", ...more };
  for (const [name, text] of Object.entries(
    owners === undefined ? files : { ...files, ".github/CODEOWNERS": owners },
  )) {
    mkdirSync(join(top, dirname(name)), { recursive: true });
    writeFileSync(join(top, name), text);
  }
  const facts = readOwners(top, "", SOURCES, ENVIRONMENTS);
  if (facts === undefined) return ["not looked at"];
  return checkOwners(facts)
    .filter(({ status }) => status !== "ok")
    .map(({ status, name, message }) => `${status} ${name} ${message}`);
}

const HERE = ".github/CODEOWNERS";

describe("CODEOWNERS with holes (PLN-13)", () => {
  it("is fine where every file has an owner, wide lines first", () => {
    expect(
      judge(
        "# who\n* @org/all # everything else\n/apps/orders/ @org/orders\n/apps/*/prod*.yaml @org/sre a@b.example\n",
      ),
    ).toEqual([]);
    const template = join(import.meta.dirname, "../../config-repo-template/.github/CODEOWNERS");
    expect(judge(readFileSync(template, "utf8")).filter((line) => !line.includes("gateway"))).toEqual([
      `warning ${HERE}:7 "/apps/*/secrets.yaml" matches no file`,
    ]);
  });

  it.each<readonly [what: string, owners: string, says: readonly string[]]>([
    ["a later * takes everything", "/apps/ @org/a\n/apps/*/prod*.yaml @org/sre\n* @org/all\n", [
      `problem ${HERE}:1 never counts: line 3 comes later and wins for all of its files`,
      `problem ${HERE}:2 never counts: line 3 comes later and wins for all of its files`,
    ]],
    ["a later line without an owner", "* @org/all\n/apps/orders/prod.yaml\n", [
      `problem ${HERE}:2 takes away the owner of apps/orders/prod.yaml`,
    ]],
    ["a path of prod that nobody owns", "/apps/*/dev.yaml @org/a\n/shared/ @org/a\n/schemas/ @org/a\n/.github/ @org/a\n/trueup.yaml @org/a\n", [
      `problem ${HERE} nobody owns apps/orders/base.yaml, apps/orders/prod.us-east-2.yaml, apps/orders/prod.yaml and 1 more`,
    ]],
    ["a path of dev that nobody owns", "* @org/all\n/apps/*/dev.yaml\n", [
      `warning ${HERE}:2 takes away the owner of apps/orders/dev.yaml`,
    ]],
    ["the file itself unowned", "/apps/ @org/a\n/shared/ @org/a\n/schemas/ @org/a\n/.github/workflows/ @org/a\n/trueup.yaml @org/a\n", [
      `problem ${HERE} nobody owns .github/CODEOWNERS`,
    ]],
    ["signs that GitHub does not know", "* @org/all\n!/apps/ @org/a\n/apps/[op]*/ @org/a\n", [
      `problem ${HERE}:2 GitHub does not know ! and [ ] here, and passes over the line`,
      `problem ${HERE}:3 GitHub does not know ! and [ ] here, and passes over the line`,
    ]],
    ["something that is no owner", "* @org/all\n/apps/ org/a\n", [
      `problem ${HERE}:2 "org/a" is no owner, and GitHub passes over the line`,
    ]],
    ["a path in the wrong case", "* @org/all\n/apps/Orders/ @org/a\n", [
      `warning ${HERE}:2 "/apps/Orders/" matches no file`,
    ]],
    ["more than GitHub reads", `* @org/all\n${"#".repeat(3.1 * 1024 * 1024)}\n`, [
      `problem ${HERE} is larger than 3 MB, and GitHub does not use it`,
    ]],
    ["nothing but comments", "# * @org/all\n", [`warning ${HERE} names nobody yet`]],
  ])("%s", (_, owners, says) => {
    expect(judge(owners)).toEqual(says);
  }); // prettier-ignore

  it("is not there, or is Gitea's, or GitHub is not in play", () => {
    expect(judge(undefined)).toEqual(["warning CODEOWNERS there is none, so nobody in particular is asked"]);
    expect(judge("* @a\n", { ".gitea/workflows/x.yml": "on: push\n" })).toEqual(["not looked at"]);
    expect(readOwners(mkdtempSync(join(tmpdir(), "trueup-owners-")), "", SOURCES, ENVIRONMENTS)).toBeUndefined();
  });

  it("takes no longer for a hostile file: 100,000 lines, and one that wants to backtrack", () => {
    const start = process.cpuUsage();
    expect(judge("/apps/*/x @a\n".repeat(100_000))).toEqual([
      `unchecked ${HERE} has too many lines to be held against every file`,
    ]);
    expect(judge(Array.from({ length: 900 }, (_, i) => `/apps/**/${"*x".repeat(i)} @a${i}\n`).join("")).length).toBe(
      900,
    );
    expect(judge(`* @a\n/apps/${"*a".repeat(5000)}b/${"**/".repeat(2000)}x @b\n`)).toHaveLength(1);
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(1000);
  });
});

describe("a pattern of CODEOWNERS", () => {
  it.each<readonly [pattern: string, yes: readonly string[], no: readonly string[]]>([
    ["*", ["a", "a/b/c"], []],
    ["*.js", ["a.js", "a/b.js"], ["a.jsx", "js"]],
    ["/build/logs/", ["build/logs/a", "build/logs/a/b"], ["build/logs", "x/build/logs/a"]],
    ["docs/*", ["docs/getting-started.md"], ["docs/build-app/troubleshooting.md", "x/docs/a"]],
    ["apps/", ["apps/a", "x/apps/a"], ["apps", "myapps/a"]],
    ["/docs/", ["docs/a", "docs/b/c"], ["x/docs/a"]],
    ["**/logs", ["logs", "a/logs", "a/b/logs/c"], ["a/logsx"]],
    ["/apps/github", ["apps/github", "apps/github/x"], ["apps/githubx", "x/apps/github"]],
    ["/apps/*/prod*.yaml", ["apps/a/prod.yaml", "apps/a/prod.eu.yaml"], ["apps/a/b/prod.yaml", "apps/prod.yaml", "apps/a/dev.yaml"]],
    ["/apps/**/prod.yaml", ["apps/prod.yaml", "apps/a/prod.yaml", "apps/a/b/prod.yaml"], ["prod.yaml"]],
    ["a/**", ["a/b", "a/b/c"], ["b/a/c"]],
    ["/a\\ b.txt", ["a b.txt"], ["a", "a\\ b.txt"]],
    ["/a?c", ["abc", "abc/d"], ["ac", "a/c"]],
    ["/Apps/", [], ["apps/a"]],
  ])("%s", (pattern, yes, no) => {
    const test = ownersPattern(pattern);
    expect(yes.filter((path) => test?.(path) !== true)).toEqual([]);
    expect(no.filter((path) => test?.(path) !== false)).toEqual([]);
  }); // prettier-ignore

  it.each(["!a", "a[bc]", "\\#a", "/"])("%s is none", (pattern) => {
    expect(ownersPattern(pattern)).toBeUndefined();
  });
});
