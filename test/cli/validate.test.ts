/** `trueup validate` as users run it: what stands on which stream, in which format, with which exit code. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tempFolder, writeFiles } from "../project.ts";
import { complaints } from "../stages/report/schemas.ts";
import { ROOT, type Ran, trueup } from "./run.ts";

const CANARY = "canary-hunter2-value";
/** One problem of each kind that people make most, each in an app of its own. */
const BROKEN: Readonly<Record<string, string>> = {
  "trueup.yaml": `version: 1
system: shop
environments:
  dev: { vars: { domain: dev.example.com } }
  staging: { vars: { domain: staging.example.com } }
  prod: { protected: true, vars: { domain: example.com } }
targets:
  local: { type: directory, path: "/cfg/{{env}}/{{app}}/{{key}}" }
`,
  "apps/gateway/base.yaml": "port: 80\nhost: {{env}}.db.example.com\n",
  "apps/users/base.yaml": 'issuer: "https://id.{{vars.domian}}/"\n',
  "apps/orders/base.yaml": "pool: { min: 2, max: 10 }\nfeatures:\n  express: false\n",
  "apps/orders/prod.yaml": "pool: { max: 2000 }\n",
  "apps/orders/staging.yaml": "features:\n  express: false\n",
  "apps/orders/schema.yaml": "type: object\nproperties:\n  pool: { properties: { max: { maximum: 200 } } }\n",
  "apps/cart/base.yaml": "features:\n  exprss_checkout: true\n",
  "apps/cart/schema.yaml": `properties:
  features:
    additionalProperties: false
    properties: { express_checkout: { type: boolean } }
`,
  "apps/payments/base.yaml": `stripe_key: ${CANARY}\n`,
  "apps/payments/schema.yaml": "properties:\n  stripe_key: { type: string, x-secret: true }\n",
};

let folder: string;
let dispose: () => void;
beforeAll(() => {
  ({ folder, dispose } = tempFolder(BROKEN));
});
afterAll(() => dispose());

/** Runs something in a small folder of its own. */
function inFolder<T>(files: Readonly<Record<string, string>>, act: (folder: string) => T): T {
  const made = tempFolder(files);
  try {
    return act(made.folder);
  } finally {
    made.dispose();
  }
}

const SMALL = {
  "trueup.yaml": "version: 1\nsystem: s\nenvironments: [dev, prod]\ntargets: { local: { type: directory } }\n",
  "apps/a/base.yaml": "x: 1\n",
};

describe("a repo in order", () => {
  it("is one green line with the counts", () => {
    const { code, out, err } = trueup(join(ROOT, "config-repo-template"), ["validate"]);
    expect(out).toMatch(
      /^✔ 2 apps in 4 places \(8 units\), 122 keys · schema, templates, secrets, mapping · [\d.]+ s\n$/u,
    );
    expect([code, err]).toEqual([0, ""]);
  });

  it("counts only what was asked for", () => {
    const { code, out } = trueup(join(ROOT, "config-repo-template"), ["validate", "orders@prod"]);
    expect(out).toMatch(/^✔ 1 app in \d+ places \(2 units\), 32 keys/u);
    expect(code).toBe(0);
  });

  it("is found from a folder below, and with -C from elsewhere", () => {
    const template = join(ROOT, "config-repo-template");
    expect(trueup(join(template, "apps/orders"), ["validate"]).code).toBe(0);
    expect(trueup(ROOT, ["-C", "config-repo-template", "validate"]).code).toBe(0);
    expect(trueup(ROOT, ["validate", "-C", "config-repo-template"]).code).toBe(0);
  });
});

describe("a repo with one problem of each kind", () => {
  let ran: Ran;
  beforeAll(() => {
    ran = trueup(folder, ["validate", "--out", "json=reports/problems.json"]);
  });

  /** The report of one code: from its headline to the next one. */
  const report = (code: string): string =>
    ran.out.split(/\n\n/u).find((part) => part.includes(`[${code}]`)) ?? `no report of ${code}`;

  it("exits 3 and reports on standard output, every cause once, with the count at the end", () => {
    expect([ran.code, ran.err]).toEqual([3, ""]);
    expect([...ran.out.matchAll(/^(?:error|warning)\[TU\d+\]/gmu)].map(([head]) => head).toSorted()).toEqual([
      "error[TU1003]",
      "error[TU2001]",
      "error[TU3002]",
      "error[TU3004]",
      "error[TU4001]",
      "warning[TU1101]",
    ]);
    expect(ran.out).toContain("✖ 5 errors, 1 warning in 6 files");
  });

  it("shows an unquoted template with the line as it should be", () => {
    expect(report("TU1003")).toContain("[apps/gateway/base.yaml:2:7]");
    expect(report("TU1003")).toContain('fix   host: "{{env}}.db.example.com"');
  });

  it("suggests the name that was meant, and says where it reaches", () => {
    expect(report("TU2001")).toContain("[apps/users/base.yaml:1:23]");
    expect(report("TU2001")).toContain("did you mean vars.domain?");
    expect(report("TU2001")).toMatch(/reach +users in all 3 places/u);
  });

  it("names the override that broke a limit, not the base, and the rule", () => {
    expect(report("TU3002")).toContain("pool.max must be 200 or less, got 2000");
    expect(report("TU3002")).toContain("[apps/orders/prod.yaml:1:14]");
    expect(report("TU3002")).toMatch(/rule +apps\/orders\/schema\.yaml:3 +maximum: 200/u);
    expect(report("TU3002")).toMatch(/reach +orders@prod$/mu);
  });

  it("suggests the key that was meant", () => {
    expect(report("TU3004")).toContain("[apps/cart/base.yaml:2:3]");
    expect(report("TU3004")).toContain("did you mean features.express_checkout?");
    expect(report("TU3004")).toMatch(/reach +cart in all 3 places/u);
  });

  it("masks a plaintext secret", () => {
    expect(report("TU4001")).toContain("[apps/payments/base.yaml:1:13]");
    expect(report("TU4001")).toContain("stripe_key: ••••");
    expect(ran.out).not.toContain(CANARY);
  });

  it("warns of an override that changes nothing", () => {
    expect(report("TU1101")).toContain("[apps/orders/staging.yaml:2:3]");
    expect(report("TU1101")).toMatch(/already +apps\/orders\/base\.yaml:3/u);
  });

  it("writes the same as JSON into a file that fits its schema", () => {
    const text = readFileSync(join(folder, "reports/problems.json"), "utf8");
    expect(complaints("problems", text)).toEqual([]);
    expect(text).not.toContain(CANARY);
    expect(JSON.parse(text)).toMatchObject({ version: 1, summary: { errors: 5, warnings: 1 } });
  });

  it("prints JSON, and nothing but JSON, on standard output", () => {
    const { code, out, err } = trueup(folder, ["validate", "--format", "json"]);
    expect([code, err]).toEqual([3, ""]);
    expect(complaints("problems", out)).toEqual([]);
    const { problems } = JSON.parse(out) as { problems: { code: string; at: unknown; reach: string[] }[] };
    expect(problems.find((problem) => problem.code === "TU3002")).toMatchObject({
      at: { file: "apps/orders/prod.yaml", line: 1, col: 14 },
      reach: ["orders@prod"],
    });
  });

  it("prints annotations for GitHub", () => {
    const { code, out } = trueup(folder, ["validate", "--format", "github"]);
    expect(code).toBe(3);
    expect(out).not.toContain(CANARY);
    const lines = out.trimEnd().split("\n");
    expect(lines).toHaveLength(6);
    expect(lines.filter((line) => line.startsWith("::error file=apps/"))).toHaveLength(5);
    expect(out).toContain("::error file=apps/orders/prod.yaml,line=1,endLine=1,col=14,");
    expect(out).toContain("::warning file=apps/orders/staging.yaml,line=2,");
  });

  it("prints SARIF", () => {
    const { code, out } = trueup(folder, ["validate", "--format", "sarif"]);
    expect(code).toBe(3);
    expect(out).not.toContain(CANARY);
    const log = JSON.parse(out) as { version: string; runs: { results: { ruleId: string }[] }[] };
    expect(log.version).toBe("2.1.0");
    expect(log.runs[0]?.results.map((result) => result.ruleId).toSorted()).toEqual([
      "TU1003",
      "TU1101",
      "TU2001",
      "TU3002",
      "TU3004",
      "TU4001",
    ]);
  });

  it("looks only at the apps asked for, but always at what cannot be read", () => {
    const { code, out } = trueup(folder, ["validate", "--app", "users"]);
    expect(code).toBe(3);
    expect(out).toContain("TU2001");
    expect(out).not.toContain("TU3002");
    expect(out).toContain("TU1003");
  });
});

describe("warnings", () => {
  const repo = { ...SMALL, "apps/a/dev.yaml": "x: 1\n" };

  it("do not fail, until --strict", () => {
    inFolder(repo, (at) => {
      const usual = trueup(at, ["validate"]);
      expect(usual.out).toContain("warning[TU1101]");
      expect(usual.code).toBe(0);
      expect(trueup(at, ["validate", "--strict"]).code).toBe(3);
    });
  });

  it("--strict is content with a repo in order", () => {
    inFolder(SMALL, (at) => expect(trueup(at, ["validate", "--strict"]).code).toBe(0));
  });
});

describe("trueup.yaml", () => {
  it("with a wrong setting is a problem with a place", () => {
    inFolder({ ...SMALL, "trueup.yaml": `${SMALL["trueup.yaml"]}gaurds: {}\n` }, (at) => {
      const { code, out } = trueup(at, ["validate"]);
      expect(code).toBe(3);
      expect(out).toContain("[trueup.yaml:5:1]");
      expect(out).toContain("did you mean guards?");
    });
  });

  it("that is no YAML is a problem with a place", () => {
    inFolder({ ...SMALL, "trueup.yaml": "version: 1\nsystem: [\n" }, (at) => {
      const { code, out } = trueup(at, ["validate"]);
      expect(code).toBe(3);
      expect(out).toMatch(/error\[TU1001\][^]*\[trueup\.yaml:\d+:\d+\]/u);
      writeFiles(at, { "trueup.yaml": "" });
      expect(trueup(at, ["diff"]).code).toBe(3);
    });
  });

  it("that is not there is a failure with a cure", () => {
    inFolder({ "apps/a/base.yaml": "x: 1\n" }, (at) => {
      const { code, out, err } = trueup(at, ["validate"]);
      expect([code, out]).toEqual([1, ""]);
      expect(err).toContain("there is no trueup.yaml");
      expect(err).toContain("fix   run trueup init");
    });
  });
});

describe("wrong usage", () => {
  it.each([
    [["nope"], "unknown command 'nope'"],
    [["validat"], "Did you mean validate?"],
    [["validate", "--nope"], "unknown option '--nope'"],
    [["validate", "--format", "xml"], "one of: human, json, github, sarif"],
    [["validate", "--out", "problems.json"], "is not FORMAT=FILE"],
    [["validate", "--out", "xml=x"], "there is no format xml"],
    [["validate", "-C", "nowhere"], "is not a folder"],
    [["validate", "--app", "ordrs"], "did you mean orders?"],
    [["validate", "--env", "prd"], "did you mean prod?"],
    [["validate", "orders@prd"], "did you mean prod?"],
    [["validate", "--target", "locale"], "did you mean local?"],
    [["validate", "--region", "eu"], "no region is called eu"],
  ])("%j exits 1 and says what to do on standard error", (args, words) => {
    const { code, out, err } = trueup(folder, args);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(words);
    expect(err).not.toMatch(/^ +at /mu);
  });

  it("--help and --version are answers", () => {
    const help = trueup(folder, ["--help"]);
    expect(help.code).toBe(0);
    for (const name of ["validate", "render", "diff|plan", "apply", "rollback", "explain", "compare", "fmt", "why"])
      expect(help.out).toContain(`\n  ${name}`);
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
    expect(trueup(folder, ["--version"])).toEqual({ code: 0, out: `${version}\n`, err: "" });
  });
});
