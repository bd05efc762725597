/**
 * Workflows under `act`, a runner that other people wrote: on this host, with this build in place of the published
 * actions, and nothing fetched. `actions/checkout` is act's own stand-in: it copies the folder, with its `.git`.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findNode24 } from "../../scripts/node24.mjs";
import { describe } from "vitest";
import { ROOT, git } from "../cli/run.ts";
import { tempFolder } from "../project.ts";
import type { Hub, HubEvent } from "./workflow/hub.ts";
import { checkedOut } from "./workflow/run.ts";

const GET_ACT = "go install github.com/nektos/act@v0.2.89, with $(go env GOPATH)/bin on the PATH";
const isThere = spawnSync("act", ["--version"]).error === undefined;

/** Like `describe`; skipped with a word how to get act where it is not on the PATH. */
export function describeAct(name: string, tests: () => void): void {
  if (isThere) describe(name, tests);
  else describe.skip(`${name} (skipped: no act; ${GET_ACT})`, tests);
}

export interface Acted {
  /** `apply/apply dev-1: success`, in the order they ended; act numbers the jobs of a matrix and is silent about skipped ones. */
  readonly jobs: readonly string[];
  /** By workflow and job, as `plan/plan`. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Everything act said, for when something fails. */
  readonly log: string;
}

interface Line {
  readonly job?: string;
  readonly jobResult?: string;
  readonly command?: string;
  readonly name?: string;
  readonly arg?: string;
}

export interface ActSettings {
  readonly token: string;
  readonly vars?: Readonly<Record<string, string>>;
}

/** Runs all workflows that an event starts, on the commit of the event. */
export async function act(hub: Hub, event: HubEvent, { token, vars = {} }: ActSettings): Promise<Acted> {
  const own = tempFolder();
  const workspace = checkedOut(hub, event, { "fetch-depth": "0" });
  try {
    // act takes the name of the repository from the remote.
    git(workspace.folder, "remote", "set-url", "origin", "https://forge.test/acme/config.git");
    const template = readFileSync(join(workspace.folder, ".github/workflows/validate.yml"), "utf8");
    const pin = /example\/trueup\/actions\/validate@([0-9a-f]{40})/u.exec(template)?.[1] ?? "no commit";
    const build = join(own.folder, "trueup");
    for (const part of ["actions", "dist"]) cpSync(join(ROOT, part), join(build, part), { recursive: true });
    const bin = join(own.folder, "bin");
    mkdirSync(bin);
    symlinkSync(findNode24() ?? "node24 is missing", join(bin, "node"));
    const payload = join(own.folder, "event.json");
    writeFileSync(payload, JSON.stringify(event.payload));
    const child = spawn(
      "act",
      [
        event.name,
        "--json",
        `--eventpath=${payload}`,
        "--platform=ubuntu-24.04=-self-hosted",
        `--local-repository=example/trueup@${pin}=${build}`,
        "--pull=false",
        "--no-cache-server",
        `--secret=GITHUB_TOKEN=${token}`,
        ...Object.entries(vars).map(([name, value]) => `--var=${name}=${value}`),
        ...Object.entries(hub.forge.env).map(([name, value]) => `--env=${name}=${value}`),
      ],
      {
        cwd: workspace.folder,
        env: {
          PATH: `${bin}:${process.env["PATH"] ?? ""}`,
          HOME: own.folder,
          XDG_CACHE_HOME: join(own.folder, "cache"),
        },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let log = "";
    child.stdout.on("data", (chunk: Buffer) => (log += chunk.toString("utf8")));
    child.stderr.on("data", (chunk: Buffer) => (log += chunk.toString("utf8")));
    await once(child, "close");
    return actedOf(log);
  } finally {
    workspace.dispose();
    own.dispose();
  }
}

function actedOf(log: string): Acted {
  const lines = log.split("\n").flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Line] : []));
  const outputs: Record<string, Record<string, string>> = {};
  for (const { job = "", command, name, arg } of lines)
    if (command === "set-output" && name !== undefined) (outputs[job.trim()] ??= {})[name] = arg ?? "";
  return {
    jobs: lines.flatMap(({ job = "", jobResult }) => (jobResult === undefined ? [] : [`${job.trim()}: ${jobResult}`])),
    outputs,
    log,
  };
}
