/** Environments side by side for the page of a plan: the apps it touches, as they will be. */
import type { Plan } from "../model.ts";
import type { ComparedApp } from "../report/look/compare.ts";
import { comparedApps } from "./commands/compare.ts";
import type { OpenedProject } from "./project.ts";
import { lookAt } from "./units.ts";

/** More apps than this are no comparison that anybody reads. */
const APPS = 20;

export function environmentsOf(project: OpenedProject, plan: Plan): readonly ComparedApp[] {
  // An app that is gone has no values any more.
  const there = new Set(project.loaded.repo?.apps.map((app) => app.name));
  const touched = plan.destinations.flatMap((one) => one.units.map((unit) => unit.app));
  const apps = new Set(touched.filter((app) => there.has(app)));
  if (apps.size === 0) return [];
  const found = lookAt(project, { apps: [...apps].slice(0, APPS) });
  return "problems" in found ? [] : comparedApps(found.units);
}
