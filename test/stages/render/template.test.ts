/** Our evaluator against Handlebars itself: for everything both accept, the text must be the same. */
import * as fc from "fast-check";
import Handlebars from "handlebars";
import { describe, expect, it } from "vitest";
import type { ValueMap } from "../../../src/model.ts";
import { templateEngine } from "../../../src/template/engine.ts";
import { evaluate } from "../../../src/template/evaluate.ts";
import { lookIn } from "../../../src/template/names.ts";
import { parseSimple, parseTemplate } from "../../../src/template/template.ts";

const DATA: ValueMap = {
  a: "x",
  b: { c: 5, d: true, "e-f": "dash" },
  empty: "",
  list: ["p", "q"],
  html: "<&'\"=`>",
  brace: "{{a}}",
  nothing: null,
};

function ours(text: string): string | { code: string } {
  const parsed = parseTemplate(text, Handlebars);
  if ("problem" in parsed) return { code: parsed.problem.code };
  const result = evaluate({ parts: ["", ...parsed.template.parts] }, (parts) => lookIn(DATA, parts, ""));
  if ("trouble" in result) return { code: result.trouble.code };
  return typeof result.value === "string" ? result.value : JSON.stringify(result.value);
}

function theirs(text: string): string {
  // Handlebars adds neighbouring numbers up ({{n}}{{n}} of 5 gives 10): it gets texts, so that it joins them.
  return Handlebars.compile(text, { noEscape: true, strict: true })({
    ...DATA,
    b: { c: "5", d: "true", "e-f": "dash" },
  });
}

describe("templates", () => {
  it("give what Handlebars gives, for any mix of text and names", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "{{a}}",
        "{{ a }}",
        "{{b.c}}",
        "{{b.d}}",
        "{{~a~}}",
        "{{{a}}}",
        "{{&a}}",
        "{{b.[e-f]}}",
        "{{b.e-f}}",
        "{{! note }}",
        "\\{{a}}",
        "\\\\{{a}}",
        "{{html}}",
        "{{brace}}",
        "{{empty}}",
      ),
      fc.constantFrom(" ", "\n", "\\", "{", "}", "$", "text", "a.b", "\t", "}}", "'", '"'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const text = pieces.join("");
        let expected: string;
        try {
          expected = theirs(text);
        } catch {
          return;
        }
        expect(ours(text)).toBe(expected);
      }),
      { numRuns: 3000 },
    );
  });

  it("joins neighbouring numbers as texts", () => {
    expect(ours("{{b.c}}{{b.c}}")).toBe("55");
  });

  it("reads plain names without Handlebars exactly as with it", () => {
    const name = fc.constantFrom("a", "b.c", "true", "null", "this", "a_b.c1", "else", "undefined.x");
    const piece = fc.oneof(
      name.map((n) => `{{${n}}}`),
      name.map((n) => `{{ ${n} }}`),
      fc.constantFrom("{", "}", "\\", "x", " ", "{{", "}}"),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), (pieces) => {
        const text = pieces.join("");
        const simple = parseSimple(text);
        if (simple === undefined) return;
        const body = (
          Handlebars.parse(text).body as { type: string; value?: string; path?: { parts: string[] } }[]
        ).map((node) => (node.type === "ContentStatement" ? node.value : node.path?.parts.join(".")));
        const mine = simple.parts.map((part) =>
          typeof part === "string" ? part : part.kind === "name" ? part.parts.join(".") : "",
        );
        expect(mine.join("")).toBe(body.join(""));
        expect(mine.length).toBe(body.filter((item) => item !== "").length);
      }),
      { numRuns: 3000 },
    );
  });

  it("keeps the type of a single expression and makes text of anything longer", async () => {
    const engine = await templateEngine([], true);
    const value = (text: string): unknown => {
      const parsed = engine.parse(text);
      const result = "template" in parsed ? evaluate(parsed.template, (parts) => lookIn(DATA, parts, "")) : parsed;
      return "value" in result ? result.value : result;
    };
    expect(value("{{b.c}}")).toBe(5);
    expect(value("{{b.d}}")).toBe(true);
    expect(value("{{list}}")).toEqual(["p", "q"]);
    expect(value("{{nothing}}")).toBeNull();
    expect(value(" {{b.c}}")).toBe(" 5");
    expect(value('{{join list "+"}}')).toBe("p+q");
    expect(value("{{upper (replace a 'x' 'yz')}}")).toBe("YZ");
    expect(value('{{default b.nope "dflt"}}')).toBe("dflt");
    expect(value("{{json b}}")).toBe('{"c":5,"d":true,"e-f":"dash"}');
    expect(value("{{base64 a}}")).toBe("eA==");
  });

  it.each([
    ["{{kebab s}}", "max-pool-size"],
    ["{{snake s}}", "max_pool_size"],
    ["{{camel s}}", "maxPoolSize"],
    ["{{upper s}}", "MAXPOOL SIZE"],
    ["{{lower s}}", "maxpool size"],
  ])("%s", (text, expected) => {
    const parsed = parseTemplate(text, Handlebars);
    const result = "template" in parsed ? evaluate(parsed.template, () => ({ value: "maxPool Size" })) : parsed;
    expect(result).toEqual({ value: expected });
  });

  it("refuses what is longer than a template may be", () => {
    expect(ours(`{{a}}${"x".repeat(5000)}`)).toEqual({ code: "TU2006" });
  });

  it.each([
    ["{{nope}}", "TU2001"],
    ["{{b.nope}}", "TU2001"],
    ["{{toString}}", "TU2001"],
    ["{{constructor}}", "TU2001"],
    ["{{__proto__}}", "TU2001"],
    ["{{b.constructor.name}}", "TU2001"],
    ["{{log a}}", "TU2003"],
    ['{{lookup this "constructor"}}', "TU2003"],
    ["{{#if a}}x{{/if}}", "TU2003"],
    ["{{> part}}", "TU2003"],
    ["{{* deco}}", "TU2003"],
    ["{{../a}}", "TU2003"],
    ["{{this}}", "TU2003"],
    ["{{@root.a}}", "TU2003"],
    ["{{a", "TU2002"],
    ["{{}}", "TU2002"],
    ["{{upper}}", "TU2005"],
    ["{{upper list}}", "TU2005"],
    ["x {{list}}", "TU2007"],
    ["x {{nothing}}", "TU2007"],
  ])("refuses %s", (text, code) => {
    expect(ours(text)).toEqual({ code });
  });
});
