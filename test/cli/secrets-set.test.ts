/** `trueup secrets set`: a value that breaks a rule is refused before anything is written, and never shown. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { tempFolder } from "../project.ts";
import { IDENTITIES, RECIPIENTS } from "../secrets/sops-files.ts";
import { inside } from "./inside.ts";
import { stored } from "./run.ts";

let dispose: () => void = () => undefined;
afterEach(() => dispose());

/** A repo whose app has one value made of one secret, with this schema for it. */
function repo(rule: string, value: string, from: "external" | "sops"): string {
  const made = tempFolder({
    "trueup.yaml":
      'version: 1\nsystem: shop\nenvironments: { dev: {}, prod: {} }\ntargets:\n  local: { type: directory, path: "/cfg/{{env}}/{{app}}/{{key}}" }\n',
    ".sops.yaml": `creation_rules: [{ age: ${RECIPIENTS.one} }]\n`,
    "apps/orders/base.yaml": `db:\n  url: ${JSON.stringify(value)}\n`,
    "apps/orders/app.yaml": "places: [dev]\n",
    "apps/orders/secrets.yaml": `pw: { from: ${from} }\nother: { from: ${from} }\n`,
    "apps/orders/schema.yaml": `type: object\nproperties:\n  db: { type: object, properties: { url: { ${rule} } } }\n`,
  });
  ({ dispose } = made);
  return made.folder;
}
const env = { SOPS_AGE_KEY: IDENTITIES.one };
const set = (folder: string, value: string) =>
  inside(folder, ["secrets", "set", "orders", "pw", "--env", "dev"], { env, value });

describe.each(["external", "sops"] as const)("a value of a secret held by %s", (from) => {
  it.each([
    ["minLength: 20", "hidden-7", "must have at least 20 characters", "minLength: 20"],
    ["maxLength: 3", "hidden-7", "must have at most 3 characters", "maxLength: 3"],
    ["pattern: '^[0-9]+$'", "hidden-7", "must match ^[0-9]+$", "pattern: ^[0-9]+$"],
    ["type: string, format: uri", "hidden-7", "must be a", "format: uri"],
    ["enum: [blue, green]", "hidden-7", "must be one of blue, green", "enum:"],
    [
      "oneOf: [{ const: a }, { type: string, maxLength: 2 }]",
      "hidden-7",
      "fits none of 2 alternatives",
      "maxLength: 2",
    ],
    ["not: { minLength: 3 }", "hidden-7", "is what the schema rules out with not", "not:"],
  ])("that breaks %s is refused with key and rule", async (rule, value, said, named) => {
    const folder = repo(rule, "{{secret.pw}}", from);
    if (from === "external") await inside(folder, ["apply", "--yes"], { env });
    const before = stored(folder);
    const { code, out, err } = await set(folder, value);
    expect([code, out]).toEqual([3, ""]);
    expect(err).toContain(`the value given for orders.pw does not fit: db.url ${said}`);
    expect(err).toContain(named);
    expect(err).toContain("apps/orders/base.yaml:2");
    expect(err + out).not.toContain("hidden");
    expect(stored(folder)).toEqual(before);
    expect(existsSync(join(folder, "apps/orders/dev.sops.yaml"))).toBe(false);
  });

  it("that fits is taken", async () => {
    const folder = repo("type: string, minLength: 4, pattern: '[0-9]$'", "{{secret.pw}}", from);
    if (from === "external") await inside(folder, ["apply", "--yes"], { env });
    expect(await set(folder, "hidden-7")).toMatchObject({ code: 0, err: "" });
  });
});

describe("a value inside a longer text", () => {
  it("is checked as the text that it makes", async () => {
    const folder = repo("type: string, format: uri", "postgres://u:{{secret.pw}}@h/x", "sops");
    const bad = await set(folder, "hidden 7");
    expect([bad.code, bad.err]).toEqual([3, expect.stringContaining("format: uri")]);
    expect(await set(folder, "hidden-7")).toMatchObject({ code: 0 });
  });

  it("is checked through helpers, and left unchecked where another secret is not known", async () => {
    const helper = repo("type: string, maxLength: 9", "{{base64 secret.pw}}", "sops");
    expect(await set(helper, "hidden-7")).toMatchObject({ code: 3 });
    expect(await set(helper, "hid")).toMatchObject({ code: 0 });
    dispose();
    expect(
      await set(repo("type: string, maxLength: 9", "{{secret.pw}}{{secret.other}}", "sops"), "hidden-7-hidden"),
    ).toMatchObject({ code: 0 });
  });
});
