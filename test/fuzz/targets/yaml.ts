/** Reading YAML: whatever the bytes, a value that js-yaml agrees with, or problems with places inside the file. */
import { CORE_SCHEMA, load as jsYaml } from "js-yaml";
import { canonicalJson } from "../../../src/canonical.ts";
import { readYaml } from "../../../src/load/yaml.ts";
import { hasErrors, type Problem } from "../../../src/problem.ts";
import { repo } from "../../stages/load/harness.ts";
import { type FuzzTarget, must, textOf } from "../target.ts";

export const yaml: FuzzTarget = {
  name: "yaml",
  fresh: 600,
  dictionary: [
    "- ", ": ", "? ", "&a ", "*a", "<<: *a", "!!str ", "!t ", "|\n  ", ">-\n  ", "---\n", "...\n", "%YAML 1.2\n", "#", "\t",
    "\r\n", "[", "]", "{", "}", ", ", '"', "'", '"\\u0000"', '"\\ud800"', "~", "null", "yes", "0o7", "0x1F", "1e3", ".inf", "1_000",
    "2024-01-01", "__proto__: ", "constructor: ", "$remove: [a]", "{{a}}", "\u00a0", "\u2028", "\u202e", "\ufeff", "e\u0301", "\n  ", "\n",
  ], // prettier-ignore
  seeds: [
    "a: 1\nb: { c: [x, 'y', \"z\"] }\n",
    "# note\nlist:\n  - a\n  - b: 1\n    c: |\n      text\n       more\n  - >-\n    folded\n",
    'x: &a { k: "\\x41\\n" }\ny: *a\nz: {{vars.a}}\n',
    "a: no\nb: 010\nc: 2024-01-01\nd: 1.5e3\ne: ~\n? f\n: g\n",
    '{"a": [1, 2.5, true, null], "b": {"c": "d"}}',
  ],
  run(input) {
    const text = textOf(input);
    for (const merge of [false, true]) {
      const { value, problems, empty } = readYaml({ path: "f.yaml", text }, { merge });
      checkProblems(problems, text);
      must((value === undefined) === hasErrors(problems), "a value, or an error", problems);
      if (value === undefined || merge || empty) continue;
      // Equal to what another reader makes of it, also through our own canonical form.
      must(
        canonicalJson(value) === canonicalJson(jsYaml(text, { schema: CORE_SCHEMA }) as never),
        "js-yaml reads the same",
      );
    }
    // As bytes, through the whole stage, where encodings and file roles come in; it takes longer, so not always.
    if (input.length % 8 !== 0 && Buffer.from(text).equals(input)) return;
    const loaded = repo({ "apps/a/base.yaml": input });
    must(
      loaded.problems.every(({ message }) => message !== ""),
      "problems have words",
    );
  },
};

function checkProblems(problems: readonly Problem[], text: string): void {
  must(problems.length <= 101, "at most a hundred problems and their count", problems.length);
  for (const { code, message, fix, at } of problems) {
    must(/^TU1\d{3}$/u.test(code), "a code of this stage", code);
    must(message !== "" && !/undefined|\[object|NaN/u.test(message.replaceAll(/"[^"]*"/gu, "")), "words", message);
    must(fix === undefined || fix !== "", "a fix has words");
    if (at !== undefined && "offset" in at)
      must(
        at.offset >= 0 && at.length >= 0 && at.offset + at.length <= text.length + 1,
        "a place inside the file",
        at,
        text.length,
      );
  }
}
