/** What happens in the life of a generated repo; the command lines in between are chosen by chance. */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Sealed } from "../../src/index.ts";
import { changeSopsValues } from "../../src/secrets/sops/encrypt.ts";
import { writeFiles } from "../project.ts";
import { runActions } from "./actions.ts";
import { IDENTITY, RECIPIENT } from "./age-keys.ts";
import { MADE_LENGTH, type SecretOf } from "./apps.ts";
import type { Canary } from "./canary.ts";
import { filesBelow } from "./files.ts";
import { commitAll, withHistory } from "./history.ts";
import { yamlOf } from "./mistakes.ts";
import { LAST, PAST, commandLines } from "./lines.ts";
import { plant } from "./repo.ts";
import { fakeStore } from "./stores.ts";
import { EDITED, type Run, command } from "./world.ts";

const LIFTED = ["drift", "conflict", "drift,conflict,replace,adopt,dirty"] as const;

export async function live(run: Run, lines: number): Promise<void> {
  const { repo, random } = run;
  await begin(run);
  const chosen = commandLines(repo, random);
  const some = (share: number) => (lines >= chosen.length ? chosen : random.some(chosen, Math.round(lines * share)));
  for (const line of some(0.25)) await command(run, line);
  await apply(run, random.pick([["-v"], ["--format", "json"], ["--format", "markdown"]]));
  await fillExternals(run, lines >= chosen.length ? 1 : 0.25);
  noteMade(run);
  byHand(run);
  if (repo.trouble !== undefined && repo.store === "memory") fakeStore(String(repo.seed)).trouble = repo.trouble;
  for (const line of some(0.75)) await command(run, line);
  if (repo.history) commitAll(run);
  if (repo.history) for (const args of PAST) await command(run, { args });
  if (repo.history || random.chance(0.05)) await runActions(run, repo.history ? 5 : 2);
  if (random.chance(0.5)) await renew(run);
  await apply(run, ["--allow", random.pick(LIFTED)]);
  noteMade(run);
  for (const args of LAST) if (random.chance(0.04)) await command(run, { args });
}

/** The files, the values in Git, and what is wrong with them. */
async function begin(run: Run): Promise<void> {
  const { repo, random, folder, store } = run;
  writeFiles(folder, repo.files);
  mkdirSync(join(folder, "out"));
  const byCommand = random.chance(0.1);
  const held = repo.secrets.filter((secret) => secret.holder === "sops");
  if (byCommand)
    for (const secret of held)
      for (const [env, canary] of Object.entries(secret.values)) await fill(run, secret, env, canary);
  else await encrypt(run, held);
  for (const [key, { text }] of repo.sources) store.handPut(key, text);
  for (const { path, change } of repo.spoil) spoil(folder, path, change);
  if (repo.env["SOPS_AGE_KEY_LATER"] !== undefined) run.env["SOPS_AGE_KEY"] = repo.env["SOPS_AGE_KEY_LATER"];
  delete run.env["SOPS_AGE_KEY_LATER"];
  if (repo.history) withHistory(run);
}

/** All values of each file at once: what `secrets set` does for each, and as good for what comes after. */
async function encrypt({ folder }: Run, secrets: readonly SecretOf[]): Promise<void> {
  const files = new Map<string, Map<string, Sealed>>();
  for (const { app, name, values } of secrets)
    for (const [env, { text }] of Object.entries(values)) {
      const path = app === "shared" ? `shared/${env}.sops.yaml` : `apps/${app}/${env}.sops.yaml`;
      const held = files.get(path) ?? new Map<string, Sealed>();
      files.set(path, held.set(name, new Sealed(text)));
    }
  for (const [path, values] of files) {
    const options = {
      recipients: [RECIPIENT],
      now: "2026-11-21T12:00:00Z",
      random: (count: number) => randomBytes(count),
      keys: { ageIdentities: [IDENTITY] },
    };
    writeFiles(folder, { [path]: await changeSopsValues({ path, text: "" }, values, options) });
  }
}

async function apply(run: Run, more: readonly string[]): Promise<void> {
  if (run.repo.history) commitAll(run);
  await command(run, { args: ["apply", "--yes", ...more] });
}

function fill(run: Run, { app, name, holder }: SecretOf, env: string, canary: Canary): Promise<void> {
  const newline = run.random.pick(["\n", "", "\r\n"]);
  return command(
    run,
    { args: ["secrets", "set", app, name, "--env", env] },
    `${canary.text}${newline}`,
    `secrets set (${holder})`,
  );
}

async function fillExternals(run: Run, share: number): Promise<void> {
  for (const secret of run.repo.secrets.filter(({ holder }) => holder === "external"))
    for (const [env, canary] of Object.entries(secret.values))
      if (run.random.chance(share)) await fill(run, secret, env, canary);
}

/** A new value for one of the secrets, so that there is a change to plan. */
async function renew(run: Run): Promise<void> {
  const { repo, random, folder } = run;
  const [secret] = random.some(repo.secrets, 1);
  if (secret === undefined) return;
  const { app, name, holder } = secret;
  const fresh = (): Canary => plant(repo, `new ${holder} ${app}.${name}`, random);
  if (holder === "ref") {
    for (const key of repo.sources.keys()) run.store.handPut(key, fresh().text);
  } else if (holder === "generate") {
    const file = join(folder, app === "shared" ? "shared/secrets.yaml" : `apps/${app}/secrets.yaml`);
    const raised = readFileSync(file, "utf8").replaceAll(
      `length: ${MADE_LENGTH}`,
      `length: ${MADE_LENGTH}, version: 2`,
    );
    writeFileSync(file, raised);
  } else if (random.chance(0.4)) await fill(run, secret, "dev", fresh());
  else if (holder === "sops" && random.chance(0.3)) await edit(run, secret, fresh());
  else await rotate(run, secret, fresh);
  await command(run, { args: ["diff", "--format", random.pick(["human", "markdown", "json"])] });
}

/** The editor puts another file in the place of the one it was given, right or wrong. */
async function edit(run: Run, { app, name }: SecretOf, canary: Canary): Promise<void> {
  const value = JSON.stringify(canary.text);
  const text = run.random.pick([
    `${name}: ${value}\n`,
    `# a note: ${value}\n${name}: ${yamlOf(canary.text, run.random)}\n`,
    `${name}: ${value}\n${name}: ${value}\n`,
    `${name}x: ${value}\n`,
    `${name}: "${canary.cores[0] ?? ""}\n`,
    `${value}\n`,
  ]);
  writeFileSync(join(run.folder, EDITED), text);
  await command(run, { args: ["secrets", "edit", app, "--env", "dev"] });
}

async function rotate(run: Run, { app, name, holder, previous }: SecretOf, fresh: () => Canary): Promise<void> {
  const args = ["secrets", "rotate", app, name, "--env", "dev"];
  const label = `secrets rotate (${holder}${previous === undefined ? "" : ", two values"})`;
  const isMade = run.random.chance(0.3);
  if (isMade) await command(run, { args: [...args, "--generate", "--length", `${MADE_LENGTH}`] }, "", label);
  else await command(run, { args }, fresh().text, label);
  noteMade(run);
  await command(run, { args: ["secrets", "list"] });
  if (previous !== undefined)
    for (const now of [[], ["--now"]])
      await command(run, { args: [...args, "--finish", ...now] }, "", "secrets rotate (finish)");
}

/** Somebody writes into the store: another secret, or something that cannot be read. */
function byHand(run: Run): void {
  const { repo, random } = run;
  if (!random.chance(0.3)) return;
  const [key] = random.some([...run.store.secrets().keys()], 1);
  if (key === undefined) return;
  const canary = plant(repo, `hand edit of ${key}`, random);
  run.store.handPut(key, repo.corruptLive ? `{"A": ${canary.text}` : canary.text);
}

function spoil(folder: string, path: RegExp, change: (text: string) => string): void {
  for (const file of filesBelow(folder).filter((name) => path.test(name)))
    writeFileSync(join(folder, file), change(readFileSync(join(folder, file), "utf8")));
}

const MADE = new RegExp(`(?<![A-Za-z0-9])[A-Za-z0-9]{${MADE_LENGTH}}(?![A-Za-z0-9])`, "gu");

/** Values that trueup made up are nowhere but in the store: from there they become canaries. */
function noteMade({ repo, store }: Run): void {
  const known = new Set(repo.canaries.map(({ text }) => text));
  if (!repo.secrets.some(({ holder }) => holder !== "ref")) return;
  for (const text of store.secrets().values())
    for (const [made] of text.matchAll(MADE)) {
      if (known.has(made)) continue;
      known.add(made);
      repo.canaries.push({ role: `${repo.canaries.length} made up`, kind: "made up", text: made, cores: [made] });
    }
}
