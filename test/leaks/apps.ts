/** The apps of a repo: their secrets, who holds them, and where they are used. */
import { type Canary } from "./canary.ts";
import { RULES } from "./mistakes.ts";
import type { Random } from "./random.ts";
import { ENVS, type LeakRepo, plant } from "./repo.ts";

/** Every holder that there is. One more is one more line here, and how its value gets in. */
export const HOLDERS = ["sops", "external", "generate", "ref"] as const;
export type Holder = (typeof HOLDERS)[number];
/** Characters of a value that trueup makes up: found in a store by being so long. */
export const MADE_LENGTH = 43;

export interface SecretOf {
  /** `shared` for one of shared/. */
  readonly app: string;
  readonly name: string;
  readonly holder: Holder;
  /** By environment, for holders whose value people give: no secret is the same everywhere. */
  readonly values: Readonly<Record<string, Canary>>;
  /** Name of the secret that keeps the value of before. */
  readonly previous: string | undefined;
}

interface Use {
  readonly key: string;
  /** Text with the reference in it. */
  readonly text: string;
}

const NAMES = ["dsn", "cert", "value", "license", "pin", "seed", "password", "api_key", "db_token"] as const;

function addSecret(repo: LeakRepo, app: string, name: string, random: Random, like?: SecretOf): SecretOf {
  // A directory is nobody else's store.
  const choices = HOLDERS.filter((holder) => holder !== "ref" || repo.store !== "directory");
  const holder = like?.holder ?? choices[random.int(choices.length)] ?? "sops";
  const isGiven = holder === "sops" || holder === "external";
  const role = `${holder} ${app}.${name}`;
  const values = isGiven
    ? Object.fromEntries(ENVS.map((env) => [env, plant(repo, `${role} ${env}`, random)] as const))
    : {};
  if (holder === "ref")
    for (const env of ENVS) repo.sources.set(`/platform/${env}/${app}-${name}`, plant(repo, `${role} ${env}`, random));
  const previous = isGiven && like === undefined && app !== "shared" && random.chance(0.3) ? `${name}_old` : undefined;
  const secret = { app, name, holder, values, previous };
  repo.secrets.push(secret);
  return secret;
}

/** Its lines in secrets.yaml. */
function definition({ app, name, holder, previous }: SecretOf): string {
  const more = {
    sops: "",
    external: "",
    generate: `, length: ${MADE_LENGTH}`,
    ref: `, path: "/platform/{{env}}/${app}-${name}"`,
  }[holder];
  const rotation = previous === undefined ? "" : `, rotate: { previous: ${previous}, grace: 1h }`;
  return `${name}: { from: ${holder}${more}${rotation} }\n`;
}

export function addShared(repo: LeakRepo, random: Random): void {
  repo.files["shared/secrets.yaml"] = definition(addSecret(repo, "shared", "smtp", random));
  repo.files["shared/base.yaml"] = "kafka:\n  brokers: kafka.example.com:9092\n";
}

/** How a secret is used. An external one must be the whole value, and one that is made up must be whole somewhere. */
function useOf(name: string, holder: Holder, random: Random): string {
  if (holder === "external" || holder === "generate" || random.chance(0.5)) return `{{${name}}}`;
  return partOf(name, random);
}

function partOf(name: string, random: Random): string {
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

export function addApp(repo: LeakRepo, app: string, random: Random): void {
  const named = Array.from({ length: 1 + random.int(2) }, (_, n) => addSecret(repo, app, `s${n}`, random));
  const old = named.flatMap((one) =>
    one.previous === undefined ? [] : [addSecret(repo, app, one.previous, random, one)],
  );
  const shared = repo.secrets.find((secret) => secret.app === "shared");
  const texts = [
    ...[...named, ...old].map(({ name, holder }) => useOf(`secret.${name}`, holder, random)),
    ...named.flatMap(({ name, holder }) =>
      holder === "generate" && random.chance(0.5) ? [partOf(`secret.${name}`, random)] : [],
    ),
    ...(shared === undefined ? [] : [useOf("shared.secret.smtp", shared.holder, random)]),
  ];
  const keys = random.some(NAMES, texts.length);
  const uses = keys.map((key, index): Use => ({ key, text: texts[index] ?? "" }));
  writeApp(repo, app, uses, random);
  repo.files[`apps/${app}/secrets.yaml`] = [...named, ...old].map(definition).join("");
  if (named[0]?.holder === "sops" && random.chance(0.4))
    repo.files[`apps/${app}/files/app.conf.hbs`] =
      `port={{http.port}}\nkey={{secret.s0}}\n{{#if cred.user}}again={{base64 secret.s0}}{{/if}}\n`;
  for (const place of repo.places) for (const { key } of uses) repo.secretPaths.push(`${app}@${place}:cred.${key}`);
}

function writeApp(repo: LeakRepo, app: string, uses: readonly Use[], random: Random): void {
  // Most repos are right: a command that stops at a problem says little else.
  const share = !repo.history && random.chance(0.25) ? 0.5 : 0;
  const rule = (): string => (random.chance(share) ? (RULES[random.int(RULES.length)] ?? "") : "");
  const folder = `apps/${app}`;
  repo.files[`${folder}/base.yaml`] =
    `http:\n  port: 8080\n  host: "{{env}}.example.com"\ncred:\n  user: ${app}\n` +
    uses.map(({ key, text }) => `  ${key}: "${text}"\n`).join("") +
    (random.chance(0.3) ? `again:\n  copy: "{{self.cred.${uses[0]?.key ?? ""}}}"\n` : "");
  repo.files[`${folder}/prod.yaml`] = "http:\n  port: 8443\n";
  repo.files[`${folder}/schema.yaml`] =
    `type: object\n${random.chance(0.5) ? "additionalProperties: true\n" : ""}properties:\n` +
    "  http: { type: object, properties: { port: { type: integer }, host: { type: string } } }\n" +
    "  again: { type: object, properties: { copy: { type: string, x-secret: true } } }\n" +
    `  cred:\n    type: object\n    additionalProperties: false\n    properties:\n      user: { type: string }\n${uses
      .map(({ key }) => `      ${key}: { type: string, x-secret: true${rule()} }\n`)
      .join("")}`;
}
