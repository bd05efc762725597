import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { etcdProto } from "../../scripts/etcd-proto-plugin.mjs";
import { describeWithEtcd, startEtcd } from "./etcd-server.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");

/** A small program over the built driver: one apply, one read; it never closes the store, and must end all the same. */
const ENTRY = `
import { etcd } from "./src/stores/etcd/etcd.ts";
const store = await etcd.open({ endpoints: [process.argv[2]] }, ".");
const head = { generation: 1, commit: null, applyId: "a-1", plan: "d", state: "ready", at: "", by: "", tool: "" };
const record = { unit: "app@prod", commit: null, applyId: "a-1", settings: new Map() };
const write = { kind: "put", key: "/b/app/greeting", text: "hello from a bundle", secret: false, expected: null };
const ledger = { key: "/b/.trueup/units/app", expected: null, record, previous: undefined };
const change = { key: "/b/.trueup/head", expected: null, head, records: new Map() };
for await (const event of store.commit(change, [{ unit: "app@prod", writes: [write], ledger }])) console.log(event.kind);
const query = { prefixes: ["/b/app/"], keys: [], secrets: "values", secretKeys: new Set() };
for await (const page of store.read(query)) for (const entry of page) console.log(entry.key, entry.value);
`;

describeWithEtcd("a bundle with the etcd driver", () => {
  it("writes, reads and ends by itself, far from node_modules", async () => {
    const server = await startEtcd();
    const folder = await mkdtemp(join(tmpdir(), "trueup-bundle-"));
    try {
      const outfile = join(folder, "program.mjs");
      await build({
        stdin: { contents: ENTRY, resolveDir: root, loader: "ts" },
        outfile,
        bundle: true,
        platform: "node",
        format: "esm",
        target: "node20",
        logLevel: "silent",
        plugins: [etcdProto],
        banner: {
          js: 'import { createRequire as _require } from "node:module"; const require = _require(import.meta.url); const __dirname = import.meta.dirname; const __filename = import.meta.filename;',
        },
      });
      const { stdout } = await run(process.execPath, [outfile, server.endpoints[0] ?? ""], {
        cwd: folder,
        timeout: 15_000,
      });
      expect(stdout.trim().split("\n")).toEqual(["applied", "head", "/b/app/greeting hello from a bundle"]);
      expect(await server.ctl("get", "--print-value-only", "/b/app/greeting")).toBe("hello from a bundle\n");
    } finally {
      await rm(folder, { recursive: true });
      await server.stop();
    }
  });

  it("cannot be built silently wrong when etcd3 changes", async () => {
    const folder = await mkdtemp(join(tmpdir(), "trueup-bundle-"));
    const file = join(folder, "node_modules/etcd3/lib/connection-pool.js");
    try {
      await mkdir(join(file, ".."), { recursive: true });
      await writeFile(file, "exports.loaded = differently();");
      const built = build({
        entryPoints: [file],
        bundle: true,
        write: false,
        logLevel: "silent",
        plugins: [etcdProto],
      });
      await expect(built).rejects.toThrow(/no longer loads/u);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
