/** Files of the config repo template that every config repo gets as they are: workflows, review, editor. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failure } from "../../failure.ts";

const TEMPLATE = "config-repo-template";
const SINGLE = [".github/pull_request_template.md", ".github/dependabot.yml", ".vscode/extensions.json"];

/** Text by path. `from` is a folder inside the package: of the source or of the build. */
export function shippedFiles(from: string, workflows: boolean): ReadonlyMap<string, string> {
  const template = templateFolder(from);
  const flows = readdirSync(join(template, ".github/workflows")).toSorted();
  const paths = [...(workflows ? flows.map((name) => `.github/workflows/${name}`) : []), ...SINGLE];
  return new Map(paths.map((path) => [path, readFileSync(join(template, path), "utf8")]));
}

function templateFolder(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    const template = join(folder, TEMPLATE);
    if (existsSync(join(template, ".github/workflows"))) return template;
    if (dirname(folder) === folder)
      throw new Failure("INTERNAL", "this installation of trueup has no template of a config repo", {
        fix: "install trueup again",
      });
  }
}
