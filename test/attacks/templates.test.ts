/** Rows TPL of `docs/security.md`: templates made to run code, to leak, to hang or to differ from run to run. */
import { afterEach, describe, expect, it, vi } from "vitest";
import type { UnitResult } from "../../src/index.ts";
import { check, drivers, holdsSecret, memorySource, openProject } from "../../src/index.ts";
import type { Problem } from "../../src/problem.ts";
import { renderedData } from "../../src/report/look/rendered.ts";

const CONFIG = `version: 1
system: shop
environments:
  dev: { vars: { domain: dev.example.com, account: "111" } }
  prod: { vars: { domain: example.com, only_prod: yes-it-is } }
targets: { local: { type: directory } }
`;
type Files = Readonly<Record<string, string>>;

/** Loads, renders and validates files from memory; fails if that takes a second of processor time or more. */
async function attack(files: Files): Promise<{ readonly problems: readonly Problem[]; readonly units: UnitResult[] }> {
  const started = process.cpuUsage();
  const { bench, problems } = await openProject(memorySource({ "trueup.yaml": CONFIG, ...files }), drivers);
  const units: UnitResult[] = [];
  const found = bench === undefined ? problems : check(bench, problems, {}, (unit) => units.push(unit)).problems;
  expect(process.cpuUsage(started).user / 1000).toBeLessThan(1000);
  return { problems: found, units };
}

const errors = (problems: readonly Problem[]): string[] => [
  ...new Set(problems.filter((problem) => problem.severity === "error").map((problem) => problem.code)),
];
/** A value of an app as YAML that no other rule has anything to say about. */
const value = (template: string): Files => ({ "apps/a/base.yaml": `x: ${JSON.stringify(template)}\n` });
const file = (template: string, values = "plain: 1\n"): Files => ({
  "apps/a/base.yaml": values,
  "apps/a/files/t.txt.hbs": template,
});

/** The codes for one template as a value and as a file. */
async function both(template: string): Promise<readonly string[]> {
  const [asValue, asFile] = [await attack(value(template)), await attack(file(template))];
  return [errors(asValue.problems).join(), errors(asFile.problems).join()];
}

describe("TPL-01 prototypes", () => {
  it.each([
    ['{{constructor.constructor "return process"}}', "TU2003"],
    ['{{lookup this "constructor"}}', "TU2003"],
    ['{{hasOwnProperty "x"}}', "TU2003"],
    ['{{upper.constructor "x"}}', "TU2003"],
    ["{{__proto__.x}}", "TU2001"],
    ["{{toString}}", "TU2001"],
    ["{{constructor}}", "TU2001"],
    ["{{vars.constructor}}", "TU2001"],
    ["{{self.__proto__}}", "TU2001"],
    ["{{shared.toString}}", "TU2001"],
    ["{{[__proto__]}}", "TU2001"],
    ["{{secret.constructor}}", "TU4002"],
    ["{{secret.__proto__}}", "TU4002"],
  ])("%s", async (template, code) => expect(await both(template)).toEqual([code, code]));

  it("keys called like them are refused or ordinary, never inherited", async () => {
    expect(errors((await attack({ "apps/a/base.yaml": "constructor: c\n" })).problems)).toEqual(["TU1009"]);
    const { problems, units } = await attack({
      "apps/a/base.yaml": 'map: { toString: t, valueOf: v }\nx: "{{self.map.toString}} {{self.map.valueOf}}"\n',
    });
    expect(errors(problems)).toEqual([]);
    expect(units[0]?.rendered.values["x"]).toBe("t v");
  });
});

describe("TPL-02 the published chain", () => {
  it("is refused before it runs", async () => {
    const chain = `{{#with "s" as |string|}}{{#with "e"}}{{#with split as |conslist|}}{{this.pop}}{{this.push (lookup string.sub "constructor")}}{{this.pop}}{{#with string.split as |codelist|}}{{this.pop}}{{this.push "return process"}}{{this.pop}}{{#each conslist}}{{#with (string.sub.apply 0 codelist)}}{{this}}{{/with}}{{/each}}{{/with}}{{/with}}{{/with}}{{/with}}`;
    expect(await both(chain)).toEqual(["TU2003", "TU2003"]);
  });
});

describe("what templates say by themselves", () => {
  const METHODS = ["log", "info", "warn", "error", "debug"] as const;
  afterEach(() => void vi.restoreAllMocks());

  it("CMD-09: {{log}} prints nothing, as a value and in a file", async () => {
    const spies = METHODS.map((method) => vi.spyOn(console, method));
    expect(await both('{{log "::set-env name=A::b"}}')).toEqual(["TU2003", "TU2003"]);
    expect(errors((await attack(file('{{log "::x::" level="error"}}'))).problems)).toEqual(["TU2003"]);
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
  });

  it("names that are inherited are not there, and Handlebars keeps quiet about them", async () => {
    const spies = METHODS.map((method) => vi.spyOn(console, method));
    for (const name of ["split", "constructor", "toString", "length", "__proto__", "at"])
      await attack(file(`{{#with text}}{{#if ${name}}}x{{/if}}{{#each ${name}}}x{{/each}}{{/with}}`, "text: abc\n"));
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
  });
});

describe("TPL-03 a tree in place of a template", () => {
  it("is data, and rendered as data", async () => {
    const tree = { type: "Program", body: [{ type: "MustacheStatement", path: { parts: ["process"] }, params: [] }] };
    const { problems, units } = await attack({ "apps/a/base.yaml": `x: ${JSON.stringify(tree)}\n` });
    expect(errors(problems)).toEqual([]);
    expect(units[0]?.rendered.values).toEqual({ x: tree });
  });
});

describe("TPL-04 partials and decorators", () => {
  it.each([
    "{{> x}}",
    "{{> (lookup . 'x')}}",
    "{{> constructor}}",
    "{{#> layout}}x{{/layout}}",
    "{{* inline}}",
    '{{#*inline "x"}}y{{/inline}}',
    "{{> @partial-block}}",
  ])("%s", async (template) => expect(await both(template)).toEqual(["TU2003", "TU2003"]));
});

describe("TPL-05 nesting", () => {
  it("a partial that calls itself is no partial", async () => {
    expect(await both('{{#*inline "a"}}{{> a}}{{/inline}}{{> a}}')).toEqual(["TU2003", "TU2003"]);
  });

  it("blocks inside blocks", async () => {
    const nested = (count: number): string => `${"{{#if plain}}".repeat(count)}x${"{{/if}}".repeat(count)}`;
    expect(errors((await attack(file(nested(16)))).problems)).toEqual([]);
    expect(errors((await attack(file(nested(17)))).problems)).toEqual(["TU2003"]);
    expect(errors((await attack(file(nested(500)))).problems)).toEqual(["TU2003"]);
    expect(errors((await attack(value(nested(200)))).problems)).toEqual(["TU2003"]);
  });

  it("5,000 nested blocks in a file, before Handlebars' parser gets them", async () => {
    const template = `${"{{#if plain}}".repeat(5000)}${"{{/if}}".repeat(5000)}`;
    expect(errors((await attack(file(template))).problems)).toEqual(["TU2003"]);
  });

  it("calls inside calls, and brackets that never end", async () => {
    const calls = `{{upper ${"(upper ".repeat(400)}env${")".repeat(400)}}}`;
    const { units } = await attack(value(calls));
    expect(units[0]?.rendered.values["x"]).toBe("DEV");
    expect(errors((await attack(value(`{{${"(".repeat(4000)}}}`))).problems)).toEqual(["TU2002"]);
    expect(errors((await attack(value("{{".repeat(2000)))).problems)).toEqual(["TU2002"]);
  });
});

describe("TPL-06 growth", () => {
  const hundred = `l: { ${Array.from({ length: 100 }, (_, index) => `k${index}: 1`).join(", ")} }\n`;

  it("each inside each", async () => {
    const template = "{{#each l}}{{#each @root.l}}{{#each @root.l}}0123456789{{/each}}{{/each}}{{/each}}";
    expect(errors((await attack(file(template, hundred))).problems)).toEqual(["TU2006"]);
  });

  it("a template, and a text, that is too long", async () => {
    expect(errors((await attack(value(`{{env}}${"x".repeat(5000)}`))).problems)).toEqual(["TU2006"]);
    const doubling = Array.from({ length: 20 }, (_, n) => `k${n + 1}: "{{self.k${n}}}{{self.k${n}}}"\n`).join("");
    expect(errors((await attack({ "apps/a/base.yaml": `k0: abcdefghij\n${doubling}` })).problems)).toEqual(["TU2006"]);
  });

  it("helpers inside helpers", async () => {
    const many = "a".repeat(32);
    const nest = (depth: number): string => (depth === 0 ? `"${many}"` : `(replace ${nest(depth - 1)} "a" "${many}")`);
    expect(await both(`{{replace ${nest(8)} "a" "${many}"}}`)).toEqual(["TU2005", "TU2005"]);
    const list = `l: [${"q,".repeat(9000)}q]\nx: '{{join self.l "${many.repeat(100)}"}}'\n`;
    expect(errors((await attack({ "apps/a/base.yaml": list })).problems)).toEqual(["TU2005"]);
  });
});

describe("TPL-07 nothing there", () => {
  it("a missing name, a wrong type, a map in a text: each with its place", async () => {
    const { problems } = await attack({
      "apps/a/base.yaml": 'm: { z: 1 }\na: "{{vars.nope}}"\nb: "{{upper self.m}}"\nc: "x{{self.m}}"\nd: "{{}}"\n',
    });
    expect(problems.map(({ code, at, reach }) => [code, at !== undefined && "path" in at && at.path, reach])).toEqual([
      ["TU2001", ["a"], ["a@dev", "a@prod"]],
      ["TU2005", ["b"], ["a@dev", "a@prod"]],
      ["TU2007", ["c"], ["a@dev", "a@prod"]],
      ["TU2002", ["d"], ["a@dev", "a@prod"]],
    ]);
  });

  it("an empty text is a text", async () => {
    const { problems, units } = await attack({ "apps/a/base.yaml": 'e: ""\nx: "<{{self.e}}>"\n' });
    expect([errors(problems), units[0]?.rendered.values["x"]]).toEqual([[], "<>"]);
  });
});

describe("TPL-08 values that look like YAML or templates", () => {
  it.each(["a\n  role: admin", '"', "# no comment", "a: b", "{{env}}", "- x", "!!js/function x", "*a", "\\{{env}}"])(
    "%j stays one text, and is rendered once",
    async (text) => {
      const { problems, units } = await attack({
        "trueup.yaml": CONFIG.replace('"111"', JSON.stringify(text)),
        "apps/a/base.yaml": 'x: "{{vars.account}}"\nlong: "<{{vars.account}}>"\n',
        "apps/a/app.yaml": "places: [dev]\n",
        "apps/a/files/t.txt.hbs": "{{x}}",
      });
      expect(errors(problems)).toEqual([]);
      expect(units[0]?.rendered.values).toEqual({ x: text, long: `<${text}>` });
      expect(units[0]?.rendered.files.get("t.txt")).toBe(text);
    },
  );
});

describe("TPL-09 circles", () => {
  it.each([
    'a: "{{self.a}}"\n',
    'a: "{{self.b}}"\nb: "{{self.a}}"\n',
    'a: "{{self.b}}"\nb: "{{self.c}}"\nc: "{{self.a}}"\n',
    'm: { x: "{{self.m}}" }\n',
  ])("%j", async (text) => {
    expect(errors((await attack({ "apps/a/base.yaml": text })).problems)).toEqual(["TU2004"]);
    const shared = { "shared/base.yaml": text.replaceAll("self", "shared"), "apps/a/base.yaml": "plain: 1\n" };
    expect(errors((await attack(shared)).problems)).toEqual(["TU2004"]);
  });

  it("the whole app inside one of its values", async () => {
    expect(errors((await attack({ "apps/a/base.yaml": 'a: "{{self}}"\n' })).problems)).toEqual(["TU2004"]);
  });

  it("the whole of shared/ inside one of its values", async () => {
    for (const root of ["shared", "self"]) {
      const files = { ...value("plain"), "shared/base.yaml": `a: "{{${root}}}"\n` };
      expect(errors((await attack(files)).problems)).toEqual(["TU2004"]);
    }
  });

  it("a chain of 9,999 references is refused, one of 100 is not", async () => {
    const chain = (length: number): Files => ({
      "apps/a/base.yaml": `${Array.from({ length }, (_, n) => `k${n}: "{{self.k${n + 1}}}"\n`).join("")}k${length}: end\n`,
    });
    expect(errors((await attack(chain(9_999))).problems)).toEqual(["TU2004"]);
    const { problems, units } = await attack(chain(100));
    expect([errors(problems), units[0]?.rendered.values["k0"]]).toEqual([[], "end"]);
  });
});

describe("TPL-10 other places, and secrets", () => {
  it("variables of another environment are not there", async () => {
    const { problems } = await attack(value("{{vars.only_prod}}"));
    expect(problems).toMatchObject([{ code: "TU2001", reach: ["a@dev"] }]);
    for (const template of ["{{environments.prod.vars.domain}}", "{{vars.prod.domain}}", "{{prod}}"])
      expect(errors((await attack(value(template))).problems), template).toEqual(["TU2001"]);
  });

  it("what a secret went into is secret, in values and in files", async () => {
    const { units } = await attack({
      "apps/a/base.yaml":
        'p: "{{secret.db}}"\nurl: "postgres://{{secret.db}}@h"\nup: "{{upper secret.db}}"\nvia: "{{self.p}}"\n',
      "apps/a/secrets.yaml": "db: {}\n",
      "apps/a/files/t.txt.hbs": "password={{p}}",
    });
    const { values, files } = units[0]?.rendered ?? { values: {}, files: new Map<string, string>() };
    expect(Object.entries(values).filter(([, item]) => !holdsSecret(item))).toEqual([]);
    expect(Object.keys(values)).toEqual(["p", "url", "up", "via"]);
    expect(holdsSecret(files.get("t.txt") ?? "")).toBe(true);
  });

  it("a secret of another app has no name here", async () => {
    const { problems } = await attack({
      ...value("{{secret.db}}"),
      "apps/b/base.yaml": 'x: "{{secret.db}}"\n',
      "apps/b/secrets.yaml": "db: {}\n",
    });
    expect(problems).toMatchObject([{ code: "TU4002", reach: ["a@dev", "a@prod"] }]);
  });
});

describe("TPL-11 the environment of the process", () => {
  it.each(["{{env.HOME}}", "{{env.AWS_SECRET_ACCESS_KEY}}", "{{process.env.HOME}}", "{{global}}", "{{require.main}}"])(
    "%s",
    async (template) => {
      const codes = await both(template);
      expect(codes[0]).toBe("TU2001");
      expect(["TU2001", "TU2002"]).toContain(codes[1]);
    },
  );
});

describe("TPL-12 other people's templates", () => {
  it.each(["{{ssm:/x}}", "{{resolve:ssm:/x}}", "{{ssm-secure:x:1}}"])(
    "%s is refused before any write",
    async (text) => {
      for (const codes of await both(text)) expect(["TU2001", "TU2002"]).toContain(codes);
    },
  );
});

describe("TPL-13 the same each time", () => {
  it.each(["{{now}}", "{{date}}", "{{random}}", "{{uuid}}", "{{timestamp}}", "{{hostname}}", "{{user}}"])(
    "%s is not there",
    async (template) => expect(await both(template)).toEqual(["TU2001", "TU2001"]),
  );

  it("two renders are equal to the byte", async () => {
    const files = {
      "apps/a/base.yaml":
        'z: 1\nb: "{{env}}"\nm: { "10": x, "9": z, a: "{{json vars}}" }\nup: "{{upper vars.domain}}"\n',
      "apps/a/files/t.txt.hbs": "{{#each m}}{{@key}}={{this}}\n{{/each}}",
    };
    const once = async (): Promise<string> =>
      JSON.stringify((await attack(files)).units.map((unit) => [unit.rendered.id, renderedData(unit.rendered)]));
    expect(await once()).toBe(await once());
  });
});
