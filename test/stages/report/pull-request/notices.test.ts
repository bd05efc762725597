/** Edits beside the lines they were made on. */
import { describe, expect, it } from "vitest";
import { annotationCommands } from "../../../../src/report/annotation.ts";
import { editNotices } from "../../../../src/report/pull-request/notices.ts";
import { commandsIn } from "../../../attacks/runner-commands.ts";
import { manyChanges, LARGE_WORLD } from "../fixtures.ts";
import { contextOf, FILES, shop } from "./shop.ts";

describe("editNotices", () => {
  it("says what a line reaches and what it does not", async () => {
    const made = shop();
    await made.apply();
    made.files["apps/orders/base.yaml"] = (FILES["apps/orders/base.yaml"] ?? "").replace("max: 10", "max: 20");
    made.files["apps/orders/prod.yaml"] = (FILES["apps/orders/prod.yaml"] ?? "").replace("1500", "1200");
    const { plan, ctx } = await made.plan();
    const notices = editNotices(plan, { ...ctx, root: "config" });
    expect(notices.map((one) => [one.file, one.line, one.title, ...one.message])).toEqual([
      ["config/apps/orders/prod.yaml", 1, "http.timeout_ms", "reaches PROD (both regions)"],
      [
        "config/apps/orders/base.yaml",
        11,
        "database.pool.max",
        "reaches dev, staging; prod.eu-west-1 keeps 40; prod.us-east-2 keeps 60",
      ],
    ]);
    const changed = new Map([["config/apps/orders/base.yaml", [{ from: 10, to: 12 }]]]);
    expect(editNotices(plan, { ...ctx, root: "config" }, changed)[0]?.title).toBe("database.pool.max");
    expect(annotationCommands(notices).split("\n")[0]).toBe(
      "::notice file=config/apps/orders/prod.yaml,line=1,title=http.timeout_ms::reaches PROD (both regions)",
    );
  });

  it("shows nine and counts the others", () => {
    const ctx = contextOf(LARGE_WORLD, (at) => ({ file: at.file, line: 1, column: 1, endLine: 1, endColumn: 2 }));
    const commands = commandsIn(annotationCommands(editNotices(manyChanges(30), ctx)));
    expect(commands.map((one) => one.name)).toEqual(Array.from({ length: 10 }, () => "notice"));
    expect(commands.at(-1)?.data).toBe("and 21 more, see the summary");
  });
});
