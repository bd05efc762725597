/** Schemas that change together with values: what the schemas of before would have said of what is planned now. */
import { isFailure } from "../failure.ts";
import type { Plan } from "../model.ts";
import { type Problem, foldProblems } from "../problem.ts";
import type { SchemaChanges } from "../report/context.ts";
import { validateUnit } from "../validate/validate.ts";
import type { Wanted } from "../wanted.ts";
import type { CommonOptions } from "./options.ts";
import { type OpenedProject, openAt, prefixOf } from "./project.ts";

const SCHEMA = /^(?:apps\/.+\/schema\.(?:ya?ml|json)$|schemas\/)/u;

/** Commits that may be live in different places of one plan, and are compared with. */
const COMMITS = 5;

/**
 * Between the commit at hand and the one compared with: `base`, or those that are live where something is to change.
 * Undefined where no schema changed, or nobody knows (no Git, a commit that is not in the clone). Files that are not
 * committed yet are not looked at.
 */
export async function schemaChanges(
  project: OpenedProject,
  { units }: Wanted,
  plan: Plan,
  base: string | undefined,
  options: CommonOptions,
): Promise<SchemaChanges | undefined> {
  const live = plan.destinations.flatMap(({ head, units: due }) => (due.length > 0 ? (head?.head.commit ?? []) : []));
  const references = base === undefined ? [...new Set(live)].slice(0, COMMITS) : [base];
  const all: (SchemaChanges & { readonly brokenBefore: readonly Problem[] })[] = [];
  for (const reference of references) all.push(...(await changesSince(project, units, reference, options)));
  if (all.length === 0) return undefined;
  return {
    files: [...new Set(all.flatMap(({ files }) => files))].toSorted(),
    brokenBefore: foldProblems(all.flatMap(({ brokenBefore }) => brokenBefore)),
  };
}

async function changesSince(
  project: OpenedProject,
  units: Wanted["units"],
  reference: string,
  options: CommonOptions,
): Promise<{ readonly files: readonly string[]; readonly brokenBefore: readonly Problem[] }[]> {
  const { git, commit } = project;
  if (git === undefined || commit === null) return [];
  try {
    const older = await git.resolve(reference);
    const prefix = prefixOf(project);
    const files = (await git.changedPaths(older, commit))
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length))
      .filter((path) => SCHEMA.test(path));
    if (files.length === 0) return [];
    const before = await openAt(project, older, options);
    return [{ files, brokenBefore: before?.bench === undefined ? [] : brokenBy(before.bench, units, files) }];
  } catch (error) {
    if (isFailure(error) && (error.code === "HISTORY" || error.code === "USAGE")) return [];
    throw error;
  }
}

/** What the schemas of before do not allow, by the units of now. An app that had no schema allowed everything. */
function brokenBy(
  { repo, schemas }: NonNullable<OpenedProject["bench"]>,
  units: Wanted["units"],
  files: readonly string[],
): readonly Problem[] {
  const isCommon = files.some((file) => file.startsWith("schemas/"));
  const schemaOf = new Map(repo.apps.map(({ name, schema }) => [name, schema]));
  const found = [...units.values()].flatMap(({ rendered, originOf }) => {
    const schema = schemaOf.get(rendered.app.name);
    const isTouched = schema !== undefined && (isCommon || files.includes(schema));
    const validator = isTouched ? schemas.validatorOf(schema) : undefined;
    return validator === undefined ? [] : validateUnit(rendered, validator, originOf);
  });
  return foldProblems(found);
}
