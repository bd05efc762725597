/** Runs a built action as the runner does: inputs, variables, files and folders from `action.yml` and an event, Node 24. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { load } from "js-yaml";
import { afterAll, describe } from "vitest";
import { GET_NODE24, findNode24 } from "../../scripts/node24.mjs";
import type { ActionName } from "../../src/actions/inputs.ts";
import type { RunnerCommand } from "../attacks/runner-commands.ts";
import { ROOT } from "../cli/run.ts";
import { LARGEST_SUMMARY, inputVariables, obeyed, readOutputs } from "./runner-rules.ts";

const NODE24 = findNode24();

/** Like `describe`; skipped with a plain message where there is no Node 24, unless REQUIRE_SERVERS=1 asks for it. */
export function describeAction(name: string, tests: () => void): void {
  if (NODE24 !== undefined || process.env["REQUIRE_SERVERS"] === "1") describe(name, tests);
  else describe.skip(`${name} (skipped: no Node 24; ${GET_NODE24})`, tests);
}

export interface Step {
  readonly workspace: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly event?: { readonly name: string; readonly payload: unknown };
  readonly env?: Readonly<Record<string, string>>;
  readonly onStart?: (child: ChildProcess) => void;
}

export interface Stepped {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /** Commands that the runner would obey, from both streams. */
  readonly commands: readonly RunnerCommand[];
  readonly report: () => Readonly<Record<string, unknown>>;
}

interface Manifest {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly runs: { readonly main: string };
}

const temporary: string[] = [];
afterAll(() => {
  for (const folder of temporary) rmSync(folder, { recursive: true, force: true });
});

/** Throws if an output is not declared, or if anything but annotations and masks is obeyed: true of every step. */
export async function step(action: ActionName, { workspace, event, env, onStart, ...rest }: Step): Promise<Stepped> {
  const folder = join(ROOT, "actions", action);
  const manifest = load(readFileSync(join(folder, "action.yml"), "utf8")) as Manifest;
  const temp = mkdtempSync(join(tmpdir(), "trueup-runner-"));
  temporary.push(temp);
  const files = { GITHUB_OUTPUT: "output", GITHUB_STEP_SUMMARY: "summary", GITHUB_EVENT_PATH: "event.json" };
  const paths = Object.fromEntries(Object.entries(files).map(([name, file]) => [name, join(temp, file)]));
  for (const path of Object.values(paths)) writeFileSync(path, "");
  writeFileSync(join(temp, "event.json"), JSON.stringify(event?.payload ?? {}));
  mkdirSync(join(temp, "temp"));
  const defaults = Object.fromEntries(
    Object.entries(manifest.inputs).map(([name, input]) => [
      name,
      (input.default ?? "").replace("${{ github.token }}", "ghs_0123456789abcdef"),
    ]),
  );
  const child = spawn(NODE24 ?? "node24 is missing", [resolve(folder, manifest.runs.main)], {
    cwd: workspace,
    env: {
      PATH: process.env["PATH"],
      HOME: temp,
      CI: "true",
      GITHUB_ACTIONS: "true",
      GITHUB_EVENT_NAME: event?.name ?? "push",
      GITHUB_REPOSITORY: "example/shop-config",
      GITHUB_SERVER_URL: "https://github.example.com",
      GITHUB_RUN_ID: "4711",
      GITHUB_WORKSPACE: workspace,
      RUNNER_TEMP: join(temp, "temp"),
      ...paths,
      ...inputVariables({ ...defaults, ...rest.with }),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const texts = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => (texts.out += chunk.toString("utf8")));
  child.stderr.on("data", (chunk: Buffer) => (texts.err += chunk.toString("utf8")));
  onStart?.(child);
  const [code] = (await once(child, "close")) as [number | null];
  const outputs = readOutputs(readFileSync(join(temp, "output"), "utf8"));
  const undeclared = Object.keys(outputs).filter((name) => !(name in manifest.outputs));
  if (undeclared.length > 0) throw new Error(`not in action.yml: ${undeclared.join(", ")}`);
  const commands = [...obeyed(texts.out), ...obeyed(texts.err)];
  const foreign = commands.filter(({ name }) => !["error", "warning", "notice", "add-mask"].includes(name));
  if (foreign.length > 0) throw new Error(`obeyed: ${JSON.stringify(foreign)}`);
  const summary = readFileSync(join(temp, "summary"), "utf8");
  if (Buffer.byteLength(summary) > LARGEST_SUMMARY) throw new Error("the summary is too large");
  const report = (): Record<string, unknown> => {
    const path = outputs["report"] ?? "";
    if (!existsSync(path)) throw new Error(`no report: ${texts.out}${texts.err}`);
    return JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  };
  return { code, ...texts, outputs, summary, commands, report };
}

/** Names of the outputs that an action declares. */
export function declaredOutputs(action: ActionName): readonly string[] {
  const manifest = load(readFileSync(join(ROOT, "actions", action, "action.yml"), "utf8")) as Manifest;
  return Object.keys(manifest.outputs);
}
