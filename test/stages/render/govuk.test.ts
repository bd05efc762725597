/** Real configuration: 63 apps of GOV.UK in three environments render to what was computed without our layout. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { drivers, folderSource, openProject, unitsOf } from "../../../src/index.ts";
import type { Plain } from "../../../src/model.ts";
import { renderedData } from "../../../src/report/look/rendered.ts";

const DATA = resolve(import.meta.dirname, "../../../../shared/data");
const ORACLE = join(DATA, "govuk.expected");
const isThere = existsSync(join(DATA, "govuk/trueup.yaml"));

describe.skipIf(!isThere)(isThere ? "GOV.UK" : "GOV.UK (skipped: ../shared/data/govuk is not there)", () => {
  it("renders all 180 units as the oracle says", async () => {
    const expected = new Map<string, Plain>();
    for (const env of readdirSync(ORACLE))
      for (const file of readdirSync(join(ORACLE, env)))
        expected.set(
          `${file.replace(/\.json$/u, "")}@${env}`,
          JSON.parse(readFileSync(join(ORACLE, env, file), "utf8")) as Plain,
        );
    expect(expected.size).toBe(180);
    const { bench, problems } = await openProject(folderSource(join(DATA, "govuk")), drivers);
    expect(problems.filter((problem) => problem.severity === "error")).toEqual([]);
    const units = bench === undefined ? [] : [...unitsOf(bench)];
    expect(units.flatMap((unit) => unit.problems.filter((problem) => problem.severity === "error"))).toEqual([]);
    expect(units.map((unit) => unit.rendered.id).toSorted()).toEqual([...expected.keys()].toSorted());
    for (const unit of units)
      expect(renderedData(unit.rendered), unit.rendered.id).toEqual(expected.get(unit.rendered.id));
  });
});
