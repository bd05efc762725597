/** Mistakes put into a repo, most of them with a secret in plain text. */
import { IDENTITY, STRANGER } from "./age-keys.ts";
import { BROKEN_NUMBERS, BROKEN_YAML, yamlOf } from "./mistakes.ts";
import type { Random } from "./random.ts";
import { type LeakRepo, plant } from "./repo.ts";

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
