import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { startDouble } from "./ssm-double/double.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");

/** A small program over the built driver: one apply, one read; it never closes the store, and must end all the same. */
const ENTRY = `
import { ssm } from "./src/stores/ssm/ssm.ts";
const store = await ssm.open({ endpoint: process.argv[2], region: "us-east-2" }, ".");
const head = { generation: 1, commit: null, applyId: "a-1", plan: "d", state: "ready", at: "", by: "", tool: "" };
const record = { unit: "app@prod", commit: null, applyId: "a-1", settings: new Map() };
const write = { kind: "put", key: "/b/app/greeting", text: "hello from a bundle", secret: false, expected: null };
const ledger = { key: "/b/.trueup/units/app", expected: null, record, previous: undefined };
const change = { key: "/b/.trueup/head", expected: null, head, records: new Map() };
for await (const event of store.commit(change, [{ unit: "app@prod", writes: [write], ledger }])) console.log(event.kind);
const query = { prefixes: ["/b/app/"], keys: [], secrets: "values", secretKeys: new Set() };
for await (const page of store.read(query)) for (const entry of page) console.log(entry.key, entry.value);
`;

describe("a bundle with the SSM driver", () => {
  it("writes, reads, says nothing else and ends by itself, far from node_modules", async () => {
    const double = await startDouble();
    const folder = await mkdtemp(join(tmpdir(), "trueup-bundle-"));
    try {
      const { metafile } = await build({
        stdin: { contents: ENTRY, resolveDir: root, loader: "ts" },
        outdir: folder,
        bundle: true,
        splitting: true,
        platform: "node",
        format: "esm",
        target: "node20.19",
        mainFields: ["module", "main"],
        outExtension: { ".js": ".mjs" },
        logLevel: "silent",
        metafile: true,
        banner: {
          js: 'import { createRequire as trueupRequire } from "node:module"; const require = trueupRequire(import.meta.url);',
        },
      });
      const [, entry] = Object.entries(metafile.outputs).find(([name]) => name.endsWith("stdin.mjs")) ?? [];
      // The SDK is in chunks that load when a store is opened.
      expect(entry?.bytes).toBeLessThan(100_000);
      const env = { PATH: process.env["PATH"], AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "example" };
      const program = [join(folder, "stdin.mjs"), double.endpoint];
      const { stdout, stderr } = await run(process.execPath, program, { cwd: folder, env, timeout: 15_000 });
      expect(stdout.trim().split("\n")).toEqual(["applied", "head", "/b/app/greeting hello from a bundle"]);
      expect(stderr).toBe("");
      expect(double.everything("/b/app/")).toEqual(new Map([["/b/app/greeting", "hello from a bundle"]]));
    } finally {
      await rm(folder, { recursive: true });
      await double.stop();
    }
  });
});
