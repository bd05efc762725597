/** `trueup secrets edit`: all values of one encrypted file in the editor; what was not changed keeps its bytes. */
import { EXIT, type ExitCode, Failure } from "../../failure.ts";
import type { Workbench } from "../../desired.ts";
import type { SourceFile } from "../../model.ts";
import type { Problem } from "../../problem.ts";
import { safeText } from "../../report/redact.ts";
import type { Sealed } from "../../secret.ts";
import { type EditFault, editText, readEdited } from "../../secrets/edited.ts";
import { encryptedPath, entryName } from "../../secrets/encrypted.ts";
import { valueProblems } from "../../secrets/value-problems.ts";
import { type PrivateFile, privateFile } from "../editor.ts";
import {
  layersOf,
  ownValues,
  readEncryptedFile,
  replaceFile,
  textWith,
  unitsUnder,
  valuesIn,
} from "../encrypted-files.ts";
import { printInvalid } from "../invalid.ts";
import type { Io } from "../io.ts";
import { requireKnown } from "../known.ts";
import type { CommonOptions } from "../options.ts";
import { type OpenedProject, open } from "../project.ts";
import { ownerOf, requireEnv } from "../secret-subject.ts";

interface Editing {
  readonly project: OpenedProject;
  readonly bench: Workbench;
  readonly app: ReturnType<typeof ownerOf>;
  readonly layer: string;
  readonly file: SourceFile;
  /** Names in the file of secrets that are encrypted in Git, with their ids. */
  readonly ids: ReadonlyMap<string, string>;
  readonly values: ReadonlyMap<string, Sealed>;
}
type Changes = ReadonlyMap<string, Sealed | undefined>;

export async function secretsEditCommand(appName: string, options: CommonOptions, io: Io): Promise<ExitCode> {
  requireEnv(options);
  const project = await open(options, io, false);
  const { bench } = project;
  if (bench === undefined) return printInvalid(project.problems, project, options, io);
  const editing = await openFile(project, bench, appName, options, io);
  const { file, layer, values, ids } = editing;
  const unset = [...ids.keys()].filter((name) => !values.has(name));
  const title = `Secrets of ${appName} for ${layer}: ${file.path}`;
  const shown = new Map([...values].filter(([name]) => ids.has(name)));
  const temporary = privateFile(`${appName}.${layer}.yaml`, editText(shown, { title, open: unset }), io);
  try {
    const changes = await edited(editing, temporary, shown, options, io);
    if (changes === undefined) return EXIT.invalid;
    if (changes.size === 0) {
      io.out(safeText(`  ${file.path} is as it was\n`));
      return EXIT.ok;
    }
    return await write(editing, changes, io);
  } finally {
    temporary.dispose();
  }
}

async function openFile(
  project: OpenedProject,
  bench: Workbench,
  appName: string,
  options: CommonOptions,
  io: Io,
): Promise<Editing> {
  const { repo } = bench;
  const app = ownerOf(repo, appName);
  requireKnown(repo, { envs: options.env ?? [], regions: options.region ?? [] });
  const [layer = "", another] = layersOf(repo, options);
  if (another !== undefined)
    throw new Failure("USAGE", "one file is edited at a time", { fix: "name one environment, and at most one region" });
  const secrets = [...(app?.secrets ?? repo.shared.secrets).values()].filter(({ holder }) => holder === "sops");
  if (secrets.length === 0)
    throw new Failure("USAGE", `${appName} has no secret that is encrypted in Git`, {
      fix: "write from: sops for one in secrets.yaml",
    });
  const ids = new Map(secrets.map(({ id }) => [entryName(id), id]));
  const file = readEncryptedFile(project.folder, encryptedPath(app, layer));
  return { project, bench, app, layer, file, ids, values: await valuesIn(file, io) };
}

/** What the user changed, once it is right; undefined if it stays wrong, which has been said by then. */
async function edited(
  editing: Editing,
  temporary: PrivateFile,
  before: ReadonlyMap<string, Sealed>,
  options: CommonOptions,
  io: Io,
): Promise<Changes | undefined> {
  for (;;) {
    const read = readEdited(await temporary.edit(), [...editing.ids.keys()]);
    const faults = "faults" in read ? read.faults : [];
    const changes = "values" in read ? changesOf(before, read.values) : new Map();
    const problems = faults.length > 0 ? [] : problemsOf(editing, changes);
    if (faults.length === 0 && problems.length === 0) return changes;
    io.err(safeText(faults.map(faultText).join("")));
    if (problems.length > 0) printInvalid(problems, editing.project, options, io);
    const answer = (await io.ask?.("Edit again? [Y/n] "))?.trim().toLowerCase();
    if (answer === undefined || !["", "y", "yes"].includes(answer)) {
      io.err("Nothing was changed.\n");
      return undefined;
    }
  }
}

function faultText({ line, message }: EditFault): string {
  return `✖ ${line === undefined ? "" : `line ${line}: `}${message}\n`;
}

function changesOf(before: ReadonlyMap<string, Sealed>, after: ReadonlyMap<string, Sealed>): Changes {
  const changes = new Map<string, Sealed | undefined>();
  for (const [name, value] of after) if (before.get(name)?.reveal() !== value.reveal()) changes.set(name, value);
  for (const name of before.keys()) if (!after.has(name)) changes.set(name, undefined);
  return changes;
}

function problemsOf(editing: Editing, changes: Changes): Problem[] {
  const { bench, ids, layer } = editing;
  return [...changes].flatMap(([name, value]) => {
    const id = ids.get(name);
    if (id === undefined || value === undefined) return [];
    const units = unitsUnder(bench, editing, id, layer);
    return valueProblems(bench, units, (_, asked) => (asked === id ? value : undefined));
  });
}

async function write({ project, bench, app, file, ids, layer }: Editing, changes: Changes, io: Io): Promise<ExitCode> {
  const text = await textWith(project.folder, file, changes, io);
  replaceFile(project.folder, file, text, io.randomId());
  const named = (isGone: boolean): string[] =>
    [...changes].filter(([, value]) => (value === undefined) === isGone).map(([name]) => name);
  const [set, gone] = [named(false), named(true)];
  const words = [
    ...(set.length === 0 ? [] : [`new value of ${set.join(", ")}`]),
    ...(gone.length === 0 ? [] : [`removed ${gone.join(", ")}`]),
  ];
  io.out(safeText(`  wrote ${file.path}: ${words.join("; ")}\n`));
  for (const name of changes.keys())
    for (const path of ownValues(bench.repo, { app }, ids.get(name) ?? name, [layer]))
      io.out(safeText(`  ${path} has a value of its own for ${name}, which is not changed: --region edits it\n`));
  io.out(safeText(`Commit ${file.path}: the values reach the stores with the next apply\n`));
  return EXIT.ok;
}
