/** Leaks that the generated repos found, one by one: every format of `validate` keeps what stands at a secret's place to itself. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { main } from "../../src/cli/main.ts";
import { tempFolder, writeFiles } from "../project.ts";
import { canaryOf } from "./canary.ts";
import { detectorOf } from "./detector.ts";
import { randomOf } from "./random.ts";
import { quietIo } from "./quiet-io.ts";
import { fakeStore, forgetStore, registerFakes } from "./stores.ts";

registerFakes();
const canary = canaryOf("the secret", randomOf(1), "ascii");
const { text } = canary;
const detector = detectorOf([canary]);

const NUMBER = "7984130793468409513134960";

const REPO = {
  "trueup.yaml":
    'version: 1\nsystem: shop\nenvironments: { dev: {} }\ntargets:\n  all: { type: memory, connection: { id: found, password: { fromEnv: P } }, path: "/{{app}}/{{key}}" }\n',
  "apps/orders/base.yaml": "cred:\n  dsn: x\n",
  "apps/orders/schema.yaml":
    "type: object\nproperties: { cred: { type: object, properties: { dsn: { type: string, x-secret: true } } } }\n",
};
let made: ReturnType<typeof tempFolder>;
beforeAll(() => void (made = tempFolder()));
afterAll(() => {
  made.dispose();
  forgetStore("found");
});

async function says(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<[number, string]> {
  const said: string[] = [];
  const io = quietIo(made.folder, env, (piece) => void said.push(piece));
  return [await main(args, io), said.join("")];
}

const dsn = (value: string): Record<string, string> => ({ "apps/orders/base.yaml": `cred:\n  dsn: ${value}\n` });

describe("plain text where a schema wants a secret, under a name that tells nothing", () => {
  it.each<[string, string, Record<string, string>]>([
    ["in a template that cannot be read", "TU2002", dsn(`"${text}{{"`)],
    ["as the name in a template", "TU2001", dsn(`"{{${text}}}"`)],
    ["in a template with a helper that nobody knows", "TU2003", dsn(`"{{nohelper '${text}'}}"`)],
    ["in quotes that do not end", "TU1001", dsn(`"${text}`)],
    ["in a block with tabs", "TU1001", dsn(`|\n    BEGIN\n\t${text}\n`)],
    ["after an at sign", "TU1001", dsn(`@${text}`)],
    ["behind a tag", "TU1006", dsn(`!vault ${text}`)],
    ["as a tag", "TU1006", dsn(`!${text} x`)],
    ["as a reference", "TU1001", dsn(`*${text}`)],
    ["with a control character", "TU1001", dsn(`"${text}\u0007"`)],
    ["with an escape that there is not", "TU1001", dsn(`"${text}\\q"`)],
    ["in braces without quotes", "TU1003", dsn(`{{${text}}}`)],
    ["as a number with a zero in front", "TU1004", dsn("0123456789")],
    [
      "as a number too long to be held, at a misspelt key",
      "TU1005",
      { "apps/orders/base.yaml": `cred:\n  dsns: ${NUMBER}\n` },
    ],
    ["in secrets.yaml", "TU1016", { "apps/orders/secrets.yaml": `db: "${text}"\n` }],
    ["in secrets.yaml, for the holder", "TU1016", { "apps/orders/secrets.yaml": `db: { from: "${text}" }\n` }],
    ["in a connection", "TU1016", { "trueup.yaml": REPO["trueup.yaml"].replace("{ fromEnv: P }", `"${text}"`) }],
  ])("%s", async (_, code, files) => {
    writeFiles(made.folder, { "apps/orders/secrets.yaml": "", ...REPO, ...files });
    for (const format of ["human", "json", "github", "sarif"]) {
      const [exit, output] = await says(["validate", "--format", format]);
      expect([exit, output]).toEqual([3, expect.stringContaining(code)]);
      expect(detector.search(output)).toEqual([]);
      expect(output).not.toMatch(/0123456789|79841307934684/u);
    }
  });

  it("but a reference is still shown as it is to be typed", async () => {
    writeFiles(made.folder, { ...REPO, ...dsn("{{secret.db}}") });
    const [, output] = await says(["validate"]);
    expect(output).toContain('dsn: "{{secret.db}}"');
  });
});

it("an error that nobody expected is shown without its message, which may hold anything", async () => {
  writeFiles(made.folder, { ...REPO, "apps/orders/base.yaml": "port: 1\n" });
  fakeStore("found").trouble = "open-throws";
  const [exit, output] = await says(["diff"], { TRUEUP_DEBUG: "1", P: text });
  expect([exit, output]).toEqual([1, expect.stringMatching(/INTERNAL[\s\S]*\nError\n {4}at /u)]);
  expect(detector.search(output)).toEqual([]);
});

describe("a file that cannot be edited", () => {
  it.each([`*${text}`, `!${text} x`, `!<${text}> x`, `"${text}\\q"`, `&${text} {`])(
    "fmt does not quote %s",
    async (value) => {
      writeFiles(made.folder, { "apps/orders/secrets.yaml": "", ...REPO, ...dsn(value) });
      const [, output] = await says(["fmt", "--check"]);
      expect(output).toContain("apps/orders/base.yaml");
      expect(detector.search(output)).toEqual([]);
    },
  );
});
