/** WF rows of the attack cases: workflows that would hand the house over, as `trueup doctor` sees them. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readWorkflows } from "../../src/cli/doctor/workflows.ts";
import { checkWorkflows } from "../../src/doctor/workflows/check.ts";

const TEMPLATE = join(import.meta.dirname, "../../config-repo-template");
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function shipped(name: string): string {
  return readFileSync(join(TEMPLATE, ".github/workflows", name), "utf8");
}

function judge(files: Readonly<Record<string, string>>) {
  const top = mkdtempSync(join(tmpdir(), "trueup-wf-"));
  folders.push(top);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(top, dirname(name)), { recursive: true });
    writeFileSync(join(top, name), text);
  }
  return checkWorkflows(readWorkflows(top));
}

const CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1";
const on = (event: string, steps: readonly string[]): string =>
  [
    `on: ${event}`,
    "permissions: {}",
    "jobs:",
    "  work:",
    "    runs-on: ubuntu-24.04",
    "    steps:",
    ...steps.map((step) => `      ${step}`),
    "",
  ].join("\n");

/** One-based line of the first line that holds the text. */
function lineOf(text: string, part: string): number {
  return text.split("\n").findIndex((line) => line.includes(part)) + 1;
}

const edited = (name: string, from: string, to: string): string => {
  const text = shipped(name);
  expect(text).toContain(from);
  return text.replace(from, to);
};

interface Case {
  readonly id: string;
  readonly what: string;
  readonly text: () => string;
  /** Part of the line that is named. */
  readonly at: string;
  readonly status?: "warning";
}

const CASES: readonly Case[] = [
  {
    id: "WF-01",
    what: "pull_request_target with a checkout of the head",
    text: () =>
      on("pull_request_target", [
        `- uses: ${CHECKOUT}`,
        "  with:",
        "    ref: ${{ github.event.pull_request.head.sha }}",
        "- run: npm test",
      ]),
    at: "- uses: actions/checkout",
  },
  {
    id: "WF-01",
    what: "pull_request_target at all",
    text: () => on("pull_request_target", ["- run: echo hello"]),
    at: "on:",
    status: "warning",
  },
  {
    id: "WF-02",
    what: "workflow_run that runs what an artifact brought",
    text: () =>
      on("workflow_run", [
        "- uses: actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1",
        "- run: node plan.js",
      ]),
    at: "- run: node plan.js",
  },
  {
    id: "WF-03",
    what: "a comment that applies",
    text: () => edited("apply.yml", "  push:\n    branches: [main]\n", "  issue_comment:\n"),
    at: "on:",
  },
  {
    id: "WF-04",
    what: "a secret in the job that validates pull requests",
    text: () => `${shipped("validate.yml")}        env:\n          TOKEN: \${{ secrets.TOKEN }}\n`,
    at: "TOKEN: ${{",
  },
  { id: "WF-05", what: "no permissions", text: () => edited("plan.yml", "permissions: {}\n", ""), at: "name: plan" },
  {
    id: "WF-06",
    what: "id-token in the validating job",
    text: () => edited("validate.yml", "      contents: read #", "      id-token: write #"),
    at: "id-token: write",
  },
  {
    id: "WF-06",
    what: "contents: write in the applying job",
    text: () => edited("apply.yml", "contents: read # the files to apply", "contents: write"),
    at: "contents: write",
  },
  {
    id: "WF-06",
    what: "write-all",
    text: () =>
      edited("drift.yml", "permissions: {}", "permissions: write-all").replace(
        /^ {4}permissions:(?:\n {6}.*)+\n/mu,
        "",
      ),
    at: "write-all",
  },
  {
    id: "WF-07",
    what: "every secret",
    text: () => edited("plan.yml", "${{ secrets.ETCD_READ_PASSWORD }}", "${{ toJSON(secrets) }}"),
    at: "toJSON(secrets)",
  },
  {
    id: "WF-07",
    what: "inherited secrets",
    text: () =>
      `on: push\npermissions: {}\njobs:\n  call:\n    uses: a/b/.github/workflows/c.yml@${"0".repeat(40)}\n    secrets: inherit\n`,
    at: "secrets: inherit",
  },
  ...["@v7", "@main", "@3d3c42e"].map((end): Case => ({
    id: "WF-08",
    what: `an action at ${end}`,
    text: () => edited("validate.yml", "@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", end),
    at: `actions/checkout${end}`,
  })),
  {
    id: "WF-09",
    what: "a cache next to credentials",
    text: () =>
      edited(
        "apply.yml",
        "      - id: plan\n",
        `      - uses: actions/cache@${"1".repeat(40)} # v5.0.5\n      - id: plan\n`,
      ),
    at: "actions/cache@",
  },
  {
    id: "WF-10",
    what: "an apply without an environment",
    text: () =>
      edited("apply.yml", "    environment: ${{ matrix.env }} # who must approve: Settings, Environments\n", ""),
    at: "  apply:",
  },
  {
    id: "WF-11",
    what: "an apply that is cancelled",
    text: () =>
      edited(
        "apply.yml",
        "permissions: {}\n",
        "permissions: {}\nconcurrency:\n  group: apply\n  cancel-in-progress: true\n",
      ),
    at: "cancel-in-progress",
  },
  {
    id: "WF-12",
    what: "a gate that trusts an actor",
    text: () => edited("drift.yml", "    if: vars", "    if: github.actor == 'dependabot[bot]' || vars"),
    at: "github.actor",
  },
  {
    id: "WF-13",
    what: "a condition that is always true, by a line end",
    text: () =>
      edited("apply.yml", "    if: needs.changes.outputs.environments != '[]'", "    if: |\n      ${{ false }}"),
    at: "    if: |",
  },
  {
    id: "WF-13",
    what: "a condition that is always true, by what stands around it",
    text: () =>
      edited("apply.yml", "    if: needs.changes.outputs.environments != '[]'", "    if: ${{ false }} && ${{ false }}"),
    at: "    if: ${{",
  },
  {
    id: "WF-14",
    what: "a runner of one's own for pull requests",
    text: () => edited("plan.yml", "runs-on: ubuntu-24.04", "runs-on: [self-hosted, linux]"),
    at: "self-hosted",
    status: "warning",
  },
];

describe("a workflow", () => {
  it.each(CASES)("$id: $what is named with its line", ({ id, text, at, status }) => {
    const file = text();
    const found = judge({ ".github/workflows/it.yml": file });
    expect(found).toContainEqual({
      group: "workflows",
      name: `.github/workflows/it.yml:${lineOf(file, at)}`,
      status: status ?? "problem",
      message: expect.stringContaining(`(${id})`) as string,
      fix: expect.stringMatching(/\S/u) as string,
    });
  });

  it("that we ship has nothing to be said against it, one by one and together", () => {
    const names = readdirSync(join(TEMPLATE, ".github/workflows"));
    const all = Object.fromEntries(names.map((name) => [`.github/workflows/${name}`, shipped(name)]));
    expect(judge(all)).toEqual([
      {
        group: "workflows",
        name: "workflows",
        status: "ok",
        message: expect.stringMatching(/^4 workflows/u) as string,
      },
    ]);
    for (const [path, text] of Object.entries(all))
      expect(judge({ [path]: text }).map((check) => check.status)).toEqual(["ok"]);
  });

  it("of Gitea and Forgejo is looked at too, and one that is broken is said to be", () => {
    const found = judge({
      ".gitea/workflows/a.yaml": "on: [push\n",
      ".forgejo/workflows/b.yml": on("push", ["- run: ls"]),
    });
    expect(found.map(({ name, status }) => [name, status])).toEqual([[".gitea/workflows/a.yaml", "warning"]]);
    expect(judge({})).toEqual([]);
  });

  it("of something else is left alone where it does no harm", () => {
    const build = on("issue_comment", [`- uses: actions/cache@${"2".repeat(40)} # v5.0.5`, "- run: make"]);
    expect(judge({ ".github/workflows/build.yml": build }).map((check) => check.status)).toEqual(["ok"]);
  });
});
