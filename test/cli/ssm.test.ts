/** What the command applies to SSM (moto), read back by the `aws` program to the last character. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Sealed } from "../../src/index.ts";
import { setSopsValue } from "../../src/secrets/sops/encrypt.ts";
import { tempFolder, writeFiles } from "../project.ts";
import { IDENTITIES, SET } from "../secrets/sops-files.ts";
import { type MotoServer, describeWithMoto, startMoto } from "../stores/moto-server.ts";
import { done, trueup } from "./run.ts";

const PLACEHOLDER = "TRUEUP_PLACEHOLDER: this secret has no value yet";
const LONG = "x".repeat(4097);
const ENV = { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "example", SOPS_AGE_KEY: IDENTITIES.one };

const config = (endpoint: string): string => {
  const connection = (more = ""): string =>
    `connection: { region: us-east-2, endpoint: "${endpoint}", rates: { read: 1000, write: 1000 }${more} }`;
  return `version: 1
system: shop
environments:
  prod: { vars: { long: production } }
targets:
  keys: { type: aws-ssm, path: "/keys/{{env}}/{{app}}/{{key}}", ${connection(', kmsKey: "alias/{{env}}", tags: { team: "{{system}}", env: "{{env}}" }')} }
  groups: { type: aws-ssm, layout: groups, path: "/groups/{{env}}/{{app}}/{{group}}", ${connection(', description: "Ask {{system}}."')} }
  nested: { type: aws-ssm, layout: blob, shape: nested, path: "/nested/{{env}}/{{app}}", ${connection(", tier: advanced")} }
  dotted: { type: aws-ssm, layout: blob, shape: dotted, path: "/dotted/{{env}}/{{app}}", ${connection(', kmsKey: "alias/other"')} }
  env: { type: aws-ssm, layout: blob, shape: env, select: plain, path: "/env/{{env}}/{{app}}", ${connection()} }
  upper: { type: aws-ssm, select: secrets, path: "/ELASMETRICS/{{upper vars.long}}/{{upper key}}", ${connection()} }
`;
};
const FILES = {
  "apps/orders/base.yaml": `http: { port: 8080, tls: true }
mysql: { host: "db.{{vars.long}}.example.com", password: "{{secret.pw}}", url: "{{secret.theirs}}" }
empty: null
list: [a, 1]
text: "ünï → x\\n"
long: ${LONG}
`,
  "apps/orders/secrets.yaml": "pw: { from: sops }\ntheirs: {}\n",
};

interface Described {
  readonly Name: string;
  readonly Description: string;
  readonly Tier: string;
  readonly KeyId?: string;
}
type Listed = Readonly<Record<string, readonly [type: string, value: string]>>;

let moto: MotoServer;
let folder: string;
let dispose: () => void;

/** Everything in the account and region, but trueup's own records, as `aws` shows it. */
async function listed(): Promise<Listed> {
  const args = ["ssm", "get-parameters-by-path", "--path", "/", "--recursive", "--with-decryption"];
  const { Parameters } = JSON.parse(await moto.aws(...args)) as {
    Parameters: { Name: string; Type: string; Value: string }[];
  };
  const settings = Parameters.filter(({ Name }) => !Name.includes("/.trueup/"));
  return Object.fromEntries(settings.map(({ Name, Type, Value }) => [Name, [Type, Value]]));
}

async function described(): Promise<ReadonlyMap<string, Described>> {
  const { Parameters } = JSON.parse(await moto.aws("ssm", "describe-parameters")) as { Parameters: Described[] };
  return new Map(Parameters.map((parameter) => [parameter.Name, parameter]));
}

async function tags(name: string): Promise<unknown> {
  const args = ["ssm", "list-tags-for-resource", "--resource-type", "Parameter", "--resource-id", name];
  const { TagList } = JSON.parse(await moto.aws(...args)) as { TagList: { Key: string; Value: string }[] };
  return Object.fromEntries(TagList.map(({ Key, Value }) => [Key, Value]));
}

const json = (value: unknown): string => JSON.stringify(value);

describeWithMoto("after an apply to SSM", () => {
  beforeAll(async () => {
    moto = await startMoto();
    ({ folder, dispose } = tempFolder({ ...FILES, "trueup.yaml": config(moto.endpoint) }));
    const path = "apps/orders/prod.sops.yaml";
    writeFileSync(join(folder, path), await setSopsValue({ path, text: "" }, "pw", new Sealed("s3cr3t"), SET));
    done(folder, ["apply", "--yes"], ENV);
  });
  afterAll(async () => {
    dispose?.();
    await moto?.stop();
  });

  it("aws shows every layout and shape, and nothing else", async () => {
    const text = "ünï → x\n";
    const host = "db.production.example.com";
    const nested = {
      empty: null,
      http: { port: 8080, tls: true },
      list: ["a", 1],
      long: LONG,
      mysql: { host, password: "s3cr3t", url: PLACEHOLDER },
      text,
    };
    const dotted = {
      empty: null,
      "http.port": 8080,
      "http.tls": true,
      list: ["a", 1],
      long: LONG,
      "mysql.host": host,
      "mysql.password": "s3cr3t",
      "mysql.url": PLACEHOLDER,
      text,
    };
    const env = {
      EMPTY: "null",
      HTTP_PORT: "8080",
      HTTP_TLS: "true",
      LIST: '["a",1]',
      LONG,
      MYSQL_HOST: host,
      TEXT: text,
    };
    expect(await listed()).toEqual({
      "/keys/prod/orders/empty": ["String", "null"],
      "/keys/prod/orders/http/port": ["String", "8080"],
      "/keys/prod/orders/http/tls": ["String", "true"],
      "/keys/prod/orders/list": ["String", '["a",1]'],
      "/keys/prod/orders/long": ["String", LONG],
      "/keys/prod/orders/mysql/host": ["String", host],
      "/keys/prod/orders/mysql/password": ["SecureString", "s3cr3t"],
      "/keys/prod/orders/mysql/url": ["SecureString", PLACEHOLDER],
      "/keys/prod/orders/text": ["String", text],
      "/groups/prod/orders/empty": ["String", "null"],
      "/groups/prod/orders/http": ["String", json(nested.http)],
      "/groups/prod/orders/list": ["String", '["a",1]'],
      "/groups/prod/orders/long": ["String", LONG],
      "/groups/prod/orders/mysql": ["SecureString", json(nested.mysql)],
      "/groups/prod/orders/text": ["String", text],
      "/nested/prod/orders": ["SecureString", json(nested)],
      "/dotted/prod/orders": ["SecureString", json(dotted)],
      "/env/prod/orders": ["String", json(env)],
      "/ELASMETRICS/PRODUCTION/MYSQL/PASSWORD": ["SecureString", "s3cr3t"],
      "/ELASMETRICS/PRODUCTION/MYSQL/URL": ["SecureString", PLACEHOLDER],
    });
  });

  it("aws shows the key, tier, description and tags of each target", async () => {
    const about = await described();
    const keyOf = (name: string): string | undefined => about.get(name)?.KeyId;
    expect(keyOf("/keys/prod/orders/mysql/password")).toBe("alias/prod");
    expect(keyOf("/dotted/prod/orders")).toBe("alias/other");
    expect(keyOf("/groups/prod/orders/mysql")).toBe("alias/aws/ssm");
    expect(keyOf("/keys/prod/orders/http/port")).toBeUndefined();
    const tierOf = (name: string): string | undefined => about.get(name)?.Tier;
    // Over 4 KB, or because the target says so.
    expect(["/keys/prod/orders/long", "/nested/prod/orders"].map(tierOf)).toEqual(["Advanced", "Advanced"]);
    expect(["/keys/prod/orders/text", "/groups/prod/orders/mysql"].map(tierOf)).toEqual(["Standard", "Standard"]);
    expect(about.get("/groups/prod/orders/http")?.Description).toMatch(
      /^Ask shop\. orders@prod, commit none, apply [\w-]+$/u,
    );
    expect(about.get("/env/prod/orders")?.Description).toMatch(/^Managed by trueup\. orders@prod, /u);
    expect(await tags("/keys/prod/orders/mysql/password")).toEqual({ team: "shop", env: "prod" });
    expect(await tags("/env/prod/orders")).toEqual({});
  });

  it("a plan finds nothing to do, and no secret stands in a description", async () => {
    const ran = trueup(folder, ["diff", "--against", "live", "--detailed-exitcode"], ENV);
    expect([ran.code, ran.err]).toEqual([0, ""]);
    expect(await moto.aws("ssm", "describe-parameters")).not.toContain("s3cr3t");
  });

  it("values that aws writes into a blob stay: a stranger's and a secret's", async () => {
    const name = "/nested/prod/orders";
    const before = JSON.parse((await listed())[name]?.[1] ?? "") as { mysql: object };
    const filled = { ...before, mysql: { ...before.mysql, url: "mysql://u:filled@h" }, stranger: { of: "theirs" } };
    const put = ["ssm", "put-parameter", "--name", name, "--type", "SecureString", "--tier", "Advanced", "--overwrite"];
    await moto.aws(...put, "--value", json(filled));
    const base = readFileSync(join(folder, "apps/orders/base.yaml"), "utf8");
    writeFiles(folder, { "apps/orders/base.yaml": base.replace("8080", "9090").replace("empty: null\n", "") });
    done(folder, ["apply", "--yes", "--allow", "delete"], ENV);
    const after = await listed();
    const { empty: _, ...kept } = filled as typeof filled & { empty: null; http: object };
    expect(JSON.parse(after[name]?.[1] ?? "")).toEqual({ ...kept, http: { ...kept.http, port: 9090 } });
    expect(after["/keys/prod/orders/http/port"]).toEqual(["String", "9090"]);
    expect(after["/keys/prod/orders/empty"]).toBeUndefined();
    expect(trueup(folder, ["diff", "--against", "live", "--detailed-exitcode"], ENV).code).toBe(0);
  });
});
