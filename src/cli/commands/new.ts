/** `trueup new`: adds an app. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, posix } from "node:path";
import { Failure } from "../../failure.ts";
import { isPortable, judgeName } from "../../load/names.ts";
import { safeText } from "../../report/redact.ts";
import { suggest } from "../../suggest.ts";
import type { Io } from "../io.ts";
import { type Model, newAppFiles } from "./new-files.ts";
import { type Written, fileRow, writeFiles } from "./write-files.ts";

export interface NewOptions {
  /** Absolute path of the config root. */
  readonly folder: string;
  /** `payments`, or `checkout/payments` to put it into a group. */
  readonly name: string;
  /** Name of the app to copy from. */
  readonly like?: string;
}

/**
 * Writes the first files of an app; what exists is kept. With `like`, the new app goes into the same group, so that
 * references to common schemas still lead there. Throws `USAGE` for names that are taken, unknown or not possible.
 */
export function newCommand(options: NewOptions, io: Pick<Io, "out">): Written {
  const { folder } = options;
  if (!existsSync(join(folder, "trueup.yaml")))
    throw new Failure("USAGE", `There is no trueup.yaml in ${folder}.`, { fix: "run trueup init first" });
  const apps = appFolders(folder);
  const steps = options.name.split("/");
  const name = steps.at(-1) ?? "";
  if (steps.length > 2 || !steps.every((step) => isPortable(step) && judgeName(step) === undefined))
    throw new Failure("USAGE", `An app cannot be called "${safeText(options.name)}".`, {
      fix: "letters, digits and . _ -; with one slash for a group: checkout/payments",
    });
  const model = options.like === undefined ? undefined : modelOf(folder, apps, options.like);
  const group =
    steps.length === 2 ? `apps/${steps[0] ?? ""}` : model === undefined ? "apps" : posix.dirname(model.folder);
  const target = `${group}/${name}`;
  const taken = apps.get(name);
  if (taken !== undefined && taken !== target)
    throw new Failure("USAGE", `There is an app ${name} in ${taken} already; names are unique.`);
  const files = newAppFiles(target, name, model);
  const written = writeFiles(folder, new Map(files.map(({ path, text }) => [path, text])));
  for (const { path, note } of files)
    io.out(
      `${written.created.includes(path) ? fileRow("created", [path], note) : fileRow("kept", [path], "was there, not touched")}\n`,
    );
  const infer = files.some(({ path }) => path.endsWith("/schema.yaml"))
    ? ""
    : ` · trueup schema infer ${name} makes a schema`;
  io.out(`  next     edit base.yaml, then: trueup validate ${name}${infer}\n`);
  return written;
}

/** Folders with a base.yaml below `apps/`, at most one group deep, by the name of the app. */
function appFolders(root: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const one of foldersIn(root, "apps")) {
    if (existsSync(join(root, one, "base.yaml"))) found.set(posix.basename(one), one);
    else
      for (const two of foldersIn(root, one))
        if (existsSync(join(root, two, "base.yaml"))) found.set(posix.basename(two), two);
  }
  return found;
}

function foldersIn(root: string, path: string): string[] {
  if (!existsSync(join(root, path))) return [];
  return readdirSync(join(root, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${path}/${entry.name}`)
    .toSorted();
}

function modelOf(root: string, apps: ReadonlyMap<string, string>, name: string): Model & { readonly folder: string } {
  const folder = apps.get(name);
  if (folder === undefined) {
    const meant = suggest(name, apps.keys());
    throw new Failure("USAGE", `--like: there is no app ${safeText(name)}.`, {
      fix: meant === undefined ? `apps here: ${[...apps.keys()].join(", ") || "none"}` : `did you mean ${meant}?`,
    });
  }
  const read = (file: string) =>
    existsSync(join(root, folder, file)) ? readFileSync(join(root, folder, file), "utf8") : undefined;
  return { name, folder, base: read("base.yaml") ?? "", schema: read("schema.yaml"), secrets: read("secrets.yaml") };
}
