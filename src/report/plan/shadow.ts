/** Units that an edit does not reach because a later file overrides the line. */
import type { Plain, UnitId } from "../../model.ts";
import type { PlanContext } from "../context.ts";
import { quoteValue } from "../redact.ts";
import { appsOf, splitUnit } from "../reach.ts";
import type { Row } from "./fold.ts";

/** Units that keep one value because of one line. */
export interface Keeps {
  readonly units: readonly UnitId[];
  /** Undefined for secrets and where it is not known. */
  readonly value: string | undefined;
  /** `prod.yaml:5`, or with the whole path where it is not beside the edited file. */
  readonly by: string;
  readonly file: string;
  readonly line: number | undefined;
}

/** Grouped by line and value, in order of appearance. */
export function keepsOf(row: Row, ctx: Pick<PlanContext, "locate" | "maxValueWidth">): Keeps[] {
  const groups = new Map<string, Keeps & { units: UnitId[] }>();
  const folder = folderOf(row.origins[0]?.file ?? "");
  for (const { unit, value, by } of row.shadowed) {
    const id = JSON.stringify([splitUnit(unit).app, value === undefined ? [] : [value], by]);
    let group = groups.get(id);
    if (group === undefined) {
      const line = ctx.locate(by)?.line;
      const name = folder !== "" && folderOf(by.file) === folder ? by.file.slice(folder.length) : by.file;
      group = {
        units: [],
        value: valueText(row, value, ctx),
        by: line === undefined ? name : `${name}:${line}`,
        file: by.file,
        line,
      };
      groups.set(id, group);
    }
    group.units.push(unit);
  }
  return [...groups.values()];
}

function valueText(row: Row, value: Plain | undefined, ctx: Pick<PlanContext, "maxValueWidth">): string | undefined {
  return row.secret || value === undefined ? undefined : quoteValue(value, { width: ctx.maxValueWidth });
}

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf("/") + 1);
}

/** `12 units in 3 apps`. */
export function appsShadowed(row: Row): { readonly units: number; readonly apps: number } {
  return { units: row.shadowed.length, apps: appsOf(row.shadowed.map((shadow) => shadow.unit)).length };
}
