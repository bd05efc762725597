import Handlebars from "handlebars";
import { describe, expect, it } from "vitest";
import type { ValueMap } from "../../../src/model.ts";
import { renderFile } from "../../../src/render/files.ts";
import { secret } from "../../../src/secret.ts";
import type { Lookup } from "../../../src/template/evaluate.ts";

const VALUES: ValueMap = {
  n: 5,
  zero: 0,
  html: "<&>",
  list: [
    { name: "a", port: 1 },
    { name: "b", port: 2 },
  ],
  env: "own",
  password: secret([{ secret: "db_password", through: [] }]),
  deep: { a: { b: 1 } },
};
const lookup: Lookup = (parts) => {
  if (parts[0] === "secret" && parts[1] === "api_key") return { value: secret([{ secret: "api_key", through: [] }]) };
  const facts: ValueMap = { env: "prod", app: "orders", system: "shop", vars: { domain: "example.com" } };
  const value = facts[parts[0] ?? ""];
  return value !== undefined && parts.length === 1
    ? { value }
    : { missing: { code: "TU2001", message: `nothing is called ${parts.join(".")}` } };
};
const render = (text: string): unknown => {
  const result = renderFile({ name: "x.conf", file: "apps/a/files/x.conf.hbs", text }, VALUES, lookup, {
    handlebars: Handlebars,
    unit: "a@prod",
  });
  return "text" in result ? (typeof result.text === "string" ? result.text : result.text.parts) : result.problem.code;
};

describe("files/*.hbs", () => {
  it("has blocks, the values, and facts behind them", () => {
    expect(render("{{#each list}}{{name}}={{port}} {{/each}}{{app}}.{{vars.domain}} {{html}}")).toBe(
      "a=1 b=2 orders.example.com <&>",
    );
    expect(render("{{env}} {{@env}} {{@vars.domain}}")).toBe("own prod example.com");
    expect(
      render(
        "{{#if zero}}yes{{else}}no{{/if}} {{#unless zero}}u{{/unless}} {{#with deep.a}}{{b}}{{/with}} {{upper html}}{{n}}{{n}}",
      ),
    ).toBe("no u 1 <&>55");
    expect(render("{{#each list}}{{@index}}{{#unless @last}},{{/unless}}{{/each}}")).toBe("0,1");
  });

  it("keeps secrets as names, through helpers too", () => {
    expect(render("p={{password}}; k={{base64 @secret.api_key}}{{password}}.")).toEqual([
      "p=",
      { secret: "db_password", through: [] },
      "; k=",
      { secret: "api_key", through: [{ helper: "base64", args: [] }] },
      { secret: "db_password", through: [] },
      ".",
    ]);
  });

  it.each([
    ["{{nope}}", "TU2001"],
    ["{{deep.nope.x}}", "TU2001"],
    ["{{upper nope}}", "TU2001"],
    ["{{#each nope}}x{{/each}}", "TU2001"],
    ["{{@secret.other}}", "TU2001"],
    ["{{constructor}}", "TU2001"],
    ["{{deep.__proto__}}", "TU2001"],
    ["{{log n}}", "TU2003"],
    ['{{lookup this "constructor"}}', "TU2003"],
    ["{{> x}}", "TU2003"],
    ["{{#* inline 'x'}}{{/inline}}", "TU2003"],
    ["{{#each list}}", "TU2002"],
    ["{{#if n}}{{/each}}", "TU2002"],
    ["{{join n}}", "TU2005"],
  ])("refuses %s", (text, code) => {
    expect(render(text)).toBe(code);
  });

  it("stops deep nesting and explosions quickly", () => {
    const started = process.cpuUsage();
    expect(render(`${"{{#if n}}".repeat(20)}x${"{{/if}}".repeat(20)}`)).toBe("TU2003");
    const many: ValueMap = { l: Array.from({ length: 100 }, (_, i) => i) };
    const nested =
      "{{#each @root.l}}{{#each @root.l}}{{#each @root.l}}{{#each @root.l}}xxxxxxxxxx{{/each}}{{/each}}{{/each}}{{/each}}";
    const result = renderFile(
      { name: "x", file: "f", text: nested.replaceAll("@root.l", "@app") },
      many,
      () => ({ value: many.l ?? null }),
      { handlebars: Handlebars, unit: "a@prod" },
    );
    expect("problem" in result && result.problem.code).toBe("TU2006");
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(1000);
  });
});
