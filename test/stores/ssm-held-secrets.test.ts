/** Generated secrets and sources on the strict double of SSM: real SDK, no transactions, write-ahead records. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Drivers, type Plan, drivers, formatPath } from "../../src/index.ts";
import { type RunOptions, run, tempFolder, writeFiles } from "../project.ts";
import { type SsmDouble, startDouble } from "./ssm-double/double.ts";
import { openOn } from "./ssm-double/open.ts";
import { describeWithMoto } from "./moto-server.ts";

const CONFIG = `version: 1
system: shop
environments: { dev: {} }
secrets: { sources: ["/platform/"] }
targets:
  main: { type: aws-ssm, path: "/cfg/{{env}}/{{app}}/{{key}}", connection: { region: us-east-2 } }
`;
const SECOND = `${CONFIG}  blob: { type: aws-ssm, layout: blob, shape: env, path: "/blob/{{env}}/{{app}}", connection: { region: us-east-2 } }\n`;
let folder: string;
let dispose: () => void;
let double: SsmDouble;

const onDouble = (): Drivers => {
  const driver = drivers["aws-ssm"];
  if (driver === undefined) throw new Error("no driver");
  return { ...drivers, "aws-ssm": { ...driver, open: () => openOn(double.endpoint) } };
};
const apply = (options: RunOptions = {}) => run(folder, "apply", { drivers: onDouble(), ...options });
const plan = async (): Promise<Plan> => (await run(folder, "plan", { drivers: onDouble() })).plan;
const read = (key: string): string | undefined => double.parameter(key)?.versions.at(-1)?.text;
const rows = (made: Plan): string[] =>
  made.destinations.flatMap(({ units }) =>
    units.flatMap(({ unit, changes }) =>
      changes.flatMap(({ kind, members }) => members.map(({ path }) => `${kind} ${unit}:${formatPath(path)}`)),
    ),
  );

beforeEach(async () => {
  double = await startDouble();
  double.handPut("/platform/smtp", "from elsewhere", { secret: true });
  ({ folder, dispose } = tempFolder({
    "trueup.yaml": CONFIG,
    "apps/orders/base.yaml":
      'db: "{{secret.db}}"\ncopy: "{{secret.db}}"\nurl: "pg://{{secret.db}}"\nsmtp: "{{secret.smtp}}"\n',
    "apps/orders/secrets.yaml": "db: { from: generate }\nsmtp: { from: ref, path: /platform/smtp }\n",
  }));
});
afterEach(async () => {
  dispose();
  await double.stop();
});

describe("on SSM", () => {
  it("are written once as SecureString, and follow version and source", async () => {
    await apply();
    const value = read("/cfg/dev/orders/db");
    expect(value).toMatch(/^[A-Za-z0-9]{32}$/u);
    expect([read("/cfg/dev/orders/url"), read("/cfg/dev/orders/smtp")]).toEqual([`pg://${value}`, "from elsewhere"]);
    expect(double.parameter("/cfg/dev/orders/url")?.versions.at(-1)?.type).toBe("SecureString");
    const puts = double.count("PutParameter");
    expect(rows((await apply()).plan)).toEqual([]);
    expect(double.count("PutParameter")).toBe(puts);

    double.handPut("/platform/smtp", "moved");
    expect((await plan()).edits).toMatchObject([
      { path: ["smtp"], sources: [{ from: expect.stringMatching(/^1@/u), to: expect.stringMatching(/^2@/u) }] },
    ]);
    writeFiles(folder, {
      "apps/orders/secrets.yaml": "db: { from: generate, version: 2 }\nsmtp: { from: ref, path: /platform/smtp }\n",
    });
    await apply();
    expect(read("/cfg/dev/orders/smtp")).toBe("moved");
    expect(read("/cfg/dev/orders/db")).not.toBe(value);
    expect(read("/cfg/dev/orders/url")).toBe(`pg://${read("/cfg/dev/orders/db")}`);
    expect(rows(await plan())).toEqual([]);
  });

  it.each([1, 2, 3, 4])("end with one value after an apply was cut off at secret number %i", async (cut) => {
    let puts = 0;
    double.fault = ({ operation, names }) =>
      operation === "PutParameter" && names[0]?.startsWith("/cfg/dev/") === true && ++puts >= cut ? "deny" : undefined;
    const { receipts } = await apply();
    expect(receipts[0]?.result).not.toBe("applied");
    double.fault = () => undefined;
    for (let i = 0; i < 2; i++) await apply();
    const value = read("/cfg/dev/orders/db");
    expect(value).toMatch(/^[A-Za-z0-9]{32}$/u);
    expect([read("/cfg/dev/orders/copy"), read("/cfg/dev/orders/url")]).toEqual([value, `pg://${value}`]);
    expect(rows(await plan())).toEqual([]);
  });

  it.each([1, 2, 3, 4])("end with one new value after a rotation was cut off at secret number %i", async (cut) => {
    writeFiles(folder, { "trueup.yaml": SECOND });
    await apply();
    const before = read("/cfg/dev/orders/db");
    writeFiles(folder, {
      "apps/orders/secrets.yaml": "db: { from: generate, version: 2 }\nsmtp: { from: ref, path: /platform/smtp }\n",
    });
    let puts = 0;
    double.fault = ({ operation, names }) =>
      operation === "PutParameter" && /^\/(?:cfg|blob)\/dev\//u.test(names[0] ?? "") && ++puts >= cut
        ? "deny"
        : undefined;
    await apply();
    double.fault = () => undefined;
    for (let i = 0; i < 2; i++) await apply();
    const value = read("/cfg/dev/orders/db");
    expect(value).not.toBe(before);
    expect([read("/cfg/dev/orders/copy"), read("/cfg/dev/orders/url")]).toEqual([value, `pg://${value}`]);
    expect(JSON.parse(read("/blob/dev/orders") ?? "")).toMatchObject({ DB: value, COPY: value, URL: `pg://${value}` });
    expect(rows(await plan())).toEqual([]);
  });

  it("are told apart from a stranger's value that took the place of an announced one", async () => {
    let puts = 0;
    double.fault = ({ operation, names }) =>
      operation === "PutParameter" && names[0]?.startsWith("/cfg/dev/") === true && ++puts >= 1 ? "deny" : undefined;
    await apply();
    double.fault = () => undefined;
    double.handPut("/cfg/dev/orders/copy", "somebody else's", { secret: true });
    await expect(apply()).rejects.toMatchObject({
      code: "CORRUPT",
      message: "/cfg/dev/orders/copy should hold the generated secret db, and holds something else",
    });
    writeFiles(folder, {
      "apps/orders/secrets.yaml": "db: { from: generate, version: 2 }\nsmtp: { from: ref, path: /platform/smtp }\n",
    });
    await apply({ allow: ["conflict"] });
    expect(read("/cfg/dev/orders/copy")).toBe(read("/cfg/dev/orders/db"));
  });
});

describeWithMoto("on SSM, for the aws program", () => {
  it("are what it decrypts", async () => {
    await apply();
    const names = ["/cfg/dev/orders/db", "/cfg/dev/orders/url"];
    const args = ["--endpoint-url", double.endpoint, "ssm", "get-parameters", "--with-decryption", "--names", ...names];
    const env = { ...process.env, AWS_DEFAULT_REGION: "us-east-2" };
    const { stdout } = await promisify(execFile)("aws", args, { env });
    const { Parameters } = JSON.parse(stdout) as { Parameters: { Name: string; Type: string; Value: string }[] };
    const values = new Map(Parameters.map(({ Name, Type, Value }) => [Name, [Type, Value]]));
    const [, value] = values.get("/cfg/dev/orders/db") ?? [];
    expect(values).toEqual(
      new Map([
        ["/cfg/dev/orders/db", ["SecureString", expect.stringMatching(/^[A-Za-z0-9]{32}$/u)]],
        ["/cfg/dev/orders/url", ["SecureString", `pg://${value}`]],
      ]),
    );
  });
});
