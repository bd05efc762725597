import { it, expect } from "vitest";
import { etcd } from "../../src/stores/etcd/etcd.ts";
import { startEtcd } from "./etcd-server.ts";
import { startProxy } from "./etcd-proxy.ts";
import { isFailure } from "../../src/failure.ts";
import { group, look, nextHead, put, run, remove } from "./contract-moves.ts";
it("chaos", { timeout: 120_000 }, async () => {
  const s = await startEtcd();
  const stats: Record<string, number> = {};
  const bump = (k: string) => (stats[k] = (stats[k] ?? 0) + 1);
  let stop = false;
  const claims: { gen: number; applyId: string; version: string; applied: Map<string, string>; moved: string[] }[] = [];
  const unknown: string[] = []; const denied: string[] = [];
  const prefix = "/chaos/";
  const clean = { ...(await etcd.open({ endpoints: s.endpoints }, ".")) };
  const applier = async (id: number, how: object) => {
    const proxy = await startProxy(s.endpoints[0]!);
    const store = await etcd.open({ endpoints: [proxy.endpoint], timeout: 0.5, ...how }, ".");
    const h: any = { store, prefix };
    const chaos = (async () => { while (!stop) { await new Promise((r) => setTimeout(r, Math.random() * 60)); const x = Math.random(); proxy.mode = x < 0.5 ? "pass" : x < 0.65 ? "deaf" : x < 0.8 ? "cut-once" : x < 0.85 ? "mute" : "pass"; if (Math.random() < 0.3) proxy.drop(); } proxy.mode = "pass"; proxy.drop(); })();
    let n = 0;
    while (!stop) {
      const applyId = `a-${id}-${n++}`;
      try {
        const known = await look(h);
        const apps = Array.from({ length: 1 + Math.floor(Math.random() * 4) }, (_, i) => `app${(i + id) % 5}`);
        const groups = apps.map((app) => { const count = Math.random() < 0.3 ? 150 : 8; const ws = []; for (let i = 0; i < count; i++) { const key = `${prefix}${app}/${String(i).padStart(3, "0")}`; const e = known.entries.get(key); if (e && Math.random() < 0.2) ws.push(remove(key, e.version)); else if (Math.random() < 0.7) ws.push(put(key, applyId + "x".repeat(Math.random() < 0.2 ? 600 : 3), e?.version ?? null)); } return group(h, known, app, ws.toSorted((a, b) => (a.kind === "delete" ? 1 : 0) - (b.kind === "delete" ? 1 : 0))); });
        const events = await run(h, nextHead(h, known, applyId), groups);
        const head = events.at(-1) as any;
        const applied = new Map<string, string>(); for (const e of events) if (e.kind === "applied") for (const [k, v] of e.versions) applied.set(k, v);
        claims.push({ gen: (known.head?.head.generation ?? 0) + 1, applyId, version: head.version, applied, moved: events.filter((e) => e.kind === "moved").map((e: any) => e.unit) });
        bump("ok"); for (const e of events) bump(e.kind);
      } catch (e) { if (!isFailure(e)) throw e; bump(e.code); if (e.code === "UNKNOWN_OUTCOME") unknown.push(applyId); if (["MOVED"].includes(e.code) && !e.details.some((d) => d.includes("units were applied"))) denied.push(applyId); if (e.code === "INTERNAL" || e.code === "CORRUPT") console.log(e.message, e.details); }
    }
    await chaos; await store.close(); await proxy.close();
  };
  const hand = async () => { while (!stop) { const key = `${prefix}app${Math.floor(Math.random() * 5)}/${String(Math.floor(Math.random() * 10)).padStart(3, "0")}`; await (Math.random() < 0.6 ? s.ctl("put", key, "by hand") : s.ctl("del", key)); await new Promise((r) => setTimeout(r, 30)); } };
  const work = [applier(1, {}), applier(2, {}), applier(3, { nested: false }), applier(4, { maxRequestBytes: 65536 }), hand()];
  await new Promise((r) => setTimeout(r, 50_000)); stop = true; await Promise.all(work);
  // verify claims against history
  const { Etcd3 } = await import("etcd3"); const c = new Etcd3({ hosts: [...s.endpoints] });
  for (const claim of claims) for (const [key, v] of claim.applied) { const r = await c.kv.range({ key: Buffer.from(key), revision: v }); const kv = r.kvs[0]; expect(kv?.mod_revision, key).toBe(v); expect(kv?.value.toString().startsWith(claim.applyId)).toBe(true); }
  // every value's writer: scan all revisions of keys; each value by an apply must belong to a claim with that version, or unknown, or failed-in-the-middle
  const ids = new Set(claims.map((x) => x.applyId));
  // MOVED-with-nothing-written never wrote
  const rev = Number((await c.kv.range({ key: Buffer.from("/x") })).header.revision);
  let seen = 0; const wrote = new Set<string>();
  for (let r = 1; r <= rev; r++) { const q = await c.kv.range({ key: Buffer.from(prefix), range_end: Buffer.from("/chaos0"), min_mod_revision: r, max_mod_revision: r, revision: r }); for (const kv of q.kvs) { const m = /^(a-\d+-\d+)/.exec(kv.value.toString()); if (m) { wrote.add(m[1]!); seen++; } } }
  for (const id of denied) expect(wrote.has(id), id).toBe(false);
  for (const id of wrote) if (!ids.has(id) && !unknown.includes(id)) bump("wrote-but-failed-otherwise");
  console.log("STATS", JSON.stringify(stats), "rev", rev, "claims", claims.length, "writes", seen, "denied", denied.length);
  c.close(); await clean.close(); await s.stop();
});
