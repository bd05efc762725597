/** One attack on the built command as a process of its own: what it said, what it cost, and whether it kept quiet. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ran, trueup } from "../cli/run.ts";
import { writeFiles } from "../project.ts";

/** Stands in a file of every repo and in the environment of every run; no output may hold it. */
export const CANARY = "c4nary-Kq7TzW2vN9xR5bLm";

const SMALL = "version: 1\nsystem: shop\nenvironments: { dev: {} }\ntargets: { local: { type: directory } }\n";

export interface Measured extends Ran {
  /** Processor time, start of Node included, in milliseconds. Wall time would tell how busy the machine is. */
  readonly cpu: number;
  /** The most memory it ever held, in MiB. */
  readonly memory: number;
  /** Files below the repo that were not there before, or are gone. */
  readonly touched: readonly string[];
}

/** Loaded before the command: notes at the end what the process used. */
const PROBE = `process.on("exit", () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  require("node:fs").writeFileSync(process.env.PROBE_FILE, JSON.stringify([maxRSS / 1024, (userCPUTime + systemCPUTime) / 1000]));
});`;

/** Runs the command in a repo made from `files`, to which `spoil` may do more. The repo is no Git repository. */
export function measured(
  files: Readonly<Record<string, string>>,
  args: readonly string[] = ["validate"],
  spoil: (folder: string) => void = () => undefined,
): Measured {
  const [folder, aside] = ["repo", "aside"].map((name) => mkdtempSync(join(tmpdir(), `trueup-${name}-`))) as [
    string,
    string,
  ];
  try {
    writeFiles(folder, { "trueup.yaml": SMALL, "apps/a/base.yaml": `plain: 1\n`, ...files });
    spoil(folder);
    const before = namesBelow(folder);
    const [probe, note] = [join(aside, "probe.cjs"), join(aside, "note.json")];
    writeFileSync(probe, PROBE);
    const env = { NODE_OPTIONS: `--require ${probe}`, PROBE_FILE: note, AWS_SECRET_ACCESS_KEY: CANARY };
    const ran = trueup(folder, args, env);
    const [memory, cpu] = JSON.parse(readFileSync(note, "utf8")) as [number, number];
    const after = namesBelow(folder);
    const touched = [...after]
      .filter((name) => !before.has(name))
      .concat([...before].filter((name) => !after.has(name)));
    return { ...ran, cpu, memory, touched };
  } finally {
    for (const each of [folder, aside]) rmSync(each, { recursive: true, force: true });
  }
}

function namesBelow(folder: string): Set<string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Set(entries.flatMap((entry) => (entry.isDirectory() ? [] : [join(entry.parentPath, entry.name)])));
}

export const LIMITS = { cpu: 1000, memory: 256 };

/** What is wrong with how the command took an attack; nothing if it took it as it must. */
export function complaintsOf(ran: Measured): string[] {
  const said = `${ran.out}\n${ran.err}`;
  const found: string[] = [];
  if (ran.cpu > LIMITS.cpu) found.push(`${Math.round(ran.cpu)} ms of processor time`);
  if (ran.memory > LIMITS.memory) found.push(`${Math.round(ran.memory)} MiB of memory`);
  if (/^\s+at .+[:(]\d+|node:internal|RangeError|TypeError|heap out of memory/mu.test(said))
    found.push("a stack trace");
  if (/^Handlebars: |^\(node:\d+\)|DeprecationWarning/mu.test(said)) found.push("words of a library");
  if (said.includes(CANARY)) found.push("the secret");
  if (ran.touched.length > 0) found.push(`files written: ${ran.touched.join(" ")}`);
  if (ran.out.length + ran.err.length > 200_000) found.push(`${said.length} characters of output`);
  return found;
}
