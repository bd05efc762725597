/** Real processes, really killed: whatever the moment, the store is in one of its states and the next commit works. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import * as fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readHistory } from "../../src/stores/directory/history.ts";
import { apply, look, put } from "./contract-moves.ts";
import { freshDirectory, temporaryFolder, type DirectoryHarness } from "./directory-harness.ts";

let bundles: string;
let h: DirectoryHarness;
beforeAll(async () => {
  bundles = await temporaryFolder();
  await build({
    entryPoints: [fileURLToPath(import.meta.resolve("./directory-child.ts"))],
    outfile: join(bundles, "child.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    alias: { vitest: fileURLToPath(import.meta.resolve("./no-vitest.ts")) },
  });
});
afterAll(() => fs.rm(bundles, { recursive: true }));
beforeEach(async () => {
  h = await freshDirectory();
});
afterEach(() => h.dispose());

interface Ended {
  readonly killed: boolean;
  readonly output: string;
}

/** Runs the child; `watch` sees all output so far whenever there is more, and may kill. */
async function runChild(
  options: { readonly keys: number; readonly rounds: number; readonly killAt?: number },
  watch: (output: string, kill: () => void) => void = () => undefined,
): Promise<Ended> {
  const args = [join(bundles, "child.mjs"), h.live, `${options.keys}`, `${options.rounds}`, `${options.killAt ?? 0}`];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let [output, errors] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    watch(output, () => child.kill("SIGKILL"));
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  expect({ code, signal, errors }).toEqual({
    ...(signal === null ? { code: 0, signal } : { code, signal: "SIGKILL" }),
    errors: "",
  });
  return { killed: signal !== null, output };
}

/** The last round that the child said it had finished. */
const finished = (output: string): number => Number(/<(\d+)>[^<]*$/u.exec(output)?.[1] ?? 0);

/** The one round that every key, the ledger and the head agree on; 0: nothing was ever live. */
async function roundOf(keys: number): Promise<number> {
  const known = await look(h);
  const raw = await fs.realpath(h.live).then(
    () => h.readRaw("/p/app/"),
    () => new Map<string, string>(),
  );
  const rounds = new Set(raw.values());
  if (known.head === undefined) {
    expect(raw.size + known.entries.size + known.ledgers.size).toBe(0);
    return 0;
  }
  expect(raw.size).toBe(keys);
  expect([...rounds]).toEqual([`${known.head.head.generation}`]);
  expect(known.head.head.state).toBe("ready");
  const record = known.ledgers.get("app")?.record;
  expect([...(record?.settings ?? [])].map(([key, entry]) => [key, entry.version])).toEqual(
    [...(record?.settings.keys() ?? [])].map((key) => [key, known.entries.get(key)?.version]),
  );
  return known.head.head.generation;
}

/** Commits once more, beside what the child wrote, and finds no trace of the crash. */
async function commitAfterwards(name: string): Promise<void> {
  const neighbour = { ...h, prefix: "/after/" };
  const known = await apply(neighbour, { [name]: [put(`/after/app/${name}`, "1")] });
  expect(known.entries.get(`/after/app/${name}`)?.value).toBe("1");
  const beside = await fs.readdir(`${h.live}.generations`);
  const kept = beside.filter((each) => /^\d{6}$/u.test(each));
  expect(beside.filter((each) => !kept.includes(each))).toEqual(["history"]);
  expect(kept.length).toBeLessThanOrEqual(3);
  expect(await fs.readdir(join(h.live, ".."))).toEqual(["live", "live.generations"]);
  const live = Number((await fs.readlink(h.live)).split("/").at(-1));
  expect((await readHistory(h.live)).map((revision) => revision.generation)).toEqual(
    Array.from({ length: live }, (_, index) => index + 1),
  );
}

describe("a directory store whose process is killed", () => {
  it.each([
    ["first", 0],
    ["fifth", 4],
  ])(
    "before any single step of the %s commit is in the old state or the new one",
    { timeout: 120_000 },
    async (_, rounds) => {
      const template = join(bundles, `after ${rounds}`);
      await runChild({ keys: 4, rounds });
      await fs.mkdir(join(h.live, ".."), { recursive: true });
      await fs.cp(h.root, template, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
      const outcomes: string[] = [];
      for (let killAt = 1; ; killAt++) {
        await fs.rm(h.root, { recursive: true });
        await fs.cp(template, h.root, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
        const { killed } = await runChild({ keys: 4, rounds: 1, killAt });
        const now = await roundOf(4);
        outcomes.push(now === rounds ? "old" : now === rounds + 1 ? "new" : `${now}`);
        await commitAfterwards("next");
        if (!killed) break;
      }
      // Old up to some step, new from then on, and both were met many times.
      const switched = outcomes.indexOf("new");
      expect(switched).toBeGreaterThan(20);
      expect(outcomes.length - switched).toBeGreaterThan(4);
      expect(outcomes).toEqual(outcomes.map((_outcome, index) => (index < switched ? "old" : "new")));
    },
  );

  it("at random moments of commits of 200 keys is in one of the committed states", { timeout: 120_000 }, async () => {
    const moments = fc.sample(fc.integer({ min: 1, max: 2500 }), { numRuns: 24, seed: Date.now() });
    let kills = 0;
    for (const [index, moment] of moments.entries()) {
      const before = await roundOf(200);
      const { killed, output } = await runChild({ keys: 200, rounds: 50 }, (text, kill) => {
        if (text.length >= moment) kill();
      });
      const now = await roundOf(200);
      const done = Math.max(before, finished(output));
      expect([done, done + 1], `killed after ${moment} operations`).toContain(now);
      if (killed) kills++;
      await commitAfterwards(`n${index}`);
    }
    expect(kills).toBeGreaterThanOrEqual(20);
  });
});
