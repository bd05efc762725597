/** `trueup init`: makes a config repo that works at once. */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Failure } from "../../failure.ts";
import { safeText } from "../../report/redact.ts";
import { suggest } from "../../suggest.ts";
import type { Io } from "../io.ts";
import { EXAMPLE_KEYS, INIT_TARGETS, type InitAnswers, type InitTarget, initFiles, overrideOf } from "./init-files.ts";
import { shippedFiles } from "./shipped.ts";
import { type Written, fileRow, writeFiles } from "./write-files.ts";

export interface InitOptions {
  /** Absolute path; becomes the config root. */
  readonly folder: string;
  /** Take defaults for what was not given. */
  readonly yes?: boolean;
  readonly env?: readonly string[];
  readonly target?: string;
  readonly system?: string;
  /** False: no GitHub workflows. */
  readonly workflows?: boolean;
  /** False: nobody can answer, so nothing is asked. */
  readonly interactive: boolean;
}

const DEFAULT_ENVIRONMENTS = ["dev", "staging", "prod"];
/** Names that are taken by other files of an app (`schemas/trueup.schema.json`). */
const ENVIRONMENT = /^(?!(?:\d+|base|secrets|schema|app|shared|files|sops)$)[a-z0-9][a-z0-9-]{0,62}$/u;
const SYSTEM = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/u;

/**
 * Asks what was not given (only if `interactive`), writes what does not exist yet, says what it did. In a folder that
 * has a trueup.yaml the example app is left out. Throws `USAGE` for answers that are missing or not possible.
 */
export async function initCommand(options: InitOptions, io: Pick<Io, "out" | "ask">): Promise<Written> {
  io.out("  trueup · configuration in Git, applied on merge\n\n");
  const answers = await collect(options, io);
  const workflows = options.workflows ?? (await wantsWorkflows(options, io));
  const all = initFiles(answers, shippedFiles(import.meta.dirname, workflows));
  const isNew = read(options.folder, "trueup.yaml") === undefined;
  const files = isNew ? all : new Map([...all].filter(([path]) => !path.startsWith("apps/hello/")));
  const written = writeFiles(options.folder, files);
  io.out(`${rows(answers, files, written).join("\n")}\n`);
  const ignored = read(options.folder, ".gitignore") ?? "";
  if (!/^\/?\.trueup\/?\s*$/mu.test(ignored))
    io.out("\n  Please add .trueup/ to .gitignore: it holds the local store.\n");
  if (isNew) io.out(next(answers));
  return written;
}

async function wantsWorkflows(options: InitOptions, io: Pick<Io, "ask">): Promise<boolean> {
  if (!options.interactive || options.yes === true || io.ask === undefined) return true;
  return !/^n/iu.test((await io.ask("? Write GitHub workflows?  [yes] ")).trim());
}

async function collect(options: InitOptions, io: Pick<Io, "ask">): Promise<InitAnswers> {
  const ask = options.interactive && !(options.yes ?? false) ? io.ask : undefined;
  const missing = [
    ...(options.env === undefined ? ["--env"] : []),
    ...(options.target === undefined ? ["--target"] : []),
  ];
  if (missing.length > 0 && ask === undefined && !(options.yes ?? false))
    throw new Failure(
      "USAGE",
      `Nobody can be asked here, and ${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} not given.`,
      {
        fix: `trueup init --env ${DEFAULT_ENVIRONMENTS.join(",")} --target directory, or trueup init --yes for just that`,
      },
    );
  const answer = async (question: string, otherwise: string) => (await ask?.(question))?.trim() || otherwise;
  const target =
    options.target ??
    (await answer(
      "? Where do your values live today? directory (nowhere yet, a local folder), etcd, aws-ssm or both  [directory] ",
      "directory",
    ));
  const environments =
    options.env ??
    (
      await answer(
        `? Environments, in the order in which changes move on  [${DEFAULT_ENVIRONMENTS.join(", ")}] `,
        DEFAULT_ENVIRONMENTS.join(","),
      )
    )
      .split(/[\s,]+/u)
      .filter(Boolean);
  return {
    system: checkedSystem(options.system ?? systemOf(options.folder)),
    environments: checkedEnvironments(environments),
    target: checkedTarget(target),
  };
}

function checkedTarget(text: string): InitTarget {
  const target = text === "ssm" ? "aws-ssm" : INIT_TARGETS.find((known) => known === text);
  if (target !== undefined) return target;
  const meant = suggest(text, INIT_TARGETS);
  throw new Failure("USAGE", `--target ${safeText(text)} is not known here.`, {
    fix: meant === undefined ? `one of: ${INIT_TARGETS.join(", ")}` : `did you mean --target ${meant}?`,
  });
}

function checkedEnvironments(names: readonly string[]): readonly string[] {
  const wrong = names.find((name) => !ENVIRONMENT.test(name));
  if (wrong !== undefined)
    throw new Failure("USAGE", `--env: an environment cannot be called "${safeText(wrong)}".`, {
      fix: "lower-case letters, digits and hyphens; base, secrets, schema, app, shared, files and sops are taken",
    });
  if (names.length === 0)
    throw new Failure("USAGE", "--env names no environment.", { fix: "for example --env dev,prod" });
  if (new Set(names).size < names.length) throw new Failure("USAGE", "--env names an environment twice.");
  return names;
}

function checkedSystem(name: string): string {
  if (SYSTEM.test(name)) return name;
  throw new Failure("USAGE", `--system: a system cannot be called "${safeText(name)}".`, {
    fix: "letters, digits and . _ -, at most 63 of them, beginning with a letter or digit",
  });
}

/** `shop` for the folder `shop-config`. */
function systemOf(folder: string): string {
  const name = basename(folder)
    .replace(/[^A-Za-z0-9._-]+/gu, "-")
    .replace(/[-_.]?(?:config|configuration)$/iu, "")
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/gu, "")
    .slice(0, 63);
  return name === "" ? "system" : name;
}

/** Files in groups; a group that was kept in part is shown in two rows. */
function rows(answers: InitAnswers, files: ReadonlyMap<string, string>, written: Written): string[] {
  const count = answers.environments.length;
  const where = answers.target === "directory" ? "local folder" : WHERE[answers.target];
  const targets = answers.target === "both" ? "2 targets" : "1 target";
  const notes: readonly (readonly [RegExp, string])[] = [
    [/^trueup\.yaml$/u, `${count} ${count === 1 ? "environment" : "environments"}, ${targets} (${where})`],
    [/^apps\/hello\//u, "a working example, delete it later"],
    [/^\.github\/workflows\//u, ""],
    [/^\.github\/(?!workflows\/)/u, ""],
    [/^\.(?!github\/)/u, ""],
    [/^README/u, ""],
  ];
  return notes.flatMap(([pattern, note]) => {
    const group = [...files.keys()].filter((path) => pattern.test(path));
    const created = group.filter((path) => written.created.includes(path));
    const kept = group.filter((path) => written.kept.includes(path));
    return [
      ...(created.length === 0 ? [] : [fileRow("created", created, note)]),
      ...(kept.length === 0 ? [] : [fileRow("kept", kept, "was there, not touched")]),
    ];
  });
}

const WHERE = { directory: ".trueup/live", etcd: "etcd", "aws-ssm": "AWS SSM", both: "etcd and AWS SSM" } as const;

function next({ environments, target }: InitAnswers): string {
  const places = `(${environments.length} ${environments.length === 1 ? "place" : "places"}, ${EXAMPLE_KEYS} keys each)`;
  const lines = [
    ["npx trueup diff", `what would be written            ${places}`],
    ["npx trueup apply", `write it to ${WHERE[target]}`],
    [`npx trueup explain hello@${overrideOf(environments)}:greeting`, ""],
  ];
  return `\n  Try it now:\n${lines.map(([command = "", what = ""]) => `    ${command.padEnd(26)} ${what}`.trimEnd()).join("\n")}\n`;
}

function read(folder: string, path: string): string | undefined {
  try {
    return readFileSync(join(folder, path), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Failure("DENIED", `${path} cannot be read.`, { cause: error });
  }
}
