/** Config repos for tests: from files, loaded and driven through the library as a user's program would. */
import { randomBytes } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  type ApplyOptions,
  type DestinationReceipt,
  type Drivers,
  type Plan,
  type Planned,
  type Project,
  type Scope,
  applyPlan,
  drivers,
  folderSource,
  openProject,
  planLive,
  storePool,
  want,
} from "../src/index.ts";

/** A temporary folder, made from files or copied, with a way to remove it. */
export function tempFolder(content: string | Readonly<Record<string, string>> = {}): {
  readonly folder: string;
  readonly dispose: () => void;
} {
  const folder = mkdtempSync(join(tmpdir(), "trueup-test-"));
  if (typeof content === "string") cpSync(content, folder, { recursive: true });
  else writeFiles(folder, content);
  return { folder, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

export interface RunOptions {
  readonly commit?: string | null;
  readonly allow?: readonly string[];
  readonly drivers?: Drivers;
  readonly now?: string;
  readonly applyId?: string;
  readonly keys?: ApplyOptions["keys"];
  readonly random?: ApplyOptions["random"];
  readonly scope?: Scope;
}

let applies = 0;

/** Plans against the stores and, with `apply`, writes. Throws if the configuration is not valid. */
export async function run(
  folder: string,
  mode: "plan" | "apply",
  options: RunOptions = {},
): Promise<{ readonly plan: Plan; readonly planned: Planned; readonly receipts: readonly DestinationReceipt[] }> {
  const chosen = options.drivers ?? drivers;
  const project: Project = await openProject(folderSource(folder), chosen);
  const scope = options.scope ?? {};
  const desired = want(project, scope);
  if ("problems" in desired)
    throw new Error(desired.problems.map((problem) => `${problem.code} ${problem.message}`).join("\n"));
  const stores = storePool(chosen, folder, process.env, mode);
  const settings = {
    scope,
    allow: new Set(options.allow ?? []),
    commit: options.commit ?? null,
    dirty: false,
    now: options.now ?? "2026-11-21T12:00:00Z",
    applyId: options.applyId ?? `apply-${++applies}`,
    tool: "test",
    applying: mode === "apply",
  };
  try {
    const planned = await planLive(desired.bench, desired.wanted, stores, settings);
    if (mode === "plan") return { plan: planned.plan, planned, receipts: [] };
    const receipts = await applyPlan(planned, stores, settings, {
      by: "test",
      readBack: true,
      keepGoing: false,
      progress: () => undefined,
      random: options.random ?? ((count) => randomBytes(count)),
      ...(options.keys === undefined ? {} : { keys: options.keys }),
    });
    return { plan: planned.plan, planned, receipts };
  } finally {
    await stores.close();
  }
}
