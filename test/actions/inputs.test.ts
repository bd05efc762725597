/** Inputs: what each may be, what is said of bad ones, and the command line they stand for. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { array, assert, constantFrom, pre, property } from "fast-check";
import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { argumentsOf, restoreArguments, shownCommand } from "../../src/actions/command-line.ts";
import { ACTIONS, type ActionName, FAIL_ON, readInputs } from "../../src/actions/inputs.ts";
import { VERSION } from "../../src/version.ts";
import { spawnSync } from "node:child_process";

const ROOT = join(import.meta.dirname, "../..");
const HERE = { base: undefined, fork: false };
const BASE = "b".repeat(40);

const read = (action: ActionName, given: Readonly<Record<string, string>> = {}) =>
  readInputs(action, (name) => (action === "apply" ? { env: "dev", ...given } : given)[name]?.trim() ?? "");
const line = (
  action: ActionName,
  given: Readonly<Record<string, string>> = {},
  around: { base: string | undefined; fork: boolean } = HERE,
) => argumentsOf(read(action, given), { ...around, allow: [] });

interface Manifest {
  readonly inputs: Readonly<Record<string, { description: string; default?: string; required?: boolean }>>;
  readonly outputs: Readonly<Record<string, { description: string }>>;
  readonly runs: { readonly using: string; readonly main: string };
}
const manifest = (action: ActionName): Manifest =>
  load(readFileSync(join(ROOT, "actions", action, "action.yml"), "utf8")) as Manifest;

describe.each(ACTIONS)("action.yml of %s", (action) => {
  it("runs the bundle on Node 24 and describes everything", () => {
    const { runs, inputs, outputs } = manifest(action);
    expect(runs).toEqual({ using: "node24", main: `../../dist/actions/${action}.cjs` });
    for (const { description } of [...Object.values(inputs), ...Object.values(outputs)])
      expect(description).toMatch(/^\S.*\.$/u);
  });

  it("has every input that is read, and no other", () => {
    const asked = new Set<string>();
    readInputs(action, (name) => {
      asked.add(name);
      return name === "env" ? "dev" : "";
    });
    expect([...asked].toSorted()).toEqual(Object.keys(manifest(action).inputs).toSorted());
  });

  it("says the same defaults as the code", () => {
    const defaults = Object.fromEntries(
      Object.entries(manifest(action).inputs).map(([name, input]) => [name, input.default ?? ""]),
    );
    const { token, ...withDefaults } = read(action, { ...defaults, ...(action === "apply" ? { env: "dev" } : {}) });
    expect(token).toBe("${{ github.token }}");
    expect(withDefaults).toEqual({ ...read(action), token: undefined });
    expect((defaults["fail-on"] ?? "").split(",").filter((word) => word !== "never")).toEqual(FAIL_ON[action].usual);
  });
});

describe("a command line", () => {
  it.each([
    ["validate", {}, "trueup validate"],
    ["validate", { strict: "true", sarif: "out.sarif" }, "trueup validate --strict --out=sarif=out.sarif"],
    [
      "render",
      { format: "k8s", physical: "TRUE", secrets: "omit" },
      "trueup render --format=k8s --secrets=omit --physical --out=dir=rendered",
    ],
    [
      "diff",
      { app: "orders, cart", env: "prod" },
      "trueup diff --app=orders,cart --env=prod --against=auto --detailed-exitcode",
    ],
    ["diff", { "working-directory": "my config" }, "trueup '--dir=my config' diff --against=auto --detailed-exitcode"],
    [
      "apply",
      { env: "prod", expect: "p-0123456789abcdef", allow: "delete\nwide" },
      "trueup apply --env=prod --yes --expect=p-0123456789abcdef --on-mismatch=auto --allow=delete,wide",
    ],
    ["apply", { "dry-run": "true", region: "us-*" }, "trueup apply --env=dev '--region=us-*' --yes --dry-run"],
    ["drift", { unmanaged: "list" }, "trueup drift --unmanaged"],
  ] as const)("of %s with %j", (action, given, command) => {
    expect(shownCommand(line(action, given))).toBe(command);
  });

  it("compares with the base: of a fork always, otherwise where no store can be reached", () => {
    expect(line("diff", {}, { base: BASE, fork: true })).toContain(`--against=${BASE}`);
    expect(line("diff", {}, { base: BASE, fork: false })).toEqual([
      "diff",
      "--against=auto",
      `--base=${BASE}`,
      "--detailed-exitcode",
    ]);
    expect(line("diff", { against: "live" }, { base: BASE, fork: true })).toContain("--against=live");
    expect(line("validate", { "changed-only": "true" }, { base: BASE, fork: true })).toEqual([
      "validate",
      `--changed-since=${BASE}`,
    ]);
    expect(line("validate", { "changed-only": "true" })).toEqual(["validate"]);
  });

  it("puts back drift only where it may", () => {
    const inputs = read("drift", { restore: "cache@dev, *@staging", env: "dev" });
    if (inputs.action !== "drift") throw new Error("drift");
    expect(shownCommand(restoreArguments(inputs))).toBe(
      "trueup apply --env=dev --yes --allow=drift -- cache@dev '*@staging'",
    );
  });

  it("INJ-07: a value is never a flag or a second word, and a shell reads back what is shown", () => {
    const text = array(constantFrom(..."-=;|&$`'\"\\ #*?~!(){}[]<>%:,abc".split("")), {
      minLength: 1,
      maxLength: 30,
    }).map((characters) => characters.join(""));
    assert(
      property(text, (value) => {
        pre(value.trim() !== "" && value.trim() !== ".");
        const args = line("render", { "working-directory": value, out: value });
        expect(args).toEqual([
          `--dir=${value.trim()}`,
          "render",
          "--format=yaml",
          "--secrets=redact",
          `--out=dir=${value.trim()}`,
        ]);
      }),
    );
    const nasty = ["a'b", "$(id)", "`id`", "a;b", "--store etcd; rm", "~", "!x", "\\", '"', "{a,b}", "x y"];
    const { stdout } = spawnSync("sh", ["-c", `trueup() { printf '%s\\n' "$@"; }; ${shownCommand(nasty)}`], {
      encoding: "utf8",
    });
    expect(stdout.trimEnd().split("\n")).toEqual(nasty);
  });
});

describe("a bad input is named", () => {
  it.each([
    ["validate", { strict: "yes" }, 'the input strict must be true or false, not "yes"'],
    ["validate", { "fail-on": "drift" }, 'the input fail-on takes invalid, or never alone; "drift" is none of them'],
    ["validate", { sarif: "a\u0000b" }, "the input sarif holds a line break or another control character"],
    ["render", { format: "xml" }, 'the input format must be one of yaml, json, dotenv, k8s, not "xml"'],
    ["render", { out: "a\nb" }, "the input out holds a line break or another control character"],
    ["diff", { app: "orders cart" }, 'the input app takes names or globs with commas between them, not "orders cart"'],
    [
      "diff",
      { "fail-on": "changes, never" },
      'takes invalid, refused, changes, delete, conflict, or never alone; "never" is none of them',
    ],
    ["apply", { env: "" }, "the input env must name one environment"],
    ["apply", { env: "dev,prod" }, "the input env must name one environment"],
    ["apply", { env: "*" }, "the input env must name one environment"],
    ["apply", { env: "prod\nMALICIOUS=1" }, "the input env"],
    ["apply", { "on-mismatch": "maybe" }, "the input on-mismatch must be one of stop, continue, auto"],
    ["drift", { unmanaged: "all" }, "the input unmanaged must be one of ignore, count, list"],
    ["drift", { version: "99.0.0" }, `the input version asks for another version than this one, ${VERSION}`],
  ] as const)("%s with %j", (action, given, message) => {
    expect(() => read(action, given)).toThrow(message);
  });

  it("takes the version that runs", () => {
    expect(read("validate", { version: `v${VERSION}` }).action).toBe("validate");
  });
});
