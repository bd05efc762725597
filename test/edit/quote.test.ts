import { describe, expect, it } from "vitest";
import { quoteTemplates } from "../../src/edit/quote.ts";
import { read, textOf, whyOf } from "./read.ts";

describe("quoteTemplates", () => {
  it.each([
    ["host: {{env}}.db # note\n", 'host: "{{env}}.db" # note\n'],
    ["a: {{x}}\r\nb: 1\r\n", 'a: "{{x}}"\r\nb: 1\r\n'],
    ["- ignored", undefined],
    ["l:\n  - {{x}}\n  - n: {{y}}\n    m: 1\n", 'l:\n  - "{{x}}"\n  - n: "{{y}}"\n    m: 1\n'],
    ["l: [ {{x}}, b, x-{{y}} ]\n", 'l: [ "{{x}}", b, "x-{{y}}" ]\n'],
    ["m: {a: {b: {{x}}}, c: {{y}}.z}\n", 'm: {a: {b: "{{x}}"}, c: "{{y}}.z"}\n'],
    ["a:\n  {{x}}\n", 'a:\n  "{{x}}"\n'],
    ['a: {{default x "y"}}\n', "a: '{{default x \"y\"}}'\n"],
    ["a: {{join x \"','\"}}\n", 'a: "{{join x \\"\',\'\\"}}"\n'],
    ["a: &n {{x}}\nb: *n\n", 'a: &n "{{x}}"\nb: *n\n'],
    ["msg: {{greeting}}: you\n", 'msg: "{{greeting}}: you"\n'],
    ["topic: orders.{{env}}\n", 'topic: "orders.{{env}}"\n'],
    ["a: one\n  two {{x}}\n", 'a: "one two {{x}}"\n'],
  ])("%j", (before, after) => {
    const edited = quoteTemplates(before);
    if (after === undefined) expect(whyOf(edited)).toContain("not a map");
    else expect(textOf(edited)).toBe(after);
  });

  it("leaves alone what is quoted, a block, a comment, or no template", () => {
    const text = [
      "# {{comment}}",
      'a: "{{x}}" # {{y}}',
      "b: '{{x}} it''s # no comment'",
      "c: |",
      "  {{block}}",
      "  d: {{block}}",
      "e: { f: \"{{x}}\", g: '{{y}}' }",
      "l:",
      "  - >-",
      "    {{folded}}",
      "",
    ].join("\n");
    expect(textOf(quoteTemplates(text))).toBe(text);
    const broken = `${text}z: {{x}}\n`;
    expect(textOf(quoteTemplates(broken))).toBe(`${text}z: "{{x}}"\n`);
  });

  it("is done after the first time", () => {
    const once = textOf(quoteTemplates("a: {{x}}\nb: [{{y}}]\n"));
    expect(textOf(quoteTemplates(once))).toBe(once);
    expect(read(once)).toEqual({ a: "{{x}}", b: ["{{y}}"] });
  });

  it.each([
    ["a key that is a template", "{{env}}: 1\n", "where a key belongs"],
    ["another mistake", "a: {{x}}\nb: [\n", "another mistake"],
    ["text around quotes", 'a: "{{x}}".db\n', "line 1"],
  ])("refuses %s", (_, text, why) => {
    expect(whyOf(quoteTemplates(text))).toContain(why);
  });
});
