/** Credentials in the open, known by their look (SEC-11, SEC-16). None of those here opens anything. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { credentialIn } from "../../../src/credential.ts";
import { check, drivers, folderSource, openProject } from "../../../src/index.ts";
import { memorySource } from "../../../src/load/source.ts";
import { LOOKALIKES, SAMPLES } from "../../attacks/credentials.ts";

const ROOT = join(import.meta.dirname, "../../..");
const GOVUK = join(ROOT, "../shared/data/govuk");

describe("a text that looks like a credential", () => {
  it.each(SAMPLES)("$what is known", ({ what, text, sure, secret }) => {
    const found = credentialIn(`before "${text}" after`);
    expect(found).toMatchObject({ what, sure });
    const { start, end } = found ?? { start: 0, end: 0 };
    expect(`before "${text}" after`.slice(start, end)).toBe(secret ?? text);
  });

  it.each(LOOKALIKES)("%s is none", (text) => {
    expect(credentialIn(text)).toBeUndefined();
  });

  it("is found wherever it stands, and never in what has none of the beginnings", () => {
    const filler = fc.stringMatching(/^[a-z ,;=]{0,30}$/u);
    fc.assert(
      fc.property(filler, filler, fc.constantFrom(...SAMPLES), (before, after, { what, text }) => {
        expect(credentialIn(`${before} ${text} ${after}`)?.what).toBe(what);
        expect(credentialIn(`${before} ${after}`)).toBeUndefined();
      }),
    );
  });

  it("takes time in proportion to its length, whatever is repeated", () => {
    const pieces = SAMPLES.flatMap(({ text }) => [4, 6, 9, 13, 20, 40].map((length) => text.slice(0, length)));
    for (const piece of new Set([
      ...pieces,
      "://",
      "://a:",
      "://a:b",
      "://a:{",
      "eyJ-",
      "SG.",
      "@",
      ":",
      "-----BEGIN A ",
    ])) {
      const text = piece.repeat(Math.ceil(1_000_000 / piece.length));
      const start = process.cpuUsage();
      credentialIn(text);
      const { user } = process.cpuUsage(start);
      expect(user / 1000, JSON.stringify(piece)).toBeLessThan(500);
    }
  });
});

const CONFIG =
  "version: 1\nsystem: shop\nenvironments: { dev: {}, prod: {} }\ntargets: { local: { type: directory } }\n";
const PLAIN_TOKEN = SAMPLES.find(({ what }) => what === "a GitHub token")?.text ?? "";

async function problemsIn(files: Readonly<Record<string, string>>) {
  const { bench, problems } = await openProject(memorySource({ "trueup.yaml": CONFIG, ...files }), drivers);
  const found = bench === undefined ? problems : check(bench, problems).problems;
  expect(JSON.stringify(found)).not.toContain(PLAIN_TOKEN);
  return found.map(({ code, severity, message, at, fix, masked, reach }) => ({
    code,
    severity,
    message,
    at,
    fix,
    masked,
    reach,
  }));
}

describe("a credential in the files", () => {
  it("is an error with place, cure and reach, told once, and never shown", async () => {
    expect(await problemsIn({ "apps/orders/base.yaml": `build:\n  helper: ${PLAIN_TOKEN}\n` })).toEqual([
      {
        code: "TU4008",
        severity: "error",
        message: "build.helper holds what looks like a GitHub token, in plain text",
        at: { file: "apps/orders/base.yaml", path: ["build", "helper"] },
        fix: 'trueup secrets set orders helper --env dev    then write "{{secret.helper}}"',
        masked: true,
        reach: ["orders@dev", "orders@prod"],
      },
    ]);
  });

  it("is found where every place overrides it, in lists, and beside a secret", async () => {
    const found = await problemsIn({
      "apps/orders/base.yaml": `a: ${PLAIN_TOKEN}\nl: [x, ${PLAIN_TOKEN}]\nu: "https://u:hunter2hunter2@h.example/{{secret.s}}"\n`,
      "apps/orders/dev.yaml": "a: fine\n",
      "apps/orders/prod.yaml": "a: good\n",
      "apps/orders/secrets.yaml": "s: { from: generate, length: 30 }\n",
    });
    expect(found.filter(({ code }) => code === "TU4008").map(({ at, message }) => [message.split(" ")[0], at])).toEqual(
      expect.arrayContaining([
        ["a", { file: "apps/orders/base.yaml", path: ["a"] }],
        ["l.1", { file: "apps/orders/base.yaml", path: ["l", "1"] }],
        ["u", { file: "apps/orders/base.yaml", path: ["u"] }],
      ]),
    );
    expect(found.filter(({ code }) => code === "TU4008")).toHaveLength(3);
  });

  it("is found in what only rendering puts together, in whole files, in shared/ and in trueup.yaml", async () => {
    const found = await problemsIn({
      "trueup.yaml": `${CONFIG}regions: { x: { vars: { t: ${PLAIN_TOKEN} } } }\n`,
      "apps/orders/base.yaml":
        'p: hunter2hunter2\nu: "postgres://app:{{self.p}}@db.example.com/x"\nv: "{{shared.t}}"\n',
      "apps/orders/files/x.conf.hbs": `key ${PLAIN_TOKEN};\n`,
      "shared/base.yaml": `t: ${PLAIN_TOKEN}\n`,
    });
    const places = found.filter(({ code }) => code === "TU4008").map(({ at }) => at);
    expect(places).toEqual([
      { file: "shared/base.yaml", path: ["t"] },
      { file: "trueup.yaml", path: ["regions", "x", "vars", "t"] },
      { file: "apps/orders/base.yaml", path: ["u"] },
    ]);
  });

  it("is found in a whole file by its line", async () => {
    const found = await problemsIn({
      "apps/orders/base.yaml": "a: 1\n",
      "apps/orders/files/x.conf.hbs": `key ${PLAIN_TOKEN};\n`,
    });
    expect(found).toMatchObject([
      { code: "TU4008", at: { file: "apps/orders/files/x.conf.hbs", offset: 4, length: PLAIN_TOKEN.length } },
    ]);
  });

  it("is a warning where some of its kind are public, and nothing where the schema says that it is no secret", async () => {
    const values = `maps: ${SAMPLES.find(({ what }) => what === "a Google API key")?.text ?? ""}\ntoken: ${PLAIN_TOKEN}\n`;
    expect(await problemsIn({ "apps/orders/base.yaml": values })).toMatchObject([
      { code: "TU4008", severity: "warning" },
      { code: "TU4008", severity: "error" },
    ]);
    const schema =
      "properties: { maps: { type: string, x-secret: false }, token: { type: string, x-secret: false } }\n";
    expect(await problemsIn({ "apps/orders/base.yaml": values, "apps/orders/schema.yaml": schema })).toEqual([]);
  });

  it("is the plaintext secret that it is where the schema calls it one, also where it is overridden", async () => {
    const schema = "properties: { token: { type: string, x-secret: true } }\n";
    const found = await problemsIn({
      "apps/orders/base.yaml": `token: ${PLAIN_TOKEN}\n`,
      "apps/orders/prod.yaml": 'token: "{{secret.token}}"\n',
      "apps/orders/secrets.yaml": "token: {}\n",
      "apps/orders/schema.yaml": schema,
    });
    expect(found).toMatchObject([{ code: "TU4001", reach: ["orders@dev"], at: { file: "apps/orders/base.yaml" } }]);
  });

  it("is not repeated by a rule that it breaks", async () => {
    const schema = "properties: { mode: { enum: [a, b] } }\n";
    const short = "postgres://u:hunter2@db.example";
    const found = await problemsIn({ "apps/orders/base.yaml": `mode: ${short}\n`, "apps/orders/schema.yaml": schema });
    expect(found.map(({ code }) => code).toSorted()).toEqual(["TU3006", "TU4008"]);
    expect(JSON.stringify(found)).not.toContain("hunter2");
  });

  it.each<readonly [string, string]>([
    ["the template", join(ROOT, "config-repo-template")],
    ...(existsSync(GOVUK) ? [["63 real apps", GOVUK] as const] : []),
  ])("is not found in %s", async (_, folder) => {
    const { bench, problems } = await openProject(folderSource(folder), drivers);
    if (bench === undefined) throw new Error("not loaded");
    expect(check(bench, problems).problems.filter(({ code }) => code === "TU4008")).toEqual([]);
  });
});
