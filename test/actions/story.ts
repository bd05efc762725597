/** Where the story happens: the template with its values in etcd and its secrets and one blob in SSM, on a forge. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { ROOT, type TestRepo, commit, git, gitRepo } from "../cli/run.ts";
import { writeFiles } from "../project.ts";
import { type EtcdServer, startEtcd } from "../stores/etcd-server.ts";
import { type MotoServer, startMoto } from "../stores/moto-server.ts";
import { type Hub, startHub } from "./workflow/hub.ts";
import type { Settings } from "./workflow/run.ts";

const TEMPLATE = join(ROOT, "config-repo-template");
/** Who may write, as their README tells people to set it up; and who may only read. */
export const WRITER = { name: "trueup-apply", password: "w-3f9a1c77" };
export const READER = { name: "trueup-plan", password: "r-81c2d0e4" };
/** In the account that `aws` looks into without a role. */
const ROLES = ["plan", "apply"].map((kind) => `${kind}: "arn:aws:iam::123456789012:role/trueup-${kind}"`).join(", ");

export interface Stage {
  readonly etcd: EtcdServer;
  readonly moto: MotoServer;
  readonly hub: Hub;
  readonly settings: Settings;
  /** A clone of somebody in the team. */
  readonly clone: TestRepo;
  /** Of somebody with an own fork. */
  readonly fork: TestRepo;
  /** Commits files on a branch that starts at what `main` is now. */
  readonly branch: (repo: TestRepo, name: string, files: Readonly<Record<string, string>>) => void;
  /** Commits files on the branch that the team's clone is on. */
  readonly commit: (files: Readonly<Record<string, string>>) => void;
  readonly stop: () => Promise<void>;
}

/** The connection is the README's, with the roles of `docs/stores.md`; servers on loopback instead of hosts. */
function targets(etcd: string, moto: string): string {
  const ssm = `region: "{{region}}", endpoint: "${moto}", role: { ${ROLES} }, rates: { read: 1000, write: 1000 }`;
  return `targets:
  config:
    type: etcd
    select: plain
    layout: keys
    path: "/config/{{env}}/{{region}}/{{app}}/{{key}}"
    connection:
      endpoints: ["${etcd}"]
      username: { fromEnv: ETCD_USERNAME }
      password: { fromEnv: ETCD_PASSWORD }
  secrets:
    type: aws-ssm
    select: secrets
    layout: keys
    path: "/shop/{{env}}/{{app}}/{{key}}"
    connection: { ${ssm} }
  edge:
    type: aws-ssm
    select: all
    layout: blob
    apps: [gateway]
    path: "/edge/{{env}}/{{app}}"
    connection: { ${ssm} }
`;
}

export async function setStage(): Promise<Stage> {
  const etcd = await startEtcd({ users: { [WRITER.name]: { password: WRITER.password, prefixes: ["/config/"] } } });
  await etcd.ctl("role", "add", READER.name);
  await etcd.ctl("role", "grant-permission", READER.name, "--prefix=true", "read", "/config/");
  await etcd.ctl("user", "add", `${READER.name}:${READER.password}`);
  await etcd.ctl("user", "grant-role", READER.name, READER.name);
  const moto = await startMoto();
  const issuer = await startIssuer();
  const hub = await startHub({ dora: "write", mia: "maintain", mallory: "read" });
  const clone = gitRepo(TEMPLATE);
  const config = readFileSync(join(clone.folder, "trueup.yaml"), "utf8");
  const [before = "", after = ""] = config.split(/^targets:\n(?:^ .*\n)*/mu);
  writeFiles(clone.folder, { "trueup.yaml": `${before}${targets(etcd.endpoints[0] ?? "", moto.endpoint)}${after}` });
  commit(clone.folder, "Connect the stores");
  const fork = gitRepo({});
  git(clone.folder, "remote", "add", "origin", hub.remote);
  git(fork.folder, "remote", "add", "origin", hub.remote);
  return {
    etcd,
    moto,
    hub,
    clone,
    fork,
    settings: {
      vars: { ETCD_USERNAME: WRITER.name, ETCD_READ_USERNAME: READER.name },
      secrets: { ETCD_PASSWORD: WRITER.password, ETCD_READ_PASSWORD: READER.password },
      machine: { AWS_ENDPOINT_URL_STS: moto.endpoint, AWS_REGION: "us-east-2", AWS_EC2_METADATA_DISABLED: "true" },
      identity: {
        ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/token?job=1`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: "request-token",
      },
      approvers: { prod: "mia" },
    },
    branch(repo, name, files) {
      git(repo.folder, "fetch", "--quiet", "origin", "main");
      git(repo.folder, "checkout", "--quiet", "-B", name, "FETCH_HEAD");
      writeFiles(repo.folder, files);
      commit(repo.folder, name);
    },
    commit(files) {
      writeFiles(clone.folder, files);
      commit(clone.folder, "more");
    },
    async stop() {
      issuer.close();
      await Promise.all([hub.stop(), moto.stop(), etcd.stop()]);
      clone.dispose();
      fork.dispose();
    },
  };
}

/** Gives jobs their identity, as GitHub's service does; moto takes it for a role. */
async function startIssuer(): Promise<Server> {
  const server = createServer((_, response) => response.end(JSON.stringify({ value: "a.web.token" })));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}
