/** Templates: never an error of ours, never more text than allowed, never a word on the console, the same every time. */
import Handlebars from "handlebars";
import type { ValueMap } from "../../../src/model.ts";
import { renderFile } from "../../../src/render/files.ts";
import { secret } from "../../../src/secret.ts";
import { evaluate, type Lookup } from "../../../src/template/evaluate.ts";
import { lookIn } from "../../../src/template/names.ts";
import { isTemplate, parseSimple, parseTemplate } from "../../../src/template/template.ts";
import { type FuzzTarget, must, mustEqual, textOf } from "../target.ts";

const DATA: ValueMap = {
  a: "x",
  b: { c: 5, d: true, "e-f": "dash" },
  empty: "",
  list: ["p", "q", { r: 1 }],
  brace: "{{a}}",
  nothing: null,
  password: secret([{ secret: "db", through: [] }]),
  toString: "own",
};
const lookup: Lookup = (parts) => lookIn(DATA, parts, "");
/** What only an object that everybody shares could have given. */
const INHERITED = /native code|\[object|function /u;

export const template: FuzzTarget = {
  name: "template",
  fresh: 700,
  dictionary: [
    "{{", "}}", "{{{", "}}}", "{{~", "~}}", "{{!", "{{!--", "--}}", "{{#if ", "{{else}}", "{{/if}}", "{{#each list}}", "{{/each}}", "{{#with b}}", "{{/with}}",
    "{{#unless ", "{{/unless}}", "{{> x}}", "{{* x}}", "{{log a}}", "{{lookup . 'a'}}", "@root", "@index", "@key", "this", "../", "a", "b.c", "b.[e-f]", "list.0", "list.[2].r",
    "password", "constructor", "__proto__", "toString", "upper ", "default ", "join ", "json ", "(", ")", '"', "'", "\\", "\\{{", "as |x|", "=", "null", "true", "1", ".",
  ], // prettier-ignore
  seeds: [
    "http://{{a}}.{{b.c}}/{{upper a}}",
    "{{#each list}}{{@index}}={{this}} {{/each}}{{#if b.d}}y{{else}}n{{/if}}",
    '{{default nope "d"}} {{join list ","}} \\{{a}} {{{a}}} {{~a~}}',
    "{{password}} {{upper password}} {{#with b}}{{c}} {{@root.a}}{{/with}}",
    "{{constructor}} {{__proto__.x}} {{toString}} {{list.length}}",
  ],
  run(input) {
    const text = textOf(input);
    const said = quietly(() => {
      asValue(text);
      asFile(text);
    });
    must(said.length === 0, "nothing is said on the console", said);
  },
};

function asValue(text: string): void {
  const parsed = parseTemplate(text, Handlebars);
  if ("problem" in parsed) {
    must(/^TU2\d{3}$/u.test(parsed.problem.code) && parsed.problem.message !== "", "a code and words", parsed);
    return;
  }
  const simple = parseSimple(text);
  if (simple !== undefined) mustEqual(simple, parsed.template, "the short way reads the same");
  const result = evaluate(parsed.template, lookup);
  mustEqual(evaluate(parsed.template, lookup), result, "twice the same");
  if ("trouble" in result) {
    const { code, message, start, end } = result.trouble;
    must(
      /^TU[24]\d{3}$/u.test(code) && message !== "" && start >= 0 && end >= start && end <= text.length,
      "a place inside",
      result,
    );
  } else if (typeof result.value === "string") {
    must(result.value.length <= 65_536, "at most 64 KiB", result.value.length);
    must(!INHERITED.test(result.value) || INHERITED.test(text), "nothing inherited", result.value);
    if (!isTemplate(text)) must(result.value === text, "text is text", text, result.value);
  }
}

function asFile(text: string): void {
  const render = () => {
    const file = { name: "x", file: "apps/a/files/x.hbs", text };
    return renderFile(file, DATA, lookup, { handlebars: Handlebars, unit: "a@dev" });
  };
  const result = render();
  mustEqual(render(), result, "twice the same");
  if ("problem" in result) must(/^TU\d{4}$/u.test(result.problem.code), "a code", result.problem.code);
  else if (typeof result.text === "string")
    must(!INHERITED.test(result.text) || INHERITED.test(text), "nothing inherited", result.text);
}

const METHODS = ["log", "info", "warn", "error", "debug"] as const;

/** What `work` says on the console. */
function quietly(work: () => void): readonly unknown[] {
  const said: unknown[] = [];
  const before = METHODS.map((method) => console[method]);
  for (const method of METHODS) console[method] = (...words: unknown[]) => void said.push(words);
  try {
    work();
  } finally {
    for (const [i, method] of METHODS.entries()) console[method] = before[i] as typeof console.log;
  }
  return said;
}
