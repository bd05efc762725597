/** Every folder of test/cases is a config repo with what it must render to and what the store must hold, written by hand. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PLACEHOLDER } from "../src/apply/compose.ts";
import { check, drivers, folderSource, openProject, readLive, storePool, unitsOf, wantedBy } from "../src/index.ts";
import type { Entry, Plain } from "../src/model.ts";
import { renderedData } from "../src/report/look/rendered.ts";
import { run, tempFolder } from "./project.ts";

const CASES = join(import.meta.dirname, "cases");
const json = (file: string): Plain => JSON.parse(readFileSync(file, "utf8")) as Plain;
const isPlaceholder = (value: unknown): boolean => JSON.stringify(value) === '{"$placeholder":true}';

/** Expected text, a placeholder, or a JSON object with placeholders inside. */
function expectText(text: string | undefined, expected: unknown): void {
  if (typeof expected === "string") return expect(text).toBe(expected);
  if (isPlaceholder(expected)) return expect(text).toBe(PLACEHOLDER);
  const fill = (value: unknown): unknown => {
    if (isPlaceholder(value)) return PLACEHOLDER;
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item)]))
      : value;
  };
  expect(JSON.parse(text ?? "null")).toEqual(fill((expected as { $json: unknown }).$json));
}

describe.each(readdirSync(CASES))("case %s", (name) => {
  const repo = join(CASES, name, "repo");
  const expected = join(CASES, name, "expected");

  it("is valid, without a warning that is not meant", async () => {
    const project = await openProject(folderSource(repo), drivers);
    const bench = project.bench;
    expect(project.problems).toEqual([]);
    expect(bench && check(bench, project.problems).problems.filter((problem) => problem.code !== "TU5004")).toEqual([]);
  });

  it("renders to what was written by hand", async () => {
    const { bench } = await openProject(folderSource(repo), drivers);
    const units = bench === undefined ? [] : [...unitsOf(bench)];
    const rendered = Object.fromEntries(
      units.map((unit) => [unit.rendered.id, renderedData({ ...unit.rendered, files: new Map() })]),
    );
    const wanted = Object.fromEntries(
      readdirSync(join(expected, "render")).map((file) => [
        file.replace(/\.json$/u, ""),
        json(join(expected, "render", file)),
      ]),
    );
    expect(rendered).toEqual(wanted);
    for (const unit of units) {
      const folder = join(expected, "files", unit.rendered.id);
      const files = existsSync(folder)
        ? Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), "utf8")]))
        : {};
      expect(Object.fromEntries(unit.rendered.files)).toEqual(files);
    }
  });

  it("puts exactly that into the store, plans nothing afterwards, and writes nothing the second time", async () => {
    const { folder, dispose } = tempFolder(repo);
    try {
      const first = await run(folder, "apply");
      expect(first.receipts.map((receipt) => receipt.result)).toEqual(first.receipts.map(() => "applied"));
      const held = await holdings(folder);
      const wanted = json(join(expected, "store.json")) as Record<string, Record<string, unknown>>;
      expect(Object.keys(held).toSorted()).toEqual(Object.keys(wanted).toSorted());
      for (const [destination, keys] of Object.entries(wanted)) {
        const entries = held[destination] ?? new Map<string, Entry>();
        expect([...entries.keys()].toSorted()).toEqual(Object.keys(keys).toSorted());
        for (const [key, text] of Object.entries(keys)) expectText(entries.get(key)?.value, text);
      }
      const second = await run(folder, "apply");
      expect(second.plan.summary).toMatchObject({
        add: 0,
        change: 0,
        delete: 0,
        adopt: 0,
        replace: 0,
        conflict: 0,
        drift: 0,
        foreign: 0,
      });
      expect(second.receipts).toEqual([]);
    } finally {
      dispose();
    }
  });
});

/** What each destination owns in the store, by reading it with the values of secrets. */
async function holdings(folder: string): Promise<Record<string, Map<string, Entry>>> {
  const { bench } = await openProject(folderSource(folder), drivers);
  if (bench === undefined) throw new Error("the case does not load");
  const stores = storePool(drivers, folder, {});
  const found: Record<string, Map<string, Entry>> = {};
  for (const destination of wantedBy(bench, {}).destinations) {
    const store = await stores.open(destination);
    const live = await readLive(store, destination);
    const owned = [...live.ledger.values()].flatMap(({ record }) => [...record.settings.keys()]);
    if (owned.length === 0) continue;
    const entries = new Map<string, Entry>();
    for await (const page of store.read({ prefixes: [], keys: owned, secrets: "values", secretKeys: new Set() }))
      for (const entry of page) entries.set(entry.key, entry);
    found[destination.id] = entries;
  }
  await stores.close();
  return found;
}
