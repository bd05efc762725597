/** `trueup doctor` on rights: each missing one by name, with the line that grants it, and nothing changed by asking. */
import { chmodSync, mkdirSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Check } from "../../src/report/look/doctor.ts";
import { describeWithEtcd, startEtcd } from "../stores/etcd-server.ts";
import type { EtcdServer } from "../stores/etcd-server.ts";
import { describeWithMoto, startMoto } from "../stores/moto-server.ts";
import type { MotoServer } from "../stores/moto-server.ts";
import { startDouble } from "../stores/ssm-double/double.ts";
import type { SsmDouble } from "../stores/ssm-double/double.ts";
import { type TestRepo, ROOT, gitRepo, trueupAside } from "./run.ts";

const SECRET = "c4nary-doctor-value";
const AWS = {
  AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "example",
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_CONFIG_FILE: "/nonexistent",
  AWS_SHARED_CREDENTIALS_FILE: "/nonexistent",
};
let repo: TestRepo;
afterEach(() => repo?.dispose());

function repoWith(connection: string, type = "aws-ssm"): TestRepo {
  repo = gitRepo({
    "trueup.yaml": `version: 1
system: shop
environments: { prod: {} }
targets:
  config: { type: ${type}, path: "/shop/{{env}}/{{app}}/{{key}}", connection: ${connection} }
`,
    "apps/orders/base.yaml": 'port: 8080\npassword: "{{secret.password}}"\n',
    "apps/orders/secrets.yaml": "password: {}\n",
  });
  return repo;
}

async function doctor(env: Readonly<Record<string, string>>): Promise<{ code: number | null; checks: Check[] }> {
  const { code, out } = await trueupAside(repo.folder, ["doctor", "--format", "json"], env);
  const { checks } = JSON.parse(out) as { checks: Check[] };
  return { code, checks: checks.filter(({ group }) => group === "targets") };
}
const problems = (checks: readonly Check[]): string[] =>
  checks.filter(({ status }) => status === "problem").map(({ message }) => message);
const fixOf = (checks: readonly Check[], words: string): string | undefined =>
  checks.find(({ message }) => message.includes(words))?.fix;

describe("in SSM", () => {
  let double: SsmDouble;
  beforeEach(async () => {
    double = await startDouble();
    const rates = "{ read: 1000, write: 1000, describe: 1000, delete: 1000 }";
    repoWith(`{ region: us-east-2, endpoint: "${double.endpoint}", rates: ${rates}, tags: { team: shop } }`);
  });
  afterEach(() => double.stop());
  const apply = async (): Promise<void> => {
    const { code, err } = await trueupAside(repo.folder, ["apply", "--yes"], AWS);
    expect([code, err.includes("✖")]).toEqual([0, false]);
  };
  /** Everything an account holds, with the version of each parameter. */
  const account = (): unknown =>
    [...double.everything("/")].map(([name, text]) => [name, text, double.parameter(name)?.versions.length]);

  it("all are granted after an apply, and asking changes nothing", async () => {
    await apply();
    const before = account();
    const { code, checks } = await doctor(AWS);
    expect([code, problems(checks)]).toEqual([0, []]);
    expect(checks.find(({ message }) => message.startsWith("rights"))?.message).toBe(
      "rights: ssm:GetParametersByPath, ssm:GetParameters, ssm:PutParameter, ssm:DeleteParameters, ssm:GetParameterHistory, ssm:AddTagsToResource, kms:Decrypt",
    );
    expect(account()).toEqual(before);
  });

  it("to tag is not asked for below ledger and head, which get no tags", async () => {
    await apply();
    double.denied = [{ operation: "AddTagsToResource", prefix: "/shop/.trueup" }];
    const { code, checks } = await doctor(AWS);
    expect([code, problems(checks)]).toEqual([0, []]);
  });

  it("of a store that holds nothing yet, writing is said to be unchecked, with a way to find out", async () => {
    const { code, checks } = await doctor(AWS);
    expect(code).toBe(0);
    const open = checks.filter(({ status }) => status === "unchecked");
    expect(open.map(({ message }) => message.split(" ")[0])).toEqual(["ssm:PutParameter", "kms:Decrypt"]);
    expect(open[0]?.fix).toContain("aws iam simulate-principal-policy");
    expect(double.count("PutParameter")).toBe(0);
    expect(account()).toEqual([]);
  });

  it("each missing one is named with the policy line", async () => {
    await apply();
    const before = account();
    const operations = [
      "GetParametersByPath",
      "GetParameters",
      "PutParameter",
      "DeleteParameters",
      "GetParameterHistory",
      "AddTagsToResource",
    ];
    for (const operation of operations) {
      double.denied = [{ operation, prefix: "/shop/prod" }];
      const { code, checks } = await doctor(AWS);
      expect(code).toBe(2);
      const message = `ssm:${operation} is missing on /shop/prod/`;
      expect(problems(checks)).toContain(message);
      const line = /\{.*\}/u.exec(fixOf(checks, message) ?? "")?.[0] ?? "";
      const below = "arn:aws:ssm:us-east-2:*:parameter/shop/prod/*";
      expect(JSON.parse(line)).toEqual({
        Effect: "Allow",
        Action: `ssm:${operation}`,
        Resource: operation === "GetParametersByPath" ? [below.replace("/*", ""), below] : below,
      });
    }
    expect(account()).toEqual(before);
  });

  it("kms:Decrypt is told apart from reading, and no value is shown", async () => {
    await apply();
    double.handPut("/shop/prod/orders/password", SECRET, { secret: true });
    double.denied = [{ operation: "kms:Decrypt", prefix: "/shop/" }];
    const { checks } = await doctor(AWS);
    expect(problems(checks)).toEqual(["kms:Decrypt is missing: /shop/prod/orders/password cannot be decrypted"]);
    expect(JSON.stringify(checks)).not.toContain(SECRET);
  });

  it("several at once are each named, also where nothing can be read", async () => {
    double.denied = [{ operation: "*", prefix: "/shop/" }];
    const { code, checks } = await doctor(AWS);
    expect(code).toBe(2);
    const told = problems(checks).join("\n");
    for (const action of ["GetParametersByPath", "GetParameters", "DeleteParameters", "GetParameterHistory"])
      expect(told).toContain(`ssm:${action} is missing on /shop/.trueup/shop/config/prod/, /shop/prod/`);
  });

  it("a put that meets a name gone meanwhile makes nothing", async () => {
    await apply();
    double.fault = ({ operation, names }) => {
      if (operation === "PutParameter") double.handDelete(names[0] ?? "");
    };
    const before = double.everything("/").size;
    const { checks } = await doctor(AWS);
    expect(problems(checks)).toEqual([]);
    expect(double.count("PutParameter")).toBeGreaterThan(0);
    expect(double.everything("/").size).toBeLessThan(before);
  });
});

describeWithMoto("in SSM, on moto", () => {
  let moto: MotoServer;
  beforeAll(async () => {
    moto = await startMoto();
  });
  afterAll(() => moto?.stop());

  it("asking changes nothing there either", async () => {
    repoWith(`{ region: us-east-2, endpoint: "${moto.endpoint}", tags: { team: shop } }`);
    expect((await trueupAside(repo.folder, ["apply", "--yes"], AWS)).code).toBe(0);
    const before = await moto.everything("/shop/");
    const { code, checks } = await doctor(AWS);
    expect([code, problems(checks)]).toEqual([0, []]);
    expect(checks.find(({ message }) => message.startsWith("rights"))?.message).toContain("ssm:AddTagsToResource");
    expect(await moto.everything("/shop/")).toEqual(before);
  });

  it("where the role for applies cannot be taken on, that is said, and is no problem", async () => {
    const role = '{ apply: "arn:aws:iam::111122223333:role/trueup-apply" }';
    repoWith(`{ region: us-east-2, endpoint: "${moto.endpoint}", role: ${role} }`);
    const nobody = "http://127.0.0.1:1";
    const { checks } = await doctor({ ...AWS, AWS_ENDPOINT_URL_STS: nobody });
    expect(problems(checks).filter((message) => /role|ssm:/u.test(message))).toEqual([]);
    const open = checks.find(({ status }) => status === "unchecked");
    expect(open?.message).toContain("what the role for applies may do was not checked");
    expect(checks.find(({ message }) => message.startsWith("rights"))?.message).toBe(
      "rights: plan: ssm:GetParametersByPath, ssm:GetParameters",
    );
  });
});

describeWithEtcd("in etcd", () => {
  let server: EtcdServer;
  beforeAll(async () => {
    server = await startEtcd({
      users: {
        shop: { password: "right", prefixes: ["/shop/"] },
        half: { password: "right", prefixes: ["/shop/.trueup/"] },
        reader: { password: "right", prefixes: [] },
      },
    });
    await server.ctl("role", "grant-permission", "reader", "--prefix=true", "read", "/shop/");
  });
  afterAll(() => server?.stop());
  const connect = (user: string): TestRepo =>
    repoWith(
      `{ endpoints: ["${server.endpoints[0]}"], username: ${user}, password: { fromEnv: ETCD_PASSWORD } }`,
      "etcd",
    );

  it("all are granted with the right role, and asking writes nothing", async () => {
    connect("shop");
    const { code, checks } = await doctor({ ETCD_PASSWORD: "right" });
    expect([code, problems(checks)]).toEqual([0, []]);
    expect(checks.map(({ message }) => message)).toContain("rights: read, write");
    expect(await server.everything("/")).toEqual(new Map());
  });

  it("each prefix that is missing is named with the command that grants it, and granting it helps", async () => {
    connect("half");
    const { code, checks } = await doctor({ ETCD_PASSWORD: "right" });
    expect(code).toBe(2);
    expect(problems(checks)).toEqual(
      expect.arrayContaining([
        'user "half" may not read below /shop/prod/',
        'user "half" may not write below /shop/prod/',
      ]),
    );
    const fix = fixOf(checks, "may not write") ?? "";
    expect(fix).toContain("etcdctl role grant-permission <role> --prefix=true readwrite /shop/prod/");
    const words = fix.split(" (")[0]?.split(" ").slice(1) ?? [];
    await server.ctl(...words.map((word) => (word === "<role>" ? "half" : word)));
    expect((await doctor({ ETCD_PASSWORD: "right" })).code).toBe(0);
  });

  it("who may only read is told what an apply lacks", async () => {
    connect("reader");
    const { code, checks } = await doctor({ ETCD_PASSWORD: "right" });
    expect(code).toBe(2);
    expect(problems(checks)).toEqual([
      'user "reader" may not write below /shop/.trueup/shop/config/prod/, below /shop/prod/',
    ]);
    expect(checks.map(({ message }) => message)).toContain("rights: read");
  });
});

describe("in a directory", () => {
  const NOBODY = 65_534;
  const isRoot = process.getuid?.() === 0;

  it("a folder that cannot be written is named", () => {
    repoWith('{ directory: "store/live" }', "directory");
    const store = join(repo.folder, "store");
    mkdirSync(store);
    chmodSync(repo.folder, 0o755);
    chmodSync(store, 0o555);
    // Root may write everywhere, so the doctor is asked as somebody else.
    const as = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
    const { stdout, status } = spawnSync(process.execPath, [join(ROOT, "dist/cli.cjs"), "doctor", "--format", "json"], {
      cwd: repo.folder,
      encoding: "utf8",
      ...as,
    });
    chmodSync(store, 0o755);
    expect(status).toBe(2);
    const { checks } = JSON.parse(stdout) as { checks: Check[] };
    const told = checks.filter(({ message }) => message.includes("this user may not"));
    expect(told.map(({ status: each }) => each)).toEqual(["problem"]);
    expect(told[0]?.message).toContain(store);
    expect(told[0]?.fix).toContain("write access");
  });
});
