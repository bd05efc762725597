/** `trueup secrets set` for a secret that is encrypted in Git: the value goes into a file, and the file into a commit. */
import type { Workbench } from "../../desired.ts";
import { EXIT, type ExitCode } from "../../failure.ts";
import type { SourceFile } from "../../model.ts";
import { safeText } from "../../report/redact.ts";
import { encryptedPath, entryName } from "../../secrets/encrypted.ts";
import { valueProblems } from "../../secrets/value-problems.ts";
import { askValue } from "../ask-value.ts";
import { layersOf, ownValues, readEncryptedFile, replaceFile, textWith, unitsUnder } from "../encrypted-files.ts";
import { printInvalid } from "../invalid.ts";
import type { Io } from "../io.ts";
import { requireKnown } from "../known.ts";
import type { CommonOptions } from "../options.ts";
import type { OpenedProject } from "../project.ts";
import type { SecretSubject } from "../secret-subject.ts";

/** Asks for the value once and writes it for every environment (or region) chosen. All files are made before one is written. */
export async function setEncrypted(
  project: OpenedProject,
  bench: Workbench,
  subject: SecretSubject,
  options: CommonOptions,
  io: Io,
): Promise<ExitCode> {
  const { repo } = bench;
  requireKnown(repo, { envs: options.env ?? [], regions: options.region ?? [] });
  const layers = layersOf(repo, options);
  const value = await askValue(subject.name, io);
  const problems = layers.flatMap((layer) =>
    valueProblems(bench, unitsUnder(bench, subject, subject.id, layer), (_, id) =>
      id === subject.id ? value : undefined,
    ),
  );
  if (problems.length > 0) return printInvalid(problems, project, options, io);
  const texts: [SourceFile, string][] = [];
  for (const layer of layers) {
    const file = readEncryptedFile(project.folder, encryptedPath(subject.app, layer));
    texts.push([file, await textWith(project.folder, file, new Map([[entryName(subject.id), value]]), io)]);
  }
  for (const [file, text] of texts) {
    const same = file.text === text;
    if (!same) replaceFile(project.folder, file, text, io.randomId());
    io.out(safeText(same ? `  ${file.path} holds this value already\n` : `  wrote ${file.path}\n`));
  }
  for (const path of ownValues(repo, subject, subject.id, layers))
    io.out(safeText(`  ${path} has a value of its own, which is not changed: --region sets it\n`));
  const paths = texts.map(([file]) => file.path).join(" and ");
  io.out(safeText(`Commit ${paths}: the value reaches the stores with the next apply\n`));
  return EXIT.ok;
}
