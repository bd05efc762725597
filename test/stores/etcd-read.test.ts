/** Reading much, reading while others write, and reading what is not text. */
import { Etcd3 } from "etcd3";
import { afterAll, beforeAll, expect, it } from "vitest";
import { etcd } from "../../src/stores/etcd/etcd.ts";
import { openEtcd } from "../../src/stores/etcd/open.ts";
import { optionsOf } from "../../src/stores/etcd/options.ts";
import type { Entry, Key } from "../../src/model.ts";
import type { Store } from "../../src/stores/store.ts";
import { failureOf, readAll } from "./contract-moves.ts";
import { describeWithEtcd, startEtcd } from "./etcd-server.ts";
import type { EtcdServer } from "./etcd-server.ts";

describeWithEtcd("reading etcd", () => {
  let server: EtcdServer;
  let client: Etcd3;
  let store: Store;
  beforeAll(async () => {
    server = await startEtcd();
    client = new Etcd3({ hosts: [...server.endpoints] });
    store = await etcd.open({ endpoints: server.endpoints }, ".");
  });
  afterAll(async () => {
    client?.close();
    await store?.close();
    await server?.stop();
  });

  /** Writes keys past trueup, 100 in a transaction. */
  async function fill(keys: readonly Key[], text: (n: number) => string): Promise<void> {
    for (let start = 0; start < keys.length; start += 100) {
      const some = keys.slice(start, start + 100);
      await client.kv.txn({
        success: some.map((key, n) => ({
          request_put: { key: Buffer.from(key), value: Buffer.from(text(start + n)) },
        })),
      });
    }
  }

  it("gives one state of the store, however much is written meanwhile", async () => {
    const keys = Array.from({ length: 12_000 }, (_, n) => `/many/a/${String(n).padStart(6, "0")}`);
    await fill(keys, (n) => `first ${n}`);
    await fill(["/many/b/x", "/many/c"], () => "first");
    const query = { prefixes: ["/many/a/", "/many/b/"], keys: ["/many/c"], secrets: "values" as const };
    const pages = store.read({ ...query, secretKeys: new Set<Key>() })[Symbol.asyncIterator]();
    const first = (await pages.next()) as IteratorYieldResult<readonly Entry[]>;
    const found = new Map(first.value.map((entry) => [entry.key, entry.value]));
    expect(found.size).toBe(5000);
    // What is still to be read changes, goes away and grows, in every prefix.
    await fill(["/many/a/000000x", "/many/a/011000x", "/many/b/y", "/many/b/x", "/many/c"], () => "second");
    await server.ctl("del", "/many/a/011999");
    await server.ctl("put", "/many/a/011000", "second");
    for (let page = await pages.next(); page.done !== true; page = await pages.next())
      for (const entry of page.value) found.set(entry.key, entry.value);
    const expected = new Map(keys.map((key, n) => [key, `first ${n}`]));
    expected.set("/many/b/x", "first").set("/many/c", "first");
    expect(found).toEqual(expected);
  });

  it("takes smaller pages when an answer is too large", async () => {
    const keys = Array.from({ length: 40 }, (_, n) => `/heavy/${String(n).padStart(2, "0")}`);
    for (const key of keys) await fill([key], () => "x".repeat(100_000));
    const options = { ...(await optionsOf({ endpoints: server.endpoints }, ".")), maxAnswerBytes: 350_000 };
    const narrow = await openEtcd(options);
    expect([...(await readAll(narrow, { prefixes: ["/heavy/"] })).keys()]).toEqual(keys);
    expect([...(await readAll(narrow, { keys })).keys()]).toEqual(keys);
    await narrow.close();
    const tooNarrow = await openEtcd({ ...options, maxAnswerBytes: 50_000 });
    await failureOf(readAll(tooNarrow, { prefixes: ["/heavy/"] }), "LIMIT");
    await tooNarrow.close();
  });

  it("reads many exact keys, each once, also below a prefix that is read anyway", async () => {
    const keys = Array.from({ length: 450 }, (_, n) => `/exact/${n}`);
    await fill(keys, String);
    const seen: Key[] = [];
    const query = { prefixes: ["/exact/", "/exact/1/"], keys: [...keys, "/exact/none", "/exact/7"] };
    for (const wanted of [query, { prefixes: [], keys: query.keys }]) {
      seen.length = 0;
      for await (const page of store.read({ ...wanted, secrets: "values", secretKeys: new Set() }))
        seen.push(...page.map((entry) => entry.key));
      expect(seen.toSorted()).toEqual(keys.toSorted());
    }
  });

  it("keeps what is not UTF-8 apart, and everything else intact", async () => {
    const put = (key: Buffer, value: Buffer) => client.kv.put({ key, value });
    await put(Buffer.from("/binary/text"), Buffer.from("\ufeffplain"));
    await put(Buffer.from("/binary/one"), Buffer.of(0xff, 0xfe, 0x00));
    await put(Buffer.from("/binary/two"), Buffer.of(0xff, 0xfd, 0x00));
    await put(Buffer.concat([Buffer.from("/binary/k"), Buffer.of(0xc3, 0x28)]), Buffer.from("v"));
    const found = await readAll(store, { prefixes: ["/binary/"] });
    expect(found.size).toBe(4);
    expect(found.get("/binary/text")?.value).toBe("\ufeffplain");
    const [one, two] = [found.get("/binary/one")?.value, found.get("/binary/two")?.value];
    expect(one).not.toBe(two);
    for (const value of [one ?? "", two ?? ""])
      expect(etcd.limits.refuses({ key: "/a", secret: false }, value)).toBeDefined();
    const odd = [...found.keys()].find((key) => key.startsWith("/binary/k")) ?? "";
    expect(etcd.limits.refuses({ key: odd, secret: false }, "x")).toBeDefined();
  });

  it("can start at a revision that others then compact away, and says that it is incomplete", async () => {
    const keys = Array.from({ length: 5200 }, (_, n) => `/compacted/${String(n).padStart(5, "0")}`);
    await fill(keys, String);
    const query = { prefixes: ["/compacted/"], keys: [], secrets: "values" as const, secretKeys: new Set<Key>() };
    const pages = store.read(query)[Symbol.asyncIterator]();
    await pages.next();
    await server.ctl("put", "/compacted/00000", "again");
    const { header } = await client.kv.range({ key: Buffer.from("/compacted/00000") });
    await client.kv.compact({ revision: header.revision, physical: true });
    await failureOf(pages.next(), "INCOMPLETE");
  });
});
