/** `trueup fmt`: quotes templates and removes overrides that change nothing; comments, order and style stay. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Edited } from "../../edit/edited.ts";
import { quoteTemplates } from "../../edit/quote.ts";
import { removeKey } from "../../edit/remove.ts";
import { EXIT, type ExitCode } from "../../failure.ts";
import { type Source, folderSource } from "../../load/source.ts";
import { load } from "../../load/load.ts";
import { checkOverrides } from "../../resolve/overrides.ts";
import { safeText } from "../../report/redact.ts";
import type { Io } from "../io.ts";
import type { CommonOptions } from "../options.ts";
import { open } from "../project.ts";

export interface FmtOptions extends CommonOptions {
  readonly check?: boolean;
}

type Texts = Map<string, string>;

export async function fmtCommand(options: FmtOptions, io: Io): Promise<ExitCode> {
  const project = await open(options, io, false);
  const files = [...project.loaded.sources.values()].filter(
    (file) =>
      /^(?:apps|shared)\/.*\.ya?ml$/u.test(file.path) &&
      !/(?:^|\/)(?:schema|app|secrets)\.yaml$|\.sops\.yaml$/u.test(file.path),
  );
  const before: Texts = new Map(files.map((file) => [file.path, file.text]));
  const notes: string[] = [];
  const after: Texts = new Map(
    [...before].map(([path, text]) => [path, keep(quoteTemplates(text), text, path, "quoted templates", notes)]),
  );
  removeRedundant(project.folder, after, notes);
  const changed = [...after].filter(([path, text]) => text !== before.get(path));
  for (const note of notes) io.out(`  ${safeText(note)}\n`);
  if (changed.length === 0) {
    io.out(`✔ ${files.length} files are as fmt would write them\n`);
    return EXIT.ok;
  }
  if (options.check ?? false) {
    io.out(`${changed.length} of ${files.length} files would change; trueup fmt writes them\n`);
    return EXIT.changes;
  }
  for (const [path, text] of changed) {
    if (text.trim() === "") rmSync(join(project.folder, path));
    else writeFileSync(join(project.folder, path), text);
  }
  io.out(`✔ ${changed.length} of ${files.length} files changed\n`);
  return EXIT.ok;
}

/** The edit, or the text as it was, with a note what to do by hand. Every edit was checked to mean the same. */
function keep(edited: Edited, text: string, path: string, what: string, notes: string[]): string {
  if (!edited.ok) notes.push(`${path}: not touched, ${edited.why}`);
  else if (edited.text !== text) notes.push(`${path}: ${what}`);
  return edited.ok ? edited.text : text;
}

/** Overrides are judged on the texts as they will be, so the repo is loaded once more with them. */
function removeRedundant(folder: string, texts: Texts, notes: string[]): void {
  const { repo } = load(overlay(folderSource(folder), texts));
  if (repo === undefined) return;
  for (const layers of [repo.shared.layers, ...repo.apps.map((app) => app.layers)]) {
    for (const problem of checkOverrides(layers, () => "fine")) {
      if (problem.code !== "TU1101" || problem.at === undefined || !("path" in problem.at)) continue;
      const { file, path } = problem.at;
      const text = texts.get(file);
      if (text !== undefined)
        texts.set(
          file,
          keep(removeKey(text, path), text, file, `removed ${path.join(".")}, which changed nothing`, notes),
        );
    }
  }
}

function overlay(source: Source, texts: Texts): Source {
  return {
    list: () => source.list(),
    read: (path, limit) => {
      const text = texts.get(path);
      return text === undefined ? source.read(path, limit) : new TextEncoder().encode(text).subarray(0, limit + 1);
    },
  };
}
