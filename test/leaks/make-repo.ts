/** Small config repos full of secrets, right and wrong, each from a number that brings it back. */
import { RECIPIENT } from "./age-keys.ts";
import { addApp, addShared } from "./apps.ts";
import type { CanaryKind } from "./canary.ts";
import { KEY } from "./pool.ts";
import { type Random, randomOf } from "./random.ts";
import { ENVS, type LeakRepo, plant } from "./repo.ts";
import { TROUBLES } from "./stores.ts";
import { MISTAKES } from "./wrong.ts";

/** A repo is in Git this often: Git is a program, and starting it takes longer than most commands. */
const IN_GIT = 0.012;

/** The whole repo of a seed. `endpoint`: its store is the SSM there. */
export function leakRepo(seed: number, endpoint?: string): LeakRepo {
  const random = randomOf(seed * 7919 + 1);
  const regional = random.chance(0.3);
  const apps = random.chance(0.4) ? ["orders", "cart"] : ["orders"];
  const local = random.chance(0.7) ? "memory" : "directory";
  const repo: LeakRepo = {
    seed,
    files: {},
    canaries: [],
    secrets: [],
    sources: new Map(),
    env: {},
    apps,
    places: regional ? ENVS.flatMap((env) => [`${env}.east`, `${env}.west`]) : ENVS,
    store: endpoint === undefined ? local : "ssm",
    secretPaths: [],
    plaintext: new Set(),
    mistakes: [],
    spoil: [],
    trouble: random.chance(0.12) ? TROUBLES[random.int(TROUBLES.length)] : undefined,
    corruptLive: random.chance(0.05),
    history: random.chance(IN_GIT),
  };
  writeConfig(repo, random, regional, endpoint);
  if (random.chance(0.4)) addShared(repo, random);
  for (const app of apps) addApp(repo, app, random);
  addCredentials(repo, random);
  // A mistake would end most commands on the way to Git.
  if (!repo.history && random.chance(0.5)) MISTAKES[random.int(MISTAKES.length)]?.(repo, random);
  return repo;
}

function connectionOf(repo: LeakRepo, endpoint: string | undefined): string {
  switch (repo.store) {
    case "memory":
      return `type: memory, connection: { id: "${repo.seed}", password: { fromEnv: STORE_PASSWORD } }`;
    case "directory":
      return "type: directory";
    default:
      return `type: aws-ssm, connection: { region: us-east-2, endpoint: "${endpoint ?? ""}", rates: { read: 10000, write: 10000, describe: 10000, delete: 10000 } }`;
  }
}

function writeConfig(repo: LeakRepo, random: Random, regional: boolean, endpoint: string | undefined): void {
  const where = regional ? "{{env}}/{{region}}/{{app}}" : "{{env}}/{{app}}";
  const layout = random.pick(["keys", "groups", "blob"]);
  const tail = { keys: "/{{key}}", groups: "/{{group}}", blob: "/all" }[layout];
  const shape = layout === "keys" ? "" : `, shape: ${random.pick(["nested", "dotted", "env"])}`;
  const connection = connectionOf(repo, endpoint);
  const all = `  all: { ${connection}, layout: ${layout}${shape}, path: "/cfg/${where}${tail}" }\n`;
  const two =
    `  open: { ${connection}, select: plain, path: "/open/${where}/{{key}}" }\n` +
    `  closed: { ${connection}, select: secrets, layout: ${layout}${shape}, path: "/closed/${where}${tail}" }\n`;
  const facts = `vars: { account: "123456789012" }${regional ? ", regions: [east, west]" : ""}`;
  repo.files["trueup.yaml"] =
    `version: 1\nsystem: shop\nenvironments:\n  dev: { ${facts} }\n  prod: { protected: true, ${facts} }\n` +
    `secrets: { sources: ["/platform/{{env}}/"] }\ntargets:\n${random.chance(0.5) ? all : two}`;
  repo.files[".sops.yaml"] = `creation_rules:\n  - age: ${RECIPIENT}\n`;
}

/** What lies around in the environment of a job, and in the file of a developer. */
function addCredentials(repo: LeakRepo, random: Random): void {
  const kind = (): CanaryKind => random.pick(["ascii", "url", "long", "unicode"]);
  for (const name of ["STORE_PASSWORD", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "ETCD_PASSWORD", "GITHUB_TOKEN"])
    repo.env[name] = plant(repo, `credential ${name}`, random, kind()).text;
  repo.env["SOPS_AGE_KEY"] = KEY.text;
  repo.canaries.push(KEY);
  if (random.chance(0.3)) {
    const local = plant(repo, "line of .env.local", random, random.pick(["ascii", "json", "url"]));
    repo.files[".env.local"] = `CRED_USER=me\nLOCAL_ONLY='${local.text}'\nBROKEN='${local.text}\n`;
  }
}
