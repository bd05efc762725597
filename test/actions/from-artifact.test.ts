/** The plan of a fork on its pull request: the built action with everything that a stranger may have put into the artifact. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { afterAll, describe, expect, it, vi } from "vitest";
import { PULL } from "../forge/open.ts";
import { ROOT } from "../cli/run.ts";
import { mix, seeded } from "../attacks/hostile.ts";
import { complaintsAbout, MORE } from "../attacks/documents.ts";
import { forkComment } from "../../src/report/pull-request/fork-comment.ts";
import { checkWorkflows } from "../../src/doctor/workflows/check.ts";
import { type OnForge, onForge } from "./on-forge.ts";
import { describeAction } from "./runner.ts";

vi.setConfig({ testTimeout: 60_000 });
const folder = mkdtempSync(join(tmpdir(), "trueup-artifact-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const has = (program: string): boolean => spawnSync(program, ["--version"]).error === undefined;

const RUN = 815;
interface Facts {
  readonly head: string;
  readonly [name: string]: unknown;
}
const payload = ({ head, ...more }: Facts) => ({
  workflow_run: {
    id: RUN,
    event: "pull_request",
    head_sha: head,
    head_branch: "change",
    head_repository: { full_name: "mallory/config" },
    pull_requests: [],
    ...more,
  },
});
const CHANGE = { "apps/a/base.yaml": "pool: 20\nlevel: warn\n" };

interface Scene extends OnForge {
  /** Runs the second workflow's step on a file with this content. */
  leave(content: string | Buffer, facts?: Readonly<Record<string, unknown>>, more?: object): Promise<Stepped>;
  forks(): readonly string[];
}
type Stepped = Awaited<ReturnType<OnForge["run"]>>;

async function fork(): Promise<Scene> {
  const on = await onForge();
  const head = on.push(CHANGE);
  if (on.item.pull !== undefined) on.item.pull = { ...on.item.pull, fork: true };
  const leave: Scene["leave"] = (content, facts = {}, more = {}) => {
    const path = join(folder, `${on.state.next()}.json`);
    writeFileSync(path, content);
    const event = { name: "workflow_run", payload: payload({ head, ...facts }) };
    return on.run("diff", event, { with: { "from-artifact": path, ...more }, ref: "refs/heads/main" });
  };
  const forks = () => on.state.comments.map(({ body }) => body).filter((body) => body.startsWith("<!-- trueup:fork "));
  return { ...on, leave, forks };
}

/** What the first workflow uploads. */
async function honest(on: OnForge): Promise<string> {
  const ran = await on.onPull("diff", { fork: true });
  expect([ran.code, ran.outputs["report"]]).toEqual([0, expect.stringMatching(/report\.json$/u)]);
  return readFileSync(ran.outputs["report"] ?? "", "utf8");
}

describeAction("diff with from-artifact", () => {
  it("shows the plan of the fork's run, once, with a warning, and records nothing", async () => {
    const on = await fork();
    const artifact = await honest(on);
    expect([on.state.comments, on.state.checks, on.item.labels]).toEqual([[], [], []]);
    const ran = await on.leave(artifact);
    expect([ran.code, ran.outputs["result"], ran.outputs["plan"], on.forks().length]).toEqual([0, "ok", "", 1]);
    const [body = ""] = on.forks();
    expect(body.split("\n")[1]).toBe("### 🟡 Plan of a fork: 2 edits → 3 keys · reaches **prod**");
    expect(body).toContain("> A run over the code of a fork has computed this, and nobody has checked it");
    expect(body).toContain('| ~ | `level` | `"info"` | `"warn"` | `a@dev`, `a@prod` | `apps/a/base.yaml:2` |');
    expect(body).toContain(`/actions/runs/${RUN})`);
    expect(ran.summary).toContain("Plan of a fork");
    expect(on.state.comments.map(({ id, item }) => [String(id), item])).toEqual([[ran.outputs["comment-id"], PULL]]);
    expect([on.state.checks, on.state.statuses, on.item.labels]).toEqual([[], [], []]);
    await on.leave(artifact);
    expect(on.forks()).toHaveLength(1);
    // Nothing of it is what an apply expects.
    on.merge();
    const applied = await on.onMain("apply", { env: "dev" });
    expect([applied.code, applied.outputs["as-reviewed"]]).toEqual([0, ""]);
  });

  it("says why there is no plan", async () => {
    const on = await fork();
    await on.leave(
      JSON.stringify({ version: 1, problems: [{ severity: "error", message: "@org" }, { severity: "warning" }] }),
    );
    expect(on.forks()[0]).toContain("### ❌ Plan of a fork: the configuration is not valid, 1 error\n");
    expect(on.forks()[0]).not.toContain("@org");
    await on.leave(JSON.stringify({ error: { message: "::error::x" } }));
    expect(on.forks()).toHaveLength(1);
    expect(on.forks()[0]).toContain("there is none, the run says why");
  });

  it("takes pull request and commit from the event and the forge, whatever the artifact says", async () => {
    const on = await fork();
    const artifact = await honest(on);
    const other = on.issue({ number: 99, pull: { head: "e".repeat(40), base: on.head() } });
    const lie = JSON.parse(artifact) as Record<string, unknown>;
    const liar = await on.leave(JSON.stringify({ ...lie, head: "e".repeat(40), pull_request: 99, number: 99 }));
    expect([liar.code, on.state.comments]).toEqual([1, []]);
    const silent = async (facts: Readonly<Record<string, unknown>>) => {
      const ran = await on.leave(artifact, facts);
      expect([ran.code, on.state.comments]).toEqual([0, []]);
      return ran.out;
    };
    expect(await silent({ head_sha: "f".repeat(40) })).toContain("no pull request that is open has this commit");
    expect(await silent({ head_branch: "other" })).toContain("no pull request that is open");
    expect(await silent({ head_repository: { full_name: "acme/config" } })).toContain("branch of this repository");
    on.item.state = "closed";
    expect(await silent({})).toContain("no pull request that is open");
    expect(on.state.comments.filter(({ item }) => item === other.number)).toEqual([]);
  });

  it.each<readonly [what: string, facts: Readonly<Record<string, unknown>>]>([
    ["another event", { event: "push" }],
    ["no commit", { head_sha: "main" }],
    ["a branch that is no branch", { head_branch: "x\n::error::y" }],
    ["no repository", { head_repository: null }],
    ["no number", { id: "1/../2" }],
  ])("refuses a run with %s", async (_, facts) => {
    const on = await fork();
    const ran = await on.leave("{}", facts);
    expect([ran.code, on.state.comments, ran.outputs["result"]]).toEqual([1, [], "error"]);
    expect(ran.err).toContain("from-artifact is for workflow_run, after a run for a pull request");
  });

  it("is for workflow_run only", async () => {
    const on = await fork();
    const ran = await on.onPull("diff", { with: { "from-artifact": "x.json" } });
    expect([ran.code, on.state.comments]).toEqual([1, []]);
    expect(ran.err).toContain("from-artifact is for workflow_run");
  });

  it("refuses everything that diff does not write, without a word of it, and leaves the comment alone", async () => {
    const on = await fork();
    const plan = JSON.parse(await honest(on)) as Record<string, unknown> & { edits: object[]; summary: object };
    const [edit = {}] = plan.edits;
    const CANARY = "zq-canary";
    const documents: readonly (readonly [string, string | Buffer])[] = [
      ["nothing", ""],
      ["no JSON", `{ "${CANARY}": `],
      ["a text", `"${CANARY}"`],
      ["a list", "[]"],
      ["no plan", `{ "version": 1, "${CANARY}": 1 }`],
      ["6 MB", `{ "x": "${"x".repeat(6_000_000)}" }`],
      ["100,000 levels", "[".repeat(100_000)],
      ["levels inside a value", JSON.stringify({ ...plan, edits: [{ ...edit, after: 0 }] }).replace('"after":0', `"after":${"[".repeat(200)}${"]".repeat(200)}`)],
      ["bytes", Buffer.from([0xff, 0xfe, 0x7b])],
      ["a prototype", JSON.stringify(plan).replace("{", '{"__proto__":{"polluted":1},')],
      ["a constructor", JSON.stringify(plan).replace("{", '{"constructor":{"prototype":{}},')],
      ["a wrong type", JSON.stringify({ ...plan, edits: { length: 3 } })],
      ["a key that is a map", JSON.stringify({ ...plan, edits: [{ ...edit, key: { toString: 1 } }] })],
      ["an action of its own", JSON.stringify({ ...plan, edits: [{ ...edit, action: CANARY }] })],
      ["a secret with a value", JSON.stringify({ ...plan, edits: [{ ...edit, secret: true }] })],
      ["another name", JSON.stringify({ ...plan, [CANARY]: "::error::x" })],
      ["problems that are no list", `{ "problems": { "${CANARY}": 1 } }`],
      ["30,000 edits", JSON.stringify({ ...plan, edits: Array.from({ length: 30_000 }, () => ({ id: "e1", key: "", action: "add", secret: false, placeholder: false, reaches: [], shadowed: [] })) })],
      ["a zip", Buffer.from("504b0304140000000800", "hex")],
    ]; // prettier-ignore
    for (const [what, content] of documents) {
      const start = process.hrtime.bigint();
      const ran = await on.leave(content);
      expect([what, ran.code, ran.outputs["result"], on.state.comments.length]).toEqual([what, 1, "error", 0]);
      expect(`${ran.out}${ran.err}${ran.summary}`, what).not.toContain(CANARY);
      expect(ran.err, what).toContain("the artifact is not what the diff action writes");
      expect(ran.err, what).not.toMatch(/^\s+at |RangeError/mu);
      expect(Number(process.hrtime.bigint() - start) / 1e9, what).toBeLessThan(20);
    }
  }, 240_000);

  it.each<readonly [what: string, make: (path: string) => void]>([
    ["a link", (path) => symlinkSync("/proc/self/environ", path)],
    ["a pipe", (path) => void execFileSync("mkfifo", [path])],
    ["a folder", (path) => void execFileSync("mkdir", [path])],
    ["nothing", () => undefined],
  ])("does not open %s", async (_, make) => {
    const on = await fork();
    const path = join(folder, `special-${on.state.next()}-${Math.floor(process.uptime() * 1e6)}`);
    make(path);
    const event = { name: "workflow_run", payload: payload({ head: on.head() }) };
    const ran = await on.run("diff", event, { with: { "from-artifact": path }, ref: "refs/heads/main" });
    expect([ran.code, on.state.comments]).toEqual([1, []]);
    expect(ran.err).toContain("the artifact is not what the diff action writes");
  });

  it("shows hostile texts as text, and forges no command", async () => {
    const on = await fork();
    const plan = JSON.parse(await honest(on)) as { edits: object[] };
    const [edit = {}] = plan.edits;
    const texts = MORE.slice(0, 60);
    const edits = texts.map((text) => ({
      ...edit,
      key: text,
      before: text,
      after: { [text]: [text] },
      reaches: [text, text, text, text, text],
      source: { file: text, line: 1 },
    }));
    const hostile = { ...plan, edits, environments: texts.map((text) => ({ name: text, protected: true, plan: text, digest: text, changes: true })), refusals: texts.map((text) => ({ guard: text, message: text, examples: [text], lifted: false })), schemas: { changed: texts, broken_before: [] } }; // prettier-ignore
    // `step` fails by itself if the runner would obey anything but annotations and masks.
    const ran = await on.leave(JSON.stringify(hostile));
    expect([ran.code, on.forks().length]).toEqual([0, 1]);
    expect(ran.commands.map(({ name }) => name)).toEqual(["add-mask"]);
  });
});

describe("the comment about a fork's plan", () => {
  const context = {
    root: ".",
    head: "4f2c1aab".repeat(5),
    runUrl: "https://github.com/example/shop-config/actions/runs/815",
  };
  const plan = (texts: readonly string[]) => ({
    kind: "plan" as const,
    plan: {
      environments: texts.map((name) => ({ name, protected: true, changes: true })),
      edits: texts.map((text) => ({
        key: text,
        action: "change" as const,
        secret: false,
        before: text,
        after: { [text]: [text] },
        reaches: [text, text, text, text],
        source: { file: text, line: 3 },
      })),
      refusals: texts.map((text) => ({ guard: text, message: text, lifted: false })),
      schemas: { changed: texts, broken_before: [] },
    },
  });

  it("has no markup of a stranger, and as many rows as it says: 5,000 hostile values", () => {
    const random = seeded(815);
    const values = Array.from({ length: 5000 }, (_, i) => MORE[i] ?? mix(random));
    for (let i = 0; i < values.length; i += 20) {
      const text = forkComment(plan(values.slice(i, i + 20)), context);
      expect(complaintsAbout({ name: "fork", text, hidden: ["fork"], rows: 20 }), text).toEqual([]);
      expect(text.length).toBeLessThan(60_000);
    }
  });

  it("stays small whatever is in it, and says what it leaves out", () => {
    const start = process.cpuUsage();
    const text = forkComment(plan(Array.from({ length: 400 }, () => "|`@".repeat(4000))), context);
    expect(text.length).toBeLessThanOrEqual(60_000);
    expect(text).toMatch(/^\d+ more: in the summary of the run$/mu);
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(1000);
    expect(process.memoryUsage().heapUsed / 2 ** 20).toBeLessThan(1024);
  });
});

describe("the second workflow in docs/actions.md", () => {
  const section = readFileSync(join(ROOT, "docs/actions.md"), "utf8").split("\n## Forks\n")[1]?.split("\n## ")[0] ?? "";
  const [upload = "", workflow = ""] = [...section.matchAll(/```yaml\n([\s\S]*?)```/gu)].map(([, text]) => text);

  it("gives the job what it needs and no more, runs nothing, and checks out nothing", () => {
    const value = load(workflow) as {
      on: object;
      permissions: object;
      jobs: { comment: { permissions: object; if: string; steps: { uses?: string; run?: string }[] } };
    };
    expect(value.permissions).toEqual({});
    expect(value.jobs.comment.permissions).toEqual({ actions: "read", "pull-requests": "write" });
    expect(value.jobs.comment.steps.map(({ uses, run }) => [uses?.replace(/@.*/u, ""), run])).toEqual([
      ["actions/download-artifact", undefined],
      ["example/trueup/actions/diff", undefined],
    ]);
    const pinned = ["config-repo-template/.github/workflows/plan.yml", ".github/workflows/release.yml"].map((name) =>
      readFileSync(join(ROOT, name), "utf8"),
    );
    for (const [, reference = ""] of `${upload}${workflow}`.matchAll(/\buses: (.+)$/gmu))
      expect(
        pinned.some((text) => text.includes(reference)),
        reference,
      ).toBe(true);
    const checks = checkWorkflows([{ path: "comment.yml", value: value as never, line: () => 1 }]);
    expect(checks.map(({ status }) => status)).toEqual(["ok"]);
  });

  /** Both workflows as a user would have them, in a repository of their own. */
  function repository(): string {
    const top = mkdtempSync(join(folder, "workflows-"));
    execFileSync("git", ["init", "--quiet", top]);
    mkdirSync(join(top, ".github/workflows"), { recursive: true });
    const plan = readFileSync(join(ROOT, "config-repo-template/.github/workflows/plan.yml"), "utf8")
      .replace("- uses: example/trueup/actions/diff@", "- id: plan\n        uses: example/trueup/actions/diff@")
      .trimEnd();
    writeFileSync(join(top, ".github/workflows/plan.yml"), `${plan}\n${upload.replaceAll(/^(?=.)/gmu, "      ")}`);
    writeFileSync(join(top, ".github/workflows/plan-of-fork.yml"), workflow);
    return top;
  }

  it.skipIf(!has("actionlint"))("satisfies actionlint", () => {
    const { status, stdout } = spawnSync("actionlint", [], { cwd: repository(), encoding: "utf8" });
    expect([status, stdout]).toEqual([0, ""]);
  });

  it.skipIf(!has("zizmor"))("is found by zizmor for its trigger, and for nothing else", () => {
    const args = ["--offline", "--persona", "pedantic", "--format", "json", repository()];
    const { stdout } = spawnSync("zizmor", args, { encoding: "utf8" });
    expect((JSON.parse(stdout) as { ident: string }[]).map(({ ident }) => ident)).toEqual(["dangerous-triggers"]);
  });
});
