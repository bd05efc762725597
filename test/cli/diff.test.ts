/** `trueup diff` as users run it: against live, against Git, refused, as data, in part. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { tempFolder, writeFiles } from "../project.ts";
import { openPage } from "../stages/report/html/browser.ts";
import { complaints } from "../stages/report/schemas.ts";
import { freePort } from "../stores/etcd-server.ts";
import { type TestRepo, commit, done, filesBelow, git, gitRepo, stored, trueup } from "./run.ts";

const CANARY = "canary-hunter2-value";
const CONFIG = `version: 1
system: shop
environments:
  dev: { regions: [eu, us] }
  prod: { protected: true, regions: [eu] }
targets:
  local: { type: directory, path: "/cfg/{{env}}/{{region}}/{{app}}/{{key}}" }
`;
const ORDERS = 'a: 1\nb: two\nhost: "{{env}}.db"\npassword: "{{secret.db}}"\n';
const FILES = {
  "trueup.yaml": CONFIG,
  "apps/orders/base.yaml": ORDERS,
  "apps/orders/prod.yaml": "a: 9\n",
  "apps/orders/secrets.yaml": "db: { description: Postgres }\n",
  "apps/users/base.yaml": "x: 1\n",
};

interface PlanJson {
  readonly plan: string;
  readonly against: string;
  readonly summary: Readonly<Record<string, unknown>>;
  readonly destinations: readonly { readonly id: string; readonly writes: number }[];
}

let repo: TestRepo;
let first: string;
beforeAll(() => {
  repo = gitRepo(FILES);
  done(repo.folder, ["apply", "--yes"]);
  writeFileSync(join(repo.folder, ".trueup/live/cfg/dev/eu/orders/password"), CANARY);
  first = git(repo.folder, "rev-parse", "HEAD");
});
afterAll(() => repo.dispose());

const diff = (...args: readonly string[]) => trueup(repo.folder, ["diff", ...args]);
const planOf = (...args: readonly string[]): PlanJson => JSON.parse(diff("--format", "json", ...args).out) as PlanJson;

describe("nothing to do", () => {
  it("says so and exits 0, also with --detailed-exitcode", () => {
    const { code, out, err } = diff("--detailed-exitcode");
    expect(out).toMatch(/^✔ No changes\./u);
    expect([code, err]).toEqual([0, ""]);
  });
});

describe("an edit that is not committed", () => {
  beforeAll(() => writeFiles(repo.folder, { "apps/orders/base.yaml": ORDERS.replace("a: 1", "a: 2") }));

  it("is shown against live with its file and line, and with what keeps a value of its own", () => {
    const { code, out, err } = diff("--against", "live");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain(`Comparing ${first.slice(0, 7)} and uncommitted changes with live`);
    expect(out).toMatch(/~ a +1 → 2 +dev \(both regions\) +apps\/orders\/base\.yaml:1/u);
    expect(out).toMatch(/prod\.eu keeps 9 \(prod\.yaml:1\)/u);
    expect(out).toMatch(/Plan p-[0-9a-f]{16} +0 to add, 2 to change, 0 to delete/u);
  });

  it("writes nothing", () => {
    const before = filesBelow(join(repo.folder, ".trueup"));
    diff();
    expect(filesBelow(join(repo.folder, ".trueup"))).toEqual(before);
  });

  it("exits 2 with --detailed-exitcode", () => expect(diff("--detailed-exitcode").code).toBe(2));

  it("is also called plan", () => expect(trueup(repo.folder, ["plan"]).out).toBe(diff().out));

  it("is the same against a branch, a commit and a step back from one", () => {
    for (const ref of ["main", first, "HEAD"]) {
      const { code, out } = diff("--against", ref);
      expect(code).toBe(0);
      expect(out).toContain(`with ${ref}`);
      expect(out).toContain("(no store was read)");
      expect(out).toMatch(/~ a +1 → 2/u);
    }
    expect(planOf("--against", "main").summary).toMatchObject({ change: 2, add: 0, delete: 0 });
  });

  it("is JSON that fits its schema and holds no value of a secret", () => {
    const { out, err } = diff("--format", "json");
    expect(err).toBe("");
    expect(complaints("plan", out)).toEqual([]);
    expect(out).not.toContain(CANARY);
    expect(JSON.parse(out)).toMatchObject({
      version: 1,
      against: "live",
      head: first,
      dirty: true,
      summary: { change: 2, needs_value: 2, protected: false },
    });
  });

  it("is Markdown for a pull request", () => {
    const { code, out } = diff("--format", "markdown");
    expect(code).toBe(0);
    expect(out).toMatch(/^<!-- trueup:plan /u);
    expect(out).toContain("`1` → `2`");
    expect(out).not.toContain(CANARY);
  });

  it("goes into files in every format at once", () => {
    const { code, out } = diff("--out", "json=.trueup/plan.json", "--out", "markdown=.trueup/plan.md");
    expect(code).toBe(0);
    expect(out).toMatch(/~ a +1 → 2/u);
    expect(readFileSync(join(repo.folder, ".trueup/plan.json"), "utf8")).toBe(diff("--format", "json").out);
    expect(readFileSync(join(repo.folder, ".trueup/plan.md"), "utf8")).toBe(diff("--format", "markdown").out);
  });
});

describe("the page", () => {
  it("is one file with the plan and the environments as they will be, without the value of a secret", () => {
    const { code } = diff("--out", "html=.trueup/plan.html");
    expect(code).toBe(0);
    const html = readFileSync(join(repo.folder, ".trueup/plan.html"), "utf8");
    const page = openPage(html);
    expect(page.rows("edits")).toHaveLength(1);
    expect(page.rows("edits")[0]?.slice(0, 2)).toEqual(["~", "a"]);
    expect(page.rows("environments")).toContainEqual(["a", "2", "2", "9"]);
    expect(html).not.toContain(CANARY);
  });
});

describe("a part of it", () => {
  beforeAll(() =>
    writeFiles(repo.folder, {
      "apps/orders/base.yaml": ORDERS.replace("two", "new"),
      "apps/users/base.yaml": "x: 2\n",
    }),
  );
  const busy = (plan: PlanJson): string[] =>
    plan.destinations.filter((destination) => destination.writes > 0).map((destination) => destination.id);

  it.each<[readonly string[], number, readonly string[]]>([
    [[], 6, ["local@dev.eu", "local@dev.us", "local@prod.eu"]],
    [["--app", "users"], 3, ["local@dev.eu", "local@dev.us", "local@prod.eu"]],
    [["--app", "us*,orders"], 6, ["local@dev.eu", "local@dev.us", "local@prod.eu"]],
    [["--env", "dev"], 4, ["local@dev.eu", "local@dev.us"]],
    [["--region", "eu"], 4, ["local@dev.eu", "local@prod.eu"]],
    [["--target", "loc*"], 6, ["local@dev.eu", "local@dev.us", "local@prod.eu"]],
    [["orders@prod"], 1, ["local@prod.eu"]],
    [["users@*.eu", "orders@dev.us"], 3, ["local@dev.eu", "local@dev.us", "local@prod.eu"]],
    [["--app", "orders", "--env", "dev", "--region", "us"], 1, ["local@dev.us"]],
  ])("%j", (args, changes, destinations) => {
    const plan = planOf(...args);
    expect(plan.summary["change"]).toBe(changes);
    expect(busy(plan)).toEqual(destinations);
  });

  it("of which nothing exists is a mistake, not an empty plan", () => {
    for (const args of [["--app", "ordrs"], ["ordrs@dev"], ["--env", "prd"], ["--target", "x"]]) {
      const { code, out, err } = diff(...args);
      expect([code, out]).toEqual([1, ""]);
      expect(err).toContain("is called");
    }
  });
});

describe("refused by a guard", () => {
  beforeEach(() => writeFiles(repo.folder, { "apps/orders/base.yaml": ORDERS, "apps/users/base.yaml": "x: 1\n" }));

  it("exits 4, with the plan and the way to lift it; --allow lifts it", () => {
    writeFileSync(join(repo.folder, ".trueup/live/cfg/dev/eu/orders/b"), "by hand");
    writeFiles(repo.folder, { "apps/orders/base.yaml": ORDERS.replace("two", "by git") });
    const refused = diff("--detailed-exitcode");
    expect(refused.code).toBe(4);
    expect(refused.out).toContain("by git");
    expect(refused.out).toContain("--allow conflict");
    expect(diff("--allow", "conflict", "--detailed-exitcode").code).toBe(2);
    writeFileSync(join(repo.folder, ".trueup/live/cfg/dev/eu/orders/b"), "two");
  });

  it("in JSON too", () => {
    writeFiles(repo.folder, { "trueup.yaml": `${CONFIG}guards: { max_apps: 1 }\n` });
    writeFiles(repo.folder, { "apps/orders/base.yaml": ORDERS.replace("two", "z"), "apps/users/base.yaml": "x: 3\n" });
    const { code, out } = diff("--format", "json");
    expect(code).toBe(4);
    expect(complaints("plan", out)).toEqual([]);
    writeFiles(repo.folder, { "trueup.yaml": CONFIG });
  });
});

describe("drift", () => {
  it("is shown, kept apart from changes, and is no change for the exit code", () => {
    writeFiles(repo.folder, { "apps/orders/base.yaml": ORDERS, "apps/users/base.yaml": "x: 1\n" });
    const file = join(repo.folder, ".trueup/live/cfg/prod/eu/orders/b");
    writeFileSync(file, "by hand");
    const { code, out } = diff("--detailed-exitcode");
    expect(code).toBe(0);
    expect(out).toContain("by hand");
    expect(planOf().summary).toMatchObject({ drift: 1, change: 0 });
    writeFileSync(file, "two");
  });
});

describe("an invalid configuration", () => {
  it("exits 3 with the report on standard error, and JSON on standard output", () => {
    writeFiles(repo.folder, { "apps/users/base.yaml": 'x: "{{nope}}"\n' });
    const { code, out, err } = diff();
    expect([code, out]).toEqual([3, ""]);
    expect(err).toContain("error[TU2001]");
    const json = diff("--format", "json");
    expect(json.code).toBe(3);
    expect(complaints("problems", json.out)).toEqual([]);
    writeFiles(repo.folder, { "apps/users/base.yaml": "x: 1\n" });
  });
});

describe("Git as the other side", () => {
  it("a ref that does not exist is named, with what was meant", () => {
    const { code, out, err } = diff("--against", "mian");
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain('No branch or tag is called "mian"');
    expect(err).toContain("did you mean main?");
  });

  it("an option dressed up as a ref is no ref", () => {
    const { code, err } = diff("--against=--output=pwned");
    expect(code).toBe(1);
    expect(err).toContain("does not name a commit");
  });

  it("a ref without trueup.yaml holds nothing, so all is new", () => {
    const tree = git(repo.folder, "hash-object", "-t", "tree", "-w", "/dev/null");
    git(repo.folder, "tag", "before", git(repo.folder, "commit-tree", tree, "-m", "empty"));
    const { code, out } = diff("--against", "before", "--format", "json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ summary: { change: 0, delete: 0, add: 15, protected: true } });
  });

  it("a ref whose configuration is not valid is no measure", () => {
    writeFiles(repo.folder, { "apps/users/base.yaml": 'x: "{{nope}}"\n' });
    commit(repo.folder, "broken");
    writeFiles(repo.folder, { "apps/users/base.yaml": "x: 1\n" });
    const { code, err } = diff("--against", "HEAD");
    expect(code).toBe(1);
    expect(err).toContain("the configuration at HEAD is not valid");
    commit(repo.folder, "mended");
  });

  it("outside a Git repository there is none", () => {
    const plain = tempFolder(FILES);
    try {
      const { code, err } = trueup(plain.folder, ["diff", "--against", "main"]);
      expect(code).toBe(1);
      expect(err).toContain("not in a Git repository, so main means nothing");
      expect(err).toContain("use --against live");
      expect(trueup(plain.folder, ["diff"]).out).toContain("Comparing the working tree with live");
    } finally {
      plain.dispose();
    }
  });
});

describe("a store that cannot be reached", () => {
  it("auto compares with the default branch and says so; live is an error", async () => {
    const port = await freePort();
    const away = gitRepo({
      ...FILES,
      "trueup.yaml": CONFIG.replace(
        "type: directory,",
        `type: etcd, connection: { endpoints: ["http://127.0.0.1:${port}"] },`,
      ),
    });
    try {
      writeFiles(away.folder, { "apps/users/base.yaml": "x: 2\n" });
      const auto = trueup(away.folder, ["diff"]);
      expect(auto.code).toBe(0);
      expect(auto.err).toMatch(/^Note {2}.*127\.0\.0\.1/u);
      expect(auto.err).toContain("so this compares with main in Git, not with what is live");
      expect(auto.out).toMatch(/~ x +1 → 2/u);
      const live = trueup(away.folder, ["diff", "--against", "live"]);
      expect([live.code, live.out]).toEqual([1, ""]);
      expect(live.err).toMatch(/^error\[UNREACHABLE\]/u);
    } finally {
      away.dispose();
    }
  });
});

it("left the store as it was", () => {
  expect(stored(repo.folder)).toMatchObject({ "cfg/dev/eu/orders/b": "two", "cfg/prod/eu/orders/a": "9" });
});
