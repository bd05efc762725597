/** Reads the workflows of the repository for the doctor. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { WorkflowFile } from "../../doctor/workflows/check.ts";
import { locate } from "../../load/locate.ts";
import { readYaml } from "../../load/yaml.ts";

/** Where GitHub, Gitea and Forgejo look for them. */
const FOLDERS = [".github/workflows", ".gitea/workflows", ".forgejo/workflows"];

/** `top` is the top folder of the repository. A file that cannot be opened counts as one that cannot be read. */
export function readWorkflows(top: string): readonly WorkflowFile[] {
  return FOLDERS.flatMap((folder) => namesIn(join(top, folder)).map((name) => readWorkflow(top, `${folder}/${name}`)));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /\.ya?ml$/u.test(name))
      .toSorted();
  } catch {
    return [];
  }
}

function readWorkflow(top: string, path: string): WorkflowFile {
  const file = { path, text: textOf(join(top, path)) };
  const { value } = readYaml(file, { merge: true, keys: "any", spelling: false });
  const sources = new Map([[path, file]]);
  return { path, value, line: (at) => locate({ file: path, path: at }, sources)?.line };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
