/** `trueup secrets edit`: an encrypted file in an editor, and nothing of it anywhere else. */
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { tempFolder, writeFiles } from "../project.ts";
import { Sealed } from "../../src/secret.ts";
import { changeSopsValues } from "../../src/secrets/sops/encrypt.ts";
import { HAS_SOPS, IDENTITIES, RECIPIENTS, SET, sops } from "../secrets/sops-files.ts";
import { inside } from "./inside.ts";
import { type Ran, filesBelow, interrupted, trueup } from "./run.ts";

const CANARY = "canary-2-Zq7!";
const FILES = {
  "trueup.yaml":
    'version: 1\nsystem: shop\nenvironments:\n  dev: {}\n  prod: { regions: [east, west] }\ntargets:\n  local: { type: directory, path: "/cfg/{{env}}/{{app}}/{{key}}" }\n',
  ".sops.yaml": `creation_rules: [{ age: ${RECIPIENTS.one} }]\n`,
  "apps/orders/base.yaml": 'db: { password: "{{secret.db}}" }\ncert: "{{secret.cert}}"\napi: "{{secret.api}}"\n',
  "apps/orders/secrets.yaml": "db: { from: sops }\ncert: { from: sops }\napi: { from: sops }\nhand: {}\n",
  "apps/orders/schema.yaml":
    "type: object\nproperties:\n  db: { type: object, properties: { password: { type: string, minLength: 8, x-secret: true } } }\n",
  "apps/orders/app.yaml": "places: [dev]\n",
};
const PEM = "-----BEGIN X-----\nabc\ndef\n-----END X-----\n";

let folder: string;
let dispose: () => void;
let runtime: string;
const env = (program: string, more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  SOPS_AGE_KEY: IDENTITIES.one,
  XDG_RUNTIME_DIR: runtime,
  HOME: folder,
  EDITOR: program,
  ...more,
});
const PATH = "apps/orders/dev.sops.yaml";
const file = (): string => readFileSync(join(folder, PATH), "utf8");
const lineOf = (name: string): string => new RegExp(`^${name}: .*$`, "mu").exec(file())?.[0] ?? "";
/** A program that is an editor: the file's path is its last argument. */
function editor(name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}
const edit = (program: string, ...more: string[]): Ran =>
  trueup(folder, ["secrets", "edit", "orders", "--env", "dev", ...more], env(program));

beforeEach(async () => {
  ({ folder, dispose } = tempFolder(FILES));
  runtime = join(folder, "run time");
  mkdirSync(runtime);
  const values = new Map(Object.entries({ db: CANARY, cert: PEM }).map(([name, value]) => [name, new Sealed(value)]));
  writeFiles(folder, { [PATH]: await changeSopsValues({ path: PATH, text: "" }, values, SET) });
});
afterEach(() => {
  expect(readdirSync(runtime)).toEqual([]);
  dispose();
});

describe("an edit", () => {
  it("shows every value in a private file, keeps what was not changed, and says what to commit", () => {
    const before = { db: lineOf("db"), cert: lineOf("cert") };
    const program = editor(
      "ed 1",
      `echo "$1" > "${folder}/where"; cp "$1" "${folder}/seen"; ls -ld "$(dirname "$1")" "$1" | cut -c1-10 > "${folder}/modes"; echo 'api: "new: # one"' >> "$1"; touch "$1~"`,
    );
    const { code, out, err } = edit(`"${program}"`);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toBe(
      `  wrote ${PATH}: new value of api\nCommit ${PATH}: the values reach the stores with the next apply\n`,
    );
    const seen = readFileSync(join(folder, "seen"), "utf8");
    expect(seen).toContain(`\ndb: ${CANARY}\ncert: |\n  -----BEGIN X-----\n  abc\n`);
    expect(seen).toContain("# Without a value: api\n");
    expect(readFileSync(join(folder, "where"), "utf8").startsWith(`${runtime}/`)).toBe(true);
    expect(readFileSync(join(folder, "modes"), "utf8")).toBe("drwx------\n-rw-------\n");
    expect({ db: lineOf("db"), cert: lineOf("cert") }).toEqual(before);
    if (HAS_SOPS)
      expect(JSON.parse(sops(["-d", "--output-type", "json"], { path: "x.yaml", text: file() }).output)).toEqual({
        db: CANARY,
        cert: PEM,
        api: "new: # one",
      });
  });

  it("that changes nothing leaves the file alone; one that takes a line out removes the value", () => {
    const before = file();
    expect(edit("true")).toMatchObject({ code: 0, out: `  ${PATH} is as it was\n`, err: "" });
    expect(file()).toBe(before);
    const { code, out } = edit(editor("rm-db", `grep -v '^db:' "$1" > "$1.new"; mv "$1.new" "$1"`));
    expect([code, out]).toEqual([0, expect.stringContaining("removed db")]);
    expect([lineOf("db"), lineOf("cert")]).toEqual(["", /^cert: .*$/mu.exec(before)?.[0]]);
  });

  it("makes a file that was not there, also for a region and for shared secrets", () => {
    writeFiles(folder, { "shared/secrets.yaml": "smtp: { from: sops }\n" });
    const program = editor("add", `echo "$(basename "$1" .yaml)" > "${folder}/name"; echo 'smtp: sent' >> "$1"`);
    const { code, out } = trueup(
      folder,
      ["secrets", "edit", "shared", "--env", "prod", "--region", "east"],
      env(program),
    );
    expect([code, out]).toEqual([0, expect.stringContaining("wrote shared/prod.east.sops.yaml: new value of smtp")]);
    expect(readFileSync(join(folder, "name"), "utf8")).toBe("shared.prod.east\n");
  });

  it("uses the shell only where EDITOR is written for one, as Git does", () => {
    const program = editor("ed", `test "$1" = --wait && test "$#" = 2 && echo 'api: a' >> "$2"`);
    expect(edit(`'${program}' --wait`).code).toBe(0);
    const again = trueup(
      folder,
      ["secrets", "edit", "orders", "--env", "dev"],
      env("false", { VISUAL: `f() { sed -i 's/^api: a$/api: b/' "$1"; }; f` }),
    );
    expect([again.code, again.out]).toEqual([0, expect.stringContaining("new value of api")]);
  });
});

describe("what is wrong", () => {
  const refused = async (script: string): Promise<string> => {
    const before = file();
    const args = ["secrets", "edit", "orders", "--env", "dev"];
    const { code, out, err } = await inside(folder, args, { env: env(editor("bad", script)) });
    expect([code, out]).toEqual([3, ""]);
    expect(err).toContain("Nothing was changed.");
    expect(err).not.toMatch(/canary|hidden-9/u);
    expect(file()).toBe(before);
    return err;
  };

  it.each([
    ["YAML", "echo 'api: [hidden-9' >> $1", "✖ line 12: this is not YAML"],
    [
      "a name nobody knows",
      "echo 'apu: hidden-9' >> $1",
      "✖ line 11: the name is none of a secret that is encrypted in Git; did you mean api?",
    ],
    ["a secret of another holder", "echo 'hand: hidden-9' >> $1", "none of a secret that is encrypted in Git"],
    ["a map", "echo 'api: { hidden-9: x }' >> $1", "api is a map or a list"],
    ["an empty value", "echo 'api:' >> $1", "api is empty"],
    ["twice the same name", "echo 'db: hidden-9' >> $1", "a name is given twice"],
    ["text that YAML drops", "echo 'api: hidden-9 # x' >> $1", "what follows # would be lost"],
    ["lines that YAML joins", "printf 'api: hidden-9\\n  more\\n' >> $1", "needs | after its name"],
    ["an anchor", "echo 'api: &hidden-9 x' >> $1", "begins with &, * or !"],
    ["everything gone", ": > $1", "nothing is left in it"],
    [
      "a value that the schema refuses",
      `sed -i 's/^db: .*/db: hid/' "$1"`,
      "the value given for orders.db does not fit: db.password must have at least 8 characters",
    ],
  ])("%s: is named by its line, the value is not", async (_, script, said) => {
    expect(await refused(script)).toContain(said);
  });

  it("is offered for another edit on a terminal, and taken once it is right", async () => {
    const program = editor(
      "twice",
      `if grep -q '^api' "$1"; then sed -i 's/^api.*/api: fine/' "$1"; else echo 'api: [' >> "$1"; fi`,
    );
    const args = ["secrets", "edit", "orders", "--env", "dev"];
    const ran = await inside(folder, args, { env: env(program), answers: ["y"] });
    expect([ran.code, ran.out]).toEqual([0, expect.stringContaining("new value of api")]);
    expect(ran.err).toContain("Edit again? [Y/n]");
    const no = await inside(folder, args, { env: env(editor("bad", "echo 'x: [' >> $1")), answers: ["n"] });
    expect([no.code, no.out]).toEqual([3, ""]);
  });

  it("with the editor, the key or the file ends with nothing changed", async () => {
    const before = file();
    expect(edit(editor("fail", "echo 'api: x' >> $1; exit 7"))).toMatchObject({
      code: 1,
      err: expect.stringContaining("ended with 7"),
    });
    expect(edit("no-such-editor-77")).toMatchObject({
      code: 1,
      err: expect.stringContaining("could not be started (ENOENT)"),
    });
    expect(edit("'x").err).toContain("a quote is not closed");
    const args = ["secrets", "edit", "orders", "--env", "dev"];
    expect((await inside(folder, args, { env: { ...env(""), SOPS_AGE_KEY: IDENTITIES.one } })).err).toContain(
      "no EDITOR is set",
    );
    expect(trueup(folder, args, env("true", { SOPS_AGE_KEY: IDENTITIES.stranger })).err).toContain(
      "No key at hand opens",
    );
    const { err } = edit(editor("other", `echo 'api: x' >> "$1"; echo '# somebody' >> ${PATH}`));
    expect(err).toContain(`${PATH} was changed while trueup was at work on it`);
    expect(file()).toBe(`${before}# somebody\n`);
    expect(edit("true", "--env", "prod").err).toContain("one file is edited at a time");
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s stops it, and the private file is gone", async (signal) => {
    const before = file();
    const program = editor("slow", `echo 'api: x' >> "$1"; echo editing >&2; exec sleep 30`);
    const args = ["secrets", "edit", "orders", "--env", "dev"];
    const ran = await interrupted(folder, args, signal, (text) => text.includes("editing"), env(program));
    expect(ran.code).toBe(signal === "SIGHUP" ? 129 : 130);
    expect(file()).toBe(before);
    expect(existsSync(runtime)).toBe(true);
  });

  it("leaves values in no file of the repository", () => {
    edit(editor("add", "echo 'api: canary-3' >> $1"));
    for (const [path, { text }] of filesBelow(folder))
      expect([path, text.includes("canary-")]).toEqual([path, path === "add"]);
    expect(statSync(join(folder, PATH)).mode & 0o111).toBe(0);
  });
});
