/**
 * The process that is killed: one apply of the built library, as a program of a user would call it. Prints how it ended.
 *
 *   node child.mjs <folder> <words of --allow, with commas>
 */
import { randomBytes } from "node:crypto";
import { writeSync } from "node:fs";
import { applyPlan, drivers, folderSource, openProject, planLive, storePool, want } from "../../src/index.ts";
import { KEYS_ONE } from "../secrets/sops-files.ts";

const [folder = "", allow = ""] = process.argv.slice(2);
const desired = want(await openProject(folderSource(folder), drivers), {});
if ("problems" in desired) throw new Error(desired.problems.map(({ message }) => message).join("\n"));
const stores = storePool(drivers, folder, process.env, "apply");
const settings = {
  scope: {},
  allow: new Set(allow.split(",")),
  commit: null,
  dirty: false,
  now: "2026-11-21T12:00:00Z",
  applyId: `killed-${process.pid}`,
  tool: "test",
  applying: true,
};
const planned = await planLive(desired.bench, desired.wanted, stores, settings);
const refused = planned.plan.refusals.filter(({ lifted }) => !lifted).map(({ guard }) => guard);
const receipts =
  refused.length > 0
    ? []
    : await applyPlan(planned, stores, settings, {
        by: "test",
        readBack: true,
        keepGoing: false,
        progress: () => undefined,
        random: (count) => randomBytes(count),
        keys: () => Promise.resolve(KEYS_ONE),
      });
await stores.close();
writeSync(
  1,
  `\nended:${JSON.stringify({ refused, results: receipts.map(({ result, failure }) => failure?.code ?? result) })}\n`,
);
