import { it } from "vitest";
import { Etcd3 } from "etcd3";
import { etcd } from "../../src/stores/etcd/etcd.ts";
import { startEtcd } from "./etcd-server.ts";
import { encodeLedger } from "../../src/stores/records.ts";
import { digest } from "../../src/canonical.ts";
import type { LedgerEntry } from "../../src/model.ts";
const N = 10000, U = 400;
const noop: any = { execute: (fn: any) => fn({ signal: new AbortController().signal }) };
it("perf", { timeout: 200_000 }, async () => {
  const rows: string[] = [];
  const time = async (name: string, f: (i: number) => Promise<unknown>, fresh: () => Promise<void>) => {
    const a: number[] = [];
    for (let i = 0; i < 9; i++) { await fresh(); const s = performance.now(); await f(i); a.push(performance.now() - s); }
    a.shift(); a.shift();
    a.sort((x, y) => x - y);
    rows.push(`${name}: median ${a[3]!.toFixed(0)} min ${a[0]!.toFixed(0)} (${a.map((x) => x.toFixed(0)).join(" ")})`);
  };
  const s = await startEtcd();
  const c = new Etcd3({ hosts: [...s.endpoints], grpcOptions: { "grpc.max_receive_message_length": 64 << 20 }, faultHandling: { host: () => noop, global: noop } });
  const names = Array.from({ length: N }, (_, i) => `/config/prod/app${String(i % U).padStart(3, "0")}/group/key-number-${String(i).padStart(9, "0")}`);
  const value = (i: number) => String.fromCharCode(97 + (i % 26)).repeat(60);
  const wipe = async () => { await s.ctl("del", "--prefix", "/config/"); };
  const none = async () => {};
  const puts = () => names.map((key, i) => ({ request_put: { key: Buffer.from(key), value: Buffer.from(value(i)) } }));
  const flat = (par: number) => async () => { const p = puts(); const b: any[] = []; for (let i = 0; i < N; i += 128) b.push(p.slice(i, i + 128)); let at = 0; const w = async () => { while (at < b.length) { await c.kv.txn({ success: b[at++] }); } }; await Promise.all(Array.from({ length: par }, w)); };
  const nested = async () => { const p = puts(); const leafs: any[] = []; for (let i = 0; i < N; i += 40) leafs.push({ request_txn: { success: p.slice(i, i + 40) } }); const mids: any[] = []; for (let i = 0; i < leafs.length; i += 40) mids.push({ request_txn: { success: leafs.slice(i, i + 40) } }); await c.kv.txn({ success: mids }); };
  const ledgers = () => Array.from({ length: U }, (_, u) => { const keys = names.filter((_, i) => i % U === u); return { unit: `app${u}@prod`, commit: "c".repeat(40), applyId: "a-1", settings: new Map<string, LedgerEntry>(keys.map((k) => [k, { digest: digest(value(names.indexOf(k))), version: undefined, secret: false }])) }; });
  const records = ledgers();
  const idx = new Map(names.map((n, i) => [n, i]));
  // bare nested with the same ledgers: two requests
  const nestedLedger = async () => { const p = puts(); for (const half of [0, 1]) { const ops: any[] = p.slice(half * N / 2, (half + 1) * N / 2); for (let u = half * 200; u < half * 200 + 200; u++) ops.push({ request_put: { key: Buffer.from(`/config/.trueup/units/app${u}`), value: Buffer.from(encodeLedger(records[u]!)) } }); const leafs: any[] = []; for (let i = 0; i < ops.length; i += 40) leafs.push({ request_txn: { success: ops.slice(i, i + 40) } }); const mids: any[] = []; for (let i = 0; i < leafs.length; i += 40) mids.push({ request_txn: { success: leafs.slice(i, i + 40) } }); await c.kv.txn({ success: mids }); } };
  const store = await etcd.open({ endpoints: s.endpoints }, ".");
  const commit = (expected?: Map<string, string>) => async (i: number) => {
    const groups = records.map((record, u) => ({ unit: record.unit, writes: [...record.settings.keys()].map((key) => ({ kind: "put" as const, key, text: value(idx.get(key)!), secret: false, expected: expected?.get(key) ?? null })), ledger: { key: `/config/.trueup/units/app${u}`, expected: expected?.get(`/config/.trueup/units/app${u}`) ?? null, record, previous: undefined } }));
    let n = 0; let proof = "";
    for await (const e of store.commit({ key: "/config/.trueup/head", expected: expected?.get("/config/.trueup/head") ?? null, head: { generation: 1, commit: null, applyId: `a${i}`, plan: "p".repeat(64), state: "ready", at: "", by: "", tool: "" } }, groups)) { if (e.kind === "applied") n++; else if (e.kind === "head") { proof = e.proof; if (e.state !== "ready") throw new Error(JSON.stringify(e)); } else throw new Error(JSON.stringify(e).slice(0, 300)); }
    if (n !== U) throw new Error("n " + n);
    return proof;
  };
  await time("bare nested single txn, fresh", nested, wipe);
  await time("bare nested + ledgers, 2 txns, fresh", nestedLedger, wipe);
  await time("bare flat sequential, fresh", flat(1), wipe);
  await time("bare flat x2, fresh", flat(2), wipe);
  await time("bare flat x4, fresh", flat(4), wipe);
  await time("our commit, fresh", commit(), wipe);
  const load = async () => { const m = new Map<string, string>(); for await (const page of store.read({ prefixes: ["/config/"], keys: [], secrets: "values", secretKeys: new Set() })) for (const e of page) m.set(e.key, e.version); return m; };
  let m = await load();
  await time("bare nested single txn, update", nested, none);
  await time("bare flat x4, update", flat(4), none);
  m = await load();
  await time("our commit, update", (i) => commit(m)(i), async () => { m = await load(); });
  // reads
  const paged = async () => { let key = Buffer.from("/config/"), rev: string | undefined, n = 0; const end = Buffer.from("/config0"); for (;;) { const r = await c.kv.range({ key, range_end: end, limit: 5000, ...(rev ? { revision: rev } : {}) }); rev ??= r.header.revision; n += r.kvs.length; if (!r.more) return n; key = Buffer.concat([r.kvs.at(-1)!.key, Buffer.from([0])]); } };
  const pagedText = async () => { let key = Buffer.from("/config/"), rev: string | undefined; const out = new Map<string, string>(); const end = Buffer.from("/config0"); for (;;) { const r = await c.kv.range({ key, range_end: end, limit: 5000, ...(rev ? { revision: rev } : {}) }); rev ??= r.header.revision; for (const kv of r.kvs) out.set(kv.key.toString(), kv.value.toString()); if (!r.more) return out; key = Buffer.concat([r.kvs.at(-1)!.key, Buffer.from([0])]); } };
  await time("bare paged read", paged, none);
  await time("bare paged read to strings", pagedText, none);
  await time("our read", load, none);
  c.close(); await store.close(); await s.stop();
  console.log(rows.join("\n"));
});
