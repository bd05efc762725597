/** Rendered units for the commands that look at them. */
import { type Scope, type UnitResult, unitsOf } from "../desired.ts";
import { Failure } from "../failure.ts";
import type { Origin } from "../model.ts";
import { type Code, type Problem, hasErrors } from "../problem.ts";
import { suggest } from "../suggest.ts";
import { type OpenedProject } from "./project.ts";

/**
 * Units in scope, or what makes them unusable. A scope that names nothing is a usage error with a suggestion. Problems
 * `aside` are no hindrance.
 */
export function lookAt(
  project: OpenedProject,
  scope: Scope,
  aside: readonly Code[] = [],
): { readonly units: readonly UnitResult[] } | { readonly problems: readonly Problem[] } {
  if (project.bench === undefined || hasErrors(project.problems)) return { problems: project.problems };
  const units = [...unitsOf(project.bench, scope)];
  if (units.length === 0) throw nothingThere(project, scope);
  const problems = [
    ...project.problems,
    ...project.bench.problems,
    ...units.flatMap((unit) => unit.problems),
    ...project.bench.schemas.problems(),
  ];
  return hasErrors(problems.filter(({ code }) => !aside.includes(code))) ? { problems } : { units };
}

function nothingThere(project: OpenedProject, scope: Scope): Failure {
  const names = project.loaded.repo?.apps.map((app) => app.name) ?? [];
  const asked = [...(scope.addresses ?? []), ...(scope.apps ?? [])].map((text) => text.split(/[@:]/u)[0] ?? "");
  const meant = asked.map((name) => suggest(name, names)).find((name) => name !== undefined);
  const what = [
    ...(scope.addresses ?? []),
    ...(scope.apps ?? []),
    ...(scope.envs ?? []),
    ...(scope.regions ?? []),
  ].join(" ");
  const fix =
    meant === undefined || asked.includes(meant)
      ? `apps here: ${names.slice(0, 12).join(", ")}${names.length > 12 ? ", …" : ""}`
      : `did you mean ${meant}?`;
  return new Failure("USAGE", what === "" ? "there are no apps" : `nothing matches ${what}`, { fix });
}

/** `apps/orders/prod.yaml:5`. */
export function whereText(project: OpenedProject, origin: Origin | undefined, short = false): string {
  const position = origin === undefined ? undefined : project.locate(origin);
  if (position === undefined) return origin?.file ?? "";
  const file = short ? position.file.slice(position.file.lastIndexOf("/") + 1) : position.file;
  return `${file}:${position.line}`;
}
