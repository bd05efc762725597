/** What the small runner does not know, it refuses: it must never pass over a part of a workflow in silence. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../../cli/run.ts";
import { fill, isTrue } from "./expression.ts";
import { readWorkflow } from "./read.ts";

const FOLDER = join(ROOT, "config-repo-template/.github/workflows");
const apply = readFileSync(join(FOLDER, "apply.yml"), "utf8");
const changed = (from: string, to: string): string => {
  expect(apply).toContain(from);
  return apply.replace(from, to);
};

describe("a workflow file", () => {
  it("of the template is understood", () => {
    const names = readdirSync(FOLDER).map((file) => readWorkflow(readFileSync(join(FOLDER, file), "utf8")).name);
    expect(names.toSorted()).toEqual(["apply", "drift", "plan", "validate"]);
  });

  it.each([
    ["an event", "  push:\n", "  pull_request_target:\n", "pull_request_target"],
    ["a filter", "    branches: [main]\n", "    paths: [apps]\n", "paths"],
    ["rights for all jobs", "permissions: {}\n", "permissions: { contents: write }\n", "permissions: {}"],
    ["defaults", "jobs:\n", "defaults: { run: { shell: sh } }\njobs:\n", "defaults"],
    ["a key of a job", "    timeout-minutes: 10\n", "    continue-on-error: true\n", "continue-on-error"],
    ["another machine", "    runs-on: ubuntu-24.04\n", "    runs-on: windows-2025\n", "windows-2025"],
    ["a step that runs a script", "      - id: plan\n", "      - run: 'true'\n      - id: plan\n", "run"],
    ["a condition of a step", "      - id: plan\n", "      - id: plan\n        if: always()\n", "if"],
    ["jobs side by side", "      max-parallel: 1 ", "      max-parallel: 2 ", "one after the other"],
    ["a second axis", "      matrix:\n", "      matrix:\n        os: '[1]'\n", "one axis"],
  ])("with %s is refused", (_, from, to, word) => {
    expect(() => readWorkflow(changed(from, to))).toThrow(word);
  });
});

describe("an expression", () => {
  const contexts = {
    github: { event_name: "push" },
    vars: { A: "x" },
    needs: { plan: { outputs: { list: '["a"]' } } },
  };

  it("of the kinds that the template has is worked out", () => {
    expect(fill("to ${{ vars.A }}/${{ vars.B }}", contexts)).toBe("to x/");
    expect(fill("${{ fromJSON(needs.plan.outputs.list) }}", contexts)).toEqual(["a"]);
    expect(isTrue("vars.A == 'y' || github.event_name == 'PUSH'", contexts)).toBe(true);
    expect(isTrue("vars.A == 'x' && needs.plan.outputs.list != '[\"a\"]'", contexts)).toBe(false);
    expect(isTrue("(vars.A == 'it''s') || vars.B", contexts)).toBe(false);
  });

  it.each([
    "${{ github.ref }}",
    "${{ needs.other.outputs.list }}",
    "${{ always() }}",
    "${{ contains(vars.A, 'x') }}",
    "${{ !vars.A }}",
    "${{ vars.A == 1 }}",
    "${{ vars.A vars.A }}",
    "${{ (vars.A }}",
    "${{ vars['A'] }}",
  ])("%s is refused", (text) => {
    expect(() => fill(text, contexts)).toThrow(/not there|not understood|only texts|bracket/u);
  });
});
