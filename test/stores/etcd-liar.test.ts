/** Answers that do not fit what was asked: a failure, never fewer keys, never a unit called applied that is not. */
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { put, apply, failureOf, group, look, nextHead, readAll, run } from "./contract-moves.ts";
import type { Harness } from "./contract-moves.ts";
import { startLiar } from "./etcd-liar.ts";
import type { Liar, Lies } from "./etcd-liar.ts";
import { describeWithEtcd, startEtcd } from "./etcd-server.ts";
import type { EtcdServer } from "./etcd-server.ts";
import { cleanup, harness, settings } from "./etcd-trouble.ts";

describeWithEtcd("etcd behind something that changes its answers", () => {
  let server: EtcdServer;
  let liar: Liar;
  let h: Harness;
  beforeAll(async () => {
    server = await startEtcd();
    liar = await startLiar(server.endpoints[0] ?? "");
  });
  beforeEach(async () => {
    liar.lies = {};
    h = await harness(server, { endpoints: [liar.endpoint] });
  });
  afterAll(async () => {
    for (const each of cleanup.splice(0)) await each();
    liar?.close();
    await server?.stop();
  });

  it.each<[string, Lies["Range"]]>([
    ["counts more keys than come", (answer) => ({ ...answer, count: "3" })],
    ["leaves a key out", (answer) => ({ ...answer, kvs: answer.kvs.slice(1) })],
    ["says that there is more, and there is not", (answer) => ({ ...answer, more: true })],
    ["counts more and gives none", (answer) => ({ ...answer, more: true, kvs: [] })],
  ])("that %s is not read as a shorter store", async (_, lie) => {
    await apply(h, { app: [put(`${h.prefix}app/a`, "1"), put(`${h.prefix}app/b`, "1")] });
    if (lie !== undefined) liar.lies = { Range: lie };
    const failure = await failureOf(readAll(h.store, { prefixes: [`${h.prefix}app/`] }), "INCOMPLETE");
    expect(failure.message).toContain(`${h.prefix}app/`);
  });

  it("that leaves out the answer about a key is not read as a store without it", async () => {
    const keys = [`${h.prefix}app/a`, `${h.prefix}app/b`];
    await apply(h, { app: keys.map((key) => put(key, "1")) });
    liar.lies = { Txn: (answer) => ({ ...answer, responses: answer.responses.slice(1) }) };
    const failure = await failureOf(readAll(h.store, { keys }), "INCOMPLETE");
    expect(failure.message).toContain("1 of 2");
  });

  it.each<[string, number, Lies["Txn"]]>([
    ["nothing about the units", 2, (answer) => ({ ...answer, responses: [] })],
    [
      "nothing about some of them",
      60,
      (answer) => ({ ...answer, responses: answer.responses.map((each, n) => (n === 0 ? {} : each)) }),
    ],
  ])("that says %s of an apply makes no unit applied, and running it again does", async (_, count, lie) => {
    const known = await look(h);
    const groups = Array.from({ length: count }, (__, n) =>
      group(h, known, `app${n}`, [put(`${h.prefix}app${n}/a`, "1")]),
    );
    if (lie !== undefined) liar.lies = { Txn: lie };
    const failure = await failureOf(run(h, nextHead(h, known), groups), "CORRUPT");
    expect(failure.message).toContain("does not fit");
    liar.lies = {};
    expect((await settings(h)).size).toBe(count);
    const now = await look(h);
    const again = await run(h, nextHead(h, now), [group(h, now, "app0", [])]);
    expect(again.at(-1)).toMatchObject({ kind: "head", state: "ready" });
  });
});
