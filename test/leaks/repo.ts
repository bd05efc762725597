/** Small config repos full of secrets, right and wrong, each from a number that brings it back. */
import { IDENTITY, RECIPIENT, STRANGER } from "./age-keys.ts";
import { type Canary, type CanaryKind, canaryOf } from "./canary.ts";
import { BROKEN_NUMBERS, BROKEN_YAML, RULES, yamlOf } from "./mistakes.ts";
import { type Random, randomOf } from "./random.ts";
import { TROUBLES, type Trouble } from "./stores.ts";

/** Holders of secrets whose value the test gives. One more is one more line here, and how its value gets in. */
const HOLDERS = ["sops", "external"] as const;
type Holder = (typeof HOLDERS)[number];

export interface SecretOf {
  /** `shared` for one of shared/. */
  readonly app: string;
  readonly name: string;
  readonly holder: Holder;
  /** By environment: no secret is the same everywhere. */
  readonly values: Readonly<Record<string, Canary>>;
}

export interface LeakRepo {
  readonly seed: number;
  readonly files: Record<string, string>;
  readonly canaries: Canary[];
  readonly secrets: SecretOf[];
  readonly env: Record<string, string>;
  readonly apps: readonly string[];
  readonly places: readonly string[];
  readonly store: "memory" | "directory";
  /** Key paths whose value is a secret, for `get` and `explain`: `orders@dev:cred.dsn`. */
  readonly secretPaths: string[];
  /** Files that hold a canary in plain text, on purpose. */
  readonly plaintext: Set<string>;
  /** What is wrong, if anything. */
  readonly mistakes: string[];
  /** Done to the files once secrets are set: text in, text out. */
  readonly spoil: { readonly path: RegExp; readonly change: (text: string) => string }[];
  readonly trouble: Trouble | undefined;
  /** True: the live value of a secret is no JSON although it should be. */
  readonly corruptLive: boolean;
}

const ENVS = ["dev", "prod"] as const;
const NAMES = ["dsn", "cert", "value", "license", "pin", "seed", "password", "api_key", "db_token"] as const;

/** The whole repo of a seed. */
export function leakRepo(seed: number): LeakRepo {
  const random = randomOf(seed * 7919 + 1);
  const regional = random.chance(0.3);
  const apps = random.chance(0.4) ? ["orders", "cart"] : ["orders"];
  const repo: LeakRepo = {
    seed,
    files: {},
    canaries: [],
    secrets: [],
    env: {},
    apps,
    places: regional ? ENVS.flatMap((env) => [`${env}.east`, `${env}.west`]) : ENVS,
    store: random.chance(0.7) ? "memory" : "directory",
    secretPaths: [],
    plaintext: new Set(),
    mistakes: [],
    spoil: [],
    trouble: random.chance(0.12) ? TROUBLES[random.int(TROUBLES.length)] : undefined,
    corruptLive: random.chance(0.05),
  };
  writeConfig(repo, random, regional);
  if (random.chance(0.4)) addShared(repo, random);
  for (const app of apps) addApp(repo, app, random);
  addCredentials(repo, random);
  if (random.chance(0.5)) MISTAKES[random.int(MISTAKES.length)]?.(repo, random);
  return repo;
}

export function plant(repo: LeakRepo, role: string, random: Random, kind?: CanaryKind): Canary {
  const canary = canaryOf(`${repo.canaries.length} ${role}`, random, kind);
  repo.canaries.push(canary);
  return canary;
}

function writeConfig(repo: LeakRepo, random: Random, regional: boolean): void {
  const where = regional ? "{{env}}/{{region}}/{{app}}" : "{{env}}/{{app}}";
  const layout = random.pick(["keys", "groups", "blob"]);
  const tail = { keys: "/{{key}}", groups: "/{{group}}", blob: "/all" }[layout];
  const shape = layout === "keys" ? "" : `, shape: ${random.pick(["nested", "dotted", "env"])}`;
  const connection =
    repo.store === "memory"
      ? `type: memory, connection: { id: "${repo.seed}", password: { fromEnv: STORE_PASSWORD } }`
      : "type: directory";
  const all = `  all: { ${connection}, layout: ${layout}${shape}, path: "/cfg/${where}${tail}" }\n`;
  const two =
    `  open: { ${connection}, select: plain, path: "/open/${where}/{{key}}" }\n` +
    `  closed: { ${connection}, select: secrets, layout: ${layout}${shape}, path: "/closed/${where}${tail}" }\n`;
  const regions = regional ? "regions: [east, west]" : "";
  repo.files["trueup.yaml"] =
    `version: 1\nsystem: shop\nenvironments:\n  dev: { ${regions} }\n  prod: { protected: true${regional ? ", " : ""}${regions} }\n` +
    `targets:\n${random.chance(0.5) ? all : two}`;
  repo.files[".sops.yaml"] = `creation_rules:\n  - age: ${RECIPIENT}\n`;
}

function addSecret(repo: LeakRepo, app: string, name: string, random: Random): SecretOf {
  const holder = HOLDERS[random.int(HOLDERS.length)] ?? "sops";
  const values = Object.fromEntries(
    ENVS.map((env) => [env, plant(repo, `${holder} ${app}.${name} ${env}`, random)] as const),
  );
  const secret = { app, name, holder, values };
  repo.secrets.push(secret);
  return secret;
}

function addShared(repo: LeakRepo, random: Random): void {
  const { holder } = addSecret(repo, "shared", "smtp", random);
  repo.files["shared/secrets.yaml"] = `smtp: { from: ${holder} }\n`;
  repo.files["shared/base.yaml"] = "kafka:\n  brokers: kafka.example.com:9092\n";
}

/** How a secret is used. An external one must be the whole value. */
function useOf(name: string, holder: Holder, random: Random): string {
  if (holder === "external" || random.chance(0.5)) return `{{${name}}}`;
  return random.pick([
    `https://u:{{${name}}}@{{env}}.example.com/`,
    `{{base64 ${name}}}`,
    `{{upper ${name}}}`,
    `{{json ${name}}}`,
    `{{replace ${name} 'a' 'bb'}}`,
    `{{lower ${name}}}-{{env}}`,
    `Basic {{base64 ${name}}}`,
  ]);
}

function addApp(repo: LeakRepo, app: string, random: Random): void {
  const secrets = Array.from({ length: 1 + random.int(2) }, (_, n) => addSecret(repo, app, `s${n}`, random));
  const shared = repo.secrets.find((secret) => secret.app === "shared");
  const uses = [
    ...secrets.map(({ name, holder }) => useOf(`secret.${name}`, holder, random)),
    ...(shared === undefined ? [] : [useOf("shared.secret.smtp", shared.holder, random)]),
  ];
  const keys = random.some(NAMES, uses.length);
  const rule = (): string => (random.chance(0.25) ? (RULES[random.int(RULES.length)] ?? "") : "");
  const folder = `apps/${app}`;
  repo.files[`${folder}/secrets.yaml`] = secrets.map(({ name, holder }) => `${name}: { from: ${holder} }\n`).join("");
  repo.files[`${folder}/base.yaml`] =
    `http:\n  port: 8080\n  host: "{{env}}.example.com"\ncred:\n  user: ${app}\n` +
    keys.map((key, index) => `  ${key}: "${uses[index] ?? ""}"\n`).join("") +
    (random.chance(0.3) ? `again:\n  copy: "{{self.cred.${keys[0] ?? ""}}}"\n` : "");
  repo.files[`${folder}/prod.yaml`] = "http:\n  port: 8443\n";
  repo.files[`${folder}/schema.yaml`] =
    `type: object\n${random.chance(0.5) ? "additionalProperties: true\n" : ""}properties:\n` +
    "  http: { type: object, properties: { port: { type: integer }, host: { type: string } } }\n" +
    "  again: { type: object, properties: { copy: { type: string, x-secret: true } } }\n" +
    `  cred:\n    type: object\n    additionalProperties: false\n    properties:\n      user: { type: string }\n${keys
      .map((key) => `      ${key}: { type: string, x-secret: true${rule()} }\n`)
      .join("")}`;
  if (secrets.every(({ holder }) => holder === "sops") && random.chance(0.4))
    repo.files[`${folder}/files/app.conf.hbs`] =
      `port={{http.port}}\nkey={{secret.s0}}\n{{#if cred.user}}again={{base64 secret.s0}}{{/if}}\n`;
  for (const place of repo.places) for (const key of keys) repo.secretPaths.push(`${app}@${place}:cred.${key}`);
}

/** What lies around in the environment of a job, and in the file of a developer. */
function addCredentials(repo: LeakRepo, random: Random): void {
  const kind = (): CanaryKind => random.pick(["ascii", "url", "long", "unicode"]);
  for (const name of ["STORE_PASSWORD", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "ETCD_PASSWORD", "GITHUB_TOKEN"])
    repo.env[name] = plant(repo, `credential ${name}`, random, kind()).text;
  const identity = IDENTITY;
  repo.env["SOPS_AGE_KEY"] = identity;
  repo.canaries.push({
    role: "key",
    kind: "ascii",
    text: identity,
    cores: [identity.slice("AGE-SECRET-KEY-1".length)],
  });
  if (random.chance(0.3)) {
    const local = plant(repo, "line of .env.local", random, random.pick(["ascii", "json", "url"]));
    repo.files[".env.local"] = `CRED_USER=me\nLOCAL_ONLY='${local.text}'\nBROKEN='${local.text}\n`;
  }
}

/** Everything about a leaf that the schema calls secret: where it stands, and its line. */
function secretLeaf(repo: LeakRepo, random: Random): { file: string; app: string; key: string; line: RegExp } {
  const app = repo.apps[random.int(repo.apps.length)] ?? "orders";
  const file = `apps/${app}/base.yaml`;
  const keys = [...(repo.files[file] ?? "").matchAll(/^ {2}(\w+): ".*\{\{(?:shared\.|\w+ )?secret/gmu)].map(
    ([, key]) => key,
  );
  const key = keys[random.int(keys.length)] ?? "password";
  return { file, app, key, line: new RegExp(`^  ${key}: .*\n`, "mu") };
}

function replaceIn(repo: LeakRepo, file: string, line: RegExp, by: string): void {
  repo.files[file] = (repo.files[file] ?? "").replace(line, () => by);
  repo.plaintext.add(file);
}

type MakeMistake = (repo: LeakRepo, random: Random) => void;

const plaintext: MakeMistake = (repo, random) => {
  const { file, key, line } = secretLeaf(repo, random);
  const canary = plant(repo, `plain text at ${key}`, random);
  const numeric = canary.kind === "numeric" && random.chance(0.5);
  const value = numeric ? canary.text.slice(0, 15) : yamlOf(canary.text, random);
  replaceIn(repo, file, line, `  ${key}: ${value}\n`);
  repo.mistakes.push(`plaintext ${canary.kind}`);
};

const inMap: MakeMistake = (repo, random) => {
  const { file, key, line } = secretLeaf(repo, random);
  const canary = plant(repo, `plain text below ${key}`, random);
  const value = yamlOf(canary.text, random, "      ");
  const text = random.chance(0.5)
    ? `  ${key}:\n    inner: ${value}\n`
    : `  ${key}:\n    - ${JSON.stringify(canary.text)}\n`;
  replaceIn(repo, file, line, text);
  repo.mistakes.push("plaintext in a map or list");
};

const inOverride: MakeMistake = (repo, random) => {
  const { file, app, key, line } = secretLeaf(repo, random);
  const canary = plant(repo, `plain text at ${key} of dev`, random);
  const text = `cred:\n  ${key}: ${yamlOf(canary.text, random)}\n`;
  repo.files[`apps/${app}/dev.yaml`] = text;
  repo.plaintext.add(`apps/${app}/dev.yaml`);
  // The same in both: an override that changes nothing, or only the type.
  if (random.chance(0.4)) replaceIn(repo, file, line, `  ${key}: ${JSON.stringify(canary.text)}\n`);
  else if (random.chance(0.3)) replaceIn(repo, file, line, `  ${key}: 17\n`);
  repo.mistakes.push("plaintext in an override");
};

const viaShared: MakeMistake = (repo, random) => {
  const { file, key, line } = secretLeaf(repo, random);
  const canary = plant(repo, `plain text in shared for ${key}`, random);
  repo.files["shared/base.yaml"] =
    `kafka:\n  brokers: kafka.example.com:9092\nmail:\n  pass: ${yamlOf(canary.text, random)}\n`;
  repo.plaintext.add("shared/base.yaml");
  replaceIn(
    repo,
    file,
    line,
    `  ${key}: "${random.chance(0.5) ? "{{shared.mail.pass}}" : "x{{upper shared.mail.pass}}y"}"\n`,
  );
  repo.plaintext.delete(file);
  repo.mistakes.push("plaintext in shared");
};

const inTemplate: MakeMistake = (repo, random) => {
  const { file, key, line } = secretLeaf(repo, random);
  const canary = plant(repo, `plain text in a template at ${key}`, random, "ascii");
  const { text } = canary;
  const template = random.pick([
    `{{upper '${text}'}}`,
    `{{join '${text}'}}`,
    `{{nohelper '${text}'}}`,
    `${text}{{env}}`,
    `${text}{{`,
    `${text}{{#if x}}`,
    `${text}{{missing.name}}`,
    `{{default missing '${text}'}}`,
    `{{upper "${text}"`,
  ]);
  replaceIn(
    repo,
    file,
    line,
    `  ${key}: ${random.chance(0.5) ? `'${template.replaceAll("'", "''")}'` : JSON.stringify(template)}\n`,
  );
  repo.mistakes.push("plaintext in a template");
};

const brokenYaml: MakeMistake = (repo, random) => {
  const { file, key, line } = secretLeaf(repo, random);
  const numbers = random.chance(0.2);
  const [kind, ...others] = Object.keys(numbers ? BROKEN_NUMBERS : BROKEN_YAML);
  const name = random.pick([kind ?? "", ...others]);
  const canary = plant(repo, `${name} at ${key}`, random, numbers ? "numeric" : random.pick(["ascii", "pem", "json"]));
  const core = canary.cores[0] ?? "";
  const text = (numbers ? BROKEN_NUMBERS[name]?.(key, core) : BROKEN_YAML[name]?.(key, core, canary)) ?? "";
  replaceIn(repo, file, line, text);
  repo.mistakes.push(`broken YAML: ${name}`);
};

const typo: MakeMistake = (repo, random) => {
  const { file, key, line } = secretLeaf(repo, random);
  const canary = plant(repo, `plain text at ${key} with a typing error`, random);
  const wrong = key.length > 3 ? key.slice(0, -2) + key.slice(-1) + key.slice(-2, -1) : `${key}s`;
  replaceIn(repo, file, line, `  ${wrong}: ${yamlOf(canary.text, random)}\n`);
  repo.mistakes.push("plaintext at a misspelt key");
};

const inSecretsFile: MakeMistake = (repo, random) => {
  const app = repo.apps[0] ?? "orders";
  const file = `apps/${app}/secrets.yaml`;
  const canary = plant(repo, "plain text in secrets.yaml", random);
  const value = JSON.stringify(canary.text);
  const line = random.pick([
    `{ from: sops, value: ${value} }`,
    value,
    `{ from: ${value} }`,
    `[${value}]`,
    `{ description: [${value}] }`,
  ]);
  replaceIn(repo, file, /^s0: .*\n/mu, `s0: ${line}\n`);
  repo.mistakes.push("plaintext in secrets.yaml");
};

const inConnection: MakeMistake = (repo, random) => {
  const canary = plant(repo, "plain text in a connection", random, random.pick(["ascii", "url", "json", "quotes"]));
  const value = JSON.stringify(canary.text);
  const target = random.pick([
    `type: etcd, path: "/p/{{key}}", connection: { endpoints: ["https://etcd.example.com:2379"], username: { fromEnv: U }, password: ${value} }`,
    `type: etcd, path: "/p/{{key}}", connection: { endpoints: ["https://etcd.example.com:2379"], password: { fromEnv: ${value} } }`,
    `type: aws-ssm, connection: { region: eu-west-1, secretAccessKey: ${value} }`,
    `type: memory, path: "/p/{{key}}", connection: { id: x, password: ${value} }`,
  ]);
  repo.files["trueup.yaml"] += `  extra: { ${target} }\n`;
  repo.plaintext.add("trueup.yaml");
  repo.mistakes.push("plaintext in a connection");
};

const inSopsFile: MakeMistake = (repo, random) => {
  const canary = plant(repo, "plain text in an encrypted file", random);
  const value = yamlOf(canary.text, random);
  const path = `apps/${repo.apps[0] ?? "orders"}/prod.sops.yaml`;
  const change = random.pick<(text: string) => string>([
    () => `s0: ${value}\n`,
    (text) => `s0: ${value}\n${text}`,
    (text) => text.replace(/^s\d: .*$/mu, () => `s0: ${value}`),
    (text) => `${text}\nextra: ${value}\n`,
    () => `s0: "${canary.cores[0] ?? ""}\n  : [\n`,
    (text) => text.replace(/^( +)mac: .*$/mu, (_, indent: string) => `${indent}mac: ${canary.cores[0] ?? ""}`),
    (text) => text.replace(/ENC\[AES256_GCM,/u, () => `ENC[${canary.cores[0] ?? ""},`),
    (text) => text.replace(/lastmodified: .*/u, () => `lastmodified: ${canary.cores[0] ?? ""}`),
  ]);
  repo.spoil.push({ path: new RegExp(`^${path.replaceAll(".", "\\.")}$`, "u"), change });
  repo.plaintext.add(path);
  repo.mistakes.push("plaintext in an encrypted file");
};

const damagedSops: MakeMistake = (repo, random) => {
  const change = random.pick<(text: string) => string>([
    (text) => text.replace(/data:(.)/u, (_, first: string) => `data:${first === "A" ? "B" : "A"}`),
    (text) => text.replace(/tag:(.)/u, (_, first: string) => `tag:${first === "A" ? "B" : "A"}`),
    (text) => text.replace(/^s\d+: .*\n/mu, ""),
    (text) => text.replace(/^s(\d+): /mu, "s9$1: "),
    (text) =>
      text.replace(
        /mac: ENC\[AES256_GCM,data:(.)/u,
        (_, first: string) => `mac: ENC[AES256_GCM,data:${first === "A" ? "B" : "A"}`,
      ),
    (text) => text.replace(/lastmodified: .*/u, 'lastmodified: "2020-01-01T00:00:00Z"'),
    (text) => text.slice(0, Math.floor(text.length / 2)),
    (text) => text.replace(/-----BEGIN AGE[\s\S]*?\n.*\n/u, "-----BEGIN AGE ENCRYPTED FILE-----\n"),
    (text) => text.replace(/type:str/u, "type:int"),
  ]);
  repo.spoil.push({ path: /\.sops\.yaml$/u, change });
  repo.mistakes.push("encrypted file damaged");
};

const wrongKey: MakeMistake = (repo, random) => {
  const broken = plant(repo, "age key that is none", random, "ascii");
  repo.env["SOPS_AGE_KEY_LATER"] = random.pick([
    STRANGER,
    `AGE-SECRET-KEY-1${broken.text.toUpperCase()}`,
    `${IDENTITY.slice(0, -1)}Q`,
    `${broken.text}\n${IDENTITY}`,
    "",
  ]);
  repo.mistakes.push("wrong key");
};

const failingHelper: MakeMistake = (repo, random) => {
  const { file, key, line } = secretLeaf(repo, random);
  const use = /secret\.\w+/u.exec(line.exec(repo.files[file] ?? "")?.[0] ?? "")?.[0] ?? "secret.s0";
  repo.files[file] = (repo.files[file] ?? "").replace(line, `  ${key}: "{{join ${use}}}"\n`);
  repo.mistakes.push("helper that fails on the value");
};

const wrongPlace: MakeMistake = (repo, random) => {
  const { file, key, line } = secretLeaf(repo, random);
  const wrong = random.pick<() => void>([
    () => (repo.files["trueup.yaml"] = (repo.files["trueup.yaml"] ?? "").replace("{{app}}", "{{secret.s0}}")),
    () => (repo.files["trueup.yaml"] += `  extra: { type: directory, connection: { directory: "{{secret.s0}}" } }\n`),
    () =>
      (repo.files[file] = (repo.files[file] ?? "").replace(line, `  ${key}: "a {{secret.s0}} b {{secret.nothing}}"\n`)),
    () => (repo.files["shared/base.yaml"] = 'bad: "{{secret.s0}}"\n'),
    () => (repo.files[file] += 'open:\n  text: "{{#if secret.s0}}x{{/if}}"\n'),
    () =>
      (repo.files[`apps/${repo.apps[0] ?? "orders"}/files/bad.hbs`] =
        "{{#each secret.s0}}{{this}}{{/each}}{{log secret.s0}}"),
    () => (repo.files[file] += 'open:\n  text: "{{self.cred}}"\n'),
  ]);
  wrong();
  repo.mistakes.push("secret in a wrong place");
};

export const MISTAKES: readonly MakeMistake[] = [
  plaintext,
  plaintext,
  inMap,
  inOverride,
  viaShared,
  inTemplate,
  brokenYaml,
  brokenYaml,
  brokenYaml,
  typo,
  inSecretsFile,
  inConnection,
  inSopsFile,
  damagedSops,
  wrongKey,
  failingHelper,
  wrongPlace,
];
