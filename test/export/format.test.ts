import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import * as fc from "fast-check";
import { load } from "js-yaml";
import { afterAll, describe, expect, it } from "vitest";
import { expandedByPython } from "../../src/export/dotenv.ts";
import { FORMATS, type Format, type Named, githubFormat, textFault, unspeakable } from "../../src/export/format.ts";
import { maskCommand, masksOf } from "../../src/export/github.ts";
import { nameFault } from "../../src/export/names.ts";
import { commandsIn } from "../attacks/runner-commands.ts";
import { dockerEnv, has, nodeEnvFile, pyYaml, pythonDotenv, runnerEnv, sourced } from "./readers.ts";

const folder = mkdtempSync(join(tmpdir(), "trueup-export-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const python = has("python3", "-c", "import dotenv, yaml");

const HOSTILE = [
  "", " ", "plain", "a=b=c", "#no comment", "a #b", " lead", "trail ", "tab\there", "two\nlines", "\n", "ends\n", "\nstarts",
  "it's", '"quoted"', "it's \"both\"", "`id`", "$HOME", "${HOME}", "$(touch pwned)", "a\\b", "a\\\\b", "tail\\", "\\n", "C:\\new\\table",
  "!!", "a!b", "'", '"', "'\"", "\r", "a\r\nb", "%41", "é ü 中文 😀", "\u2028", "a \u2028 b", "\u0085", "a \u0085 b", "\ufeffx", "null", "no", "~/x", "*", "a;b", "a&&b", "a|b", "<x>",
  "export X=1", "X=1\nY=2", "EOF", "::add-mask::x", "line\n::set-output name=a::b", "{\"a\": [1, \"b\"]}", "[\"it's\"]", "-----BEGIN KEY-----\nabc\n-----END KEY-----\n",
  "\u0001\u001b[31m", "\u007f", "x".repeat(3000),
]; // prettier-ignore

function format(name: string): Format {
  const found = FORMATS[name];
  if (found === undefined) throw new Error(`no format ${name}`);
  return found;
}

function named(texts: readonly string[]): Named[] {
  return texts.map((text, index) => ({ name: `V_${index}`, text }));
}

/** Variables that the format says it can carry, the file they make, and what a reader must find. */
function written(name: string, texts: readonly string[]) {
  const chosen = format(name);
  const refused = new Set(unspeakable(named(texts), chosen).map((each) => each.name));
  const variables = named(texts).filter((variable) => !refused.has(variable.name));
  const file = join(folder, `${name}-${Math.random()}`);
  writeFileSync(file, chosen.write(variables));
  return {
    variables,
    file,
    text: chosen.write(variables),
    refused: named(texts).filter((each) => refused.has(each.name)),
  };
}

function expectSame(read: ReadonlyMap<string, string>, variables: readonly Named[]): void {
  expect(variables.map(({ name }) => [name, read.get(name)])).toEqual(variables.map(({ name, text }) => [name, text]));
}

describe("dotenv", () => {
  const { variables, file, refused } = written("dotenv", HOSTILE);

  it("is read alike by Node, bash and sh", () => {
    expect(variables.length).toBeGreaterThan(30);
    expectSame(nodeEnvFile(file), variables);
    expectSame(sourced("bash", file), variables);
    expectSame(sourced("sh", file), variables);
  });

  it.skipIf(!python)("is read alike by python-dotenv, but for ${…}, which is told", () => {
    const expanded = expandedByPython(variables);
    const read = pythonDotenv(file) as Record<string, string>;
    const others = variables.filter(({ name }) => !expanded.includes(name));
    expect(expanded.length).toBe(1);
    expectSame(new Map(Object.entries(read)), others);
  });

  it("refuses what has no common spelling", () => {
    expect(refused.map(({ text }) => text)).toEqual([
      "it's \"both\"", "a\\\\b", "tail\\", "'\"", "\r", "a\r\nb", "[\"it's\"]",
    ]); // prettier-ignore
  });

  it("reads back any text that it takes", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", " ", "'", '"', "\\", "$", "`", "#", "\n", "=", "!", "{", "n", "é"),
    });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 4 }), (texts) => {
        const chosen = format("dotenv");
        const refusedNames = new Set(unspeakable(named(texts), chosen).map(({ name }) => name));
        const taken = named(texts).filter(({ name }) => !refusedNames.has(name));
        expectSame(new Map(Object.entries(parseEnv(chosen.write(taken))) as [string, string][]), taken);
      }),
      { numRuns: 300 },
    );
  });
});

describe("shell", () => {
  it("gives any text to bash and sh, and runs none of it", () => {
    const { variables, file, refused } = written("shell", HOSTILE);
    expect(refused).toEqual([]);
    expectSame(sourced("bash", file), variables);
    expectSame(sourced("sh", file), variables);
  });
});

describe("json and yaml", () => {
  it("json reads back", () => {
    const { text, variables } = written("json", HOSTILE);
    expectSame(new Map(Object.entries(JSON.parse(text) as Record<string, string>)), variables);
  });

  it("yaml reads back as YAML 1.2, and keeps names that look like booleans", () => {
    const { text, variables } = written("yaml", HOSTILE);
    expectSame(new Map(Object.entries(load(text) as Record<string, string>)), variables);
    expect(
      format("yaml").write([
        { name: "NO", text: "1" },
        { name: "A", text: "on" },
      ]),
    ).toBe('"NO": "1"\nA: "on"\n');
    expect(format("yaml").write([])).toBe("{}\n");
  });

  it.skipIf(!python)("yaml reads back as YAML 1.1", () => {
    const { text, variables } = written("yaml", HOSTILE);
    expectSame(new Map(Object.entries(pyYaml(text) as Record<string, string>)), variables);
  });
});

describe("docker", () => {
  it("refuses what a line cannot hold", () => {
    const { refused } = written("docker", [...HOSTILE, "x".repeat(70_000)]);
    expect(refused.every(({ text }) => /[\r\n]/u.test(text) || text.length > 60_000)).toBe(true);
    expect(refused.length).toBe(10);
  });

  it.skipIf(!has("docker", "--version"))("is read by docker itself", async () => {
    const { variables, file } = written("docker", [...HOSTILE, "x".repeat(65_000)]);
    expect(await dockerEnv(file)).toEqual(variables.map(({ name, text }) => `${name}=${text}`));
  });
});

describe("github", () => {
  const chosen = githubFormat("trueup_9f1c");

  it("is read back by the runner, whatever the text says", () => {
    const variables = named(HOSTILE);
    expect(unspeakable(variables, chosen)).toEqual([]);
    expectSame(runnerEnv(chosen.write(variables)), variables);
  });

  it("refuses a text that knows the delimiter: it could add variables", () => {
    expect(unspeakable([{ name: "A", text: "x\ntrueup_9f1c\nPATH=/evil" }], chosen)).toHaveLength(1);
  });

  it("masks every line of a secret that is long enough, and no common word", () => {
    expect(masksOf("s3cr3t-value")).toEqual(["s3cr3t-value"]);
    expect(masksOf("-----BEGIN-----\n  abcdefgh\n}\n-----BEGIN-----\n")).toEqual(["-----BEGIN-----", "abcdefgh"]);
    expect([masksOf("short"), masksOf("password"), masksOf(""), masksOf("a\nb")]).toEqual([[], [], [], []]);
  });

  it("a mask is one command, whatever the secret says", () => {
    const commands = commandsIn(maskCommand("50%0A::x%"));
    expect(commands).toMatchObject([{ name: "add-mask", data: "50%0A::x%" }]);
  });
});

describe("names and texts", () => {
  it.each([
    ["1ST", "exec"], ["A-B", "file"], ["", "exec"], ["LD_PRELOAD", "exec"], ["DYLD_INSERT_LIBRARIES", "exec"], ["BASH_ENV", "github"],
    ["PATH", "file"], ["UID", "file"], ["NODE_OPTIONS", "github"], ["GITHUB_TOKEN", "github"], ["runner_temp", "github"],
  ] as const)("%s is refused for %s", (name, use) => {
    expect(nameFault(name, use)).toBeTypeOf("string");
  }); // prettier-ignore

  it.each([["DATABASE_HOST", "github"], ["ENV", "file"], ["PATH", "exec"], ["NODE_OPTIONS", "exec"], ["a b", "data"]] as const)("%s is fine for %s", (name, use) => {
    expect(nameFault(name, use)).toBeUndefined();
  }); // prettier-ignore

  it("no format carries NUL or half a character", () => {
    expect(textFault("a\0b")).toContain("NUL");
    expect(textFault("\ud83d")).toContain("Unicode");
    expect(textFault("😀")).toBeUndefined();
  });
});
