/** Getting in, and being kept out: login, permissions, certificates, endpoints. */
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createServer, type TlsOptions } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PlainMap } from "../../src/model.ts";
import { connection as connectionTo } from "../../src/stores/etcd/connection.ts";
import { etcd } from "../../src/stores/etcd/etcd.ts";
import { optionsOf, type Endpoint } from "../../src/stores/etcd/options.ts";
import type { RightsQuery } from "../../src/stores/store.ts";
import { Sealed } from "../../src/secret.ts";
import { failureOf, group, look, nextHead, put, readAll, run } from "./contract-moves.ts";
import type { Harness } from "./contract-moves.ts";
import { startProxy } from "./etcd-proxy.ts";
import { describeWithEtcd, freePort, startEtcd } from "./etcd-server.ts";
import type { EtcdServer } from "./etcd-server.ts";

/** What the contract's moves need, over a store opened as a user would. */
async function open(
  server: EtcdServer,
  prefix: string,
  connection: PlainMap,
  folder = server.folder,
): Promise<Harness> {
  const store = await etcd.open({ endpoints: server.endpoints, ...connection }, folder);
  return {
    store,
    limits: etcd.limits,
    prefix,
    handPut: async (key, text) => void (await server.ctl("put", "--", key, text)),
    handDelete: async (key) => void (await server.ctl("del", "--", key)),
    readRaw: (below) => server.everything(below),
    failReads: () => Promise.reject(new Error("not here")),
    dispose: () => store.close(),
  };
}

/** What doctor asks. */
const rightsQuery = (prefixes: readonly string[], keys: readonly string[] = []): RightsQuery => ({
  prefixes,
  keys,
  wanted: ["/shop/b", "/shop/a", "/shop/c"].map((key) => ({ key, secret: false, layout: "keys" })),
  present: new Map(),
  nobody: "nobody-has-it",
});

/** One value is applied and read back. */
async function roundTrip(h: Harness): Promise<void> {
  const key = `${h.prefix}app/greeting`;
  const known = await look(h);
  await run(h, nextHead(h, known), [
    group(h, known, "app", [put(key, "hello", known.entries.get(key)?.version ?? null)]),
  ]);
  expect((await h.readRaw(h.prefix)).get(key)).toBe("hello");
  expect((await readAll(h.store, { prefixes: [h.prefix] })).get(key)?.value).toBe("hello");
}

describeWithEtcd("etcd with users", () => {
  let server: EtcdServer;
  const user = { username: "shop", password: "right" };
  beforeAll(async () => {
    server = await startEtcd({ users: { shop: { password: "right", prefixes: ["/shop/"] } } });
  });
  afterAll(() => server?.stop());

  it("lets a user apply below its prefix, ledger and head included", async () => {
    const h = await open(server, "/shop/", user);
    await roundTrip(h);
    await h.dispose();
  });

  it("refuses to read outside, and names user and prefix", async () => {
    const h = await open(server, "/other/", user);
    const failure = await failureOf(readAll(h.store, { prefixes: ["/other/"] }), "DENIED");
    expect(failure.message).toContain('"shop"');
    expect(failure.message).toContain("/other/");
    await failureOf(readAll(h.store, { keys: ["/shop/a", "/other/a"] }), "DENIED");
    await h.dispose();
  });

  it.each([["nested transactions", {}] as const, ["plain transactions", { nested: false }] as const])(
    "writes nothing at all when one key is outside, with %s",
    async (_, how) => {
      const h = await open(server, `/shop/outside-${"nested" in how}/`, { ...user, ...how });
      const known = await look(h);
      const groups = [
        group(h, known, "fine", [put(`${h.prefix}fine/a`, "1")]),
        group(h, known, "stray", [put(`${h.prefix}stray/a`, "1"), put("/elsewhere/a", "1")]),
      ];
      const failure = await failureOf(run(h, nextHead(h, known), groups), "DENIED");
      expect(failure.message).toContain("/elsewhere/a");
      expect(failure.details).toContain("Nothing was written.");
      expect(await h.readRaw(h.prefix)).toEqual(new Map());
      expect(await h.readRaw("/elsewhere/")).toEqual(new Map());
      await h.dispose();
    },
  );

  it("finds one stray key among many units", async () => {
    const h = await open(server, "/shop/many/", user);
    const known = await look(h);
    const groups = Array.from({ length: 60 }, (_, n) =>
      group(h, known, `app${n}`, [
        put(`${h.prefix}app${n}/a`, "1"),
        put(`${h.prefix}app${n}/b`, "1"),
        put(`${h.prefix}app${n}/c`, "1"),
      ]),
    );
    const stray = group(h, known, "stray", [
      put("/aside/a", "1"),
      put(`${h.prefix}stray/b`, "1"),
      put(`${h.prefix}stray/c`, "1"),
    ]);
    const failure = await failureOf(run(h, nextHead(h, known), [...groups, stray]), "DENIED");
    expect(failure.message).toContain("/aside/a");
    expect(await h.readRaw(h.prefix)).toEqual(new Map());
    await h.dispose();
  });

  it.each([
    ["a wrong password", { username: "shop", password: "wr0ng-c4nary" }],
    ["an unknown user", { username: "nobody", password: "wr0ng-c4nary" }],
    ["no login", {}],
  ])("turns %s away without repeating the password", async (_, login: PlainMap) => {
    const h = await open(server, "/shop/", login);
    const failure = await failureOf(readAll(h.store, { prefixes: ["/shop/"] }), "DENIED");
    expect(JSON.stringify([failure.message, failure.fix, failure.details])).not.toContain("c4nary");
    await failureOf(
      run(h, { ...nextHead(h, { head: undefined, entries: new Map(), ledgers: new Map() }) }, []),
      "DENIED",
    );
    await h.dispose();
  });

  it("says before it writes that nothing can be asked", async () => {
    const proxy = await startProxy(server.endpoints[0] ?? "");
    const h = await open(server, "/shop/asked/", { ...user, endpoints: [proxy.endpoint] });
    const known = await look(h);
    await proxy.close();
    const failure = await failureOf(run(h, nextHead(h, known), []), "UNREACHABLE");
    expect(failure.details).toContain("Nothing was written.");
    await failureOf(Promise.resolve(h.store.rights?.(rightsQuery(["/shop/"]))), "UNREACHABLE");
    await h.dispose();
  });

  it("knows what the user may do, and changes nothing to find out", async () => {
    const h = await open(server, "/shop/rights/", user);
    await roundTrip(h);
    const before = await server.everything("/");
    expect(await h.store.rights?.(rightsQuery(["/shop/", "/shop/rights/", "/shop/"], ["/shop/x"]))).toEqual([
      { action: "read", role: undefined, state: "granted" },
      { action: "write", role: undefined, state: "granted" },
    ]);
    const rights = await h.store.rights?.(rightsQuery(["/shop/", "/other/"], ["/shop/x", "/lonely key"]));
    const grant = "etcdctl role grant-permission <role>";
    expect(rights).toEqual(
      ["read", "write"].map((action) => ({
        action,
        role: undefined,
        state: "missing",
        message: `user "shop" may not ${action} below /other/, /lonely key`,
        fix: `${grant} --prefix=true readwrite /other/; ${grant} readwrite '/lonely key' (etcdctl user get shop names its roles)`,
      })),
    );
    expect(await server.everything("/")).toEqual(before);
    await h.dispose();
  });

  it("logs in again when the server forgot the login", async () => {
    const h = await open(server, "/shop/again/", user);
    await roundTrip(h);
    // A user that is made anew has none of the tokens given so far.
    await server.ctl("user", "delete", "shop");
    await server.ctl("user", "add", "shop:right");
    await server.ctl("user", "grant-role", "shop", "shop");
    await roundTrip(h);
    await h.dispose();
  });
});

describeWithEtcd("etcd without users", () => {
  it("is used without a login where one is configured", async () => {
    const server = await startEtcd();
    const h = await open(server, "/open/", { username: "shop", password: "unused" });
    await roundTrip(h);
    await h.dispose();
    await server.stop();
  });
});

describeWithEtcd("etcd over TLS", () => {
  let server: EtcdServer;
  beforeAll(async () => {
    server = await startEtcd({ tls: true });
  });
  afterAll(() => server?.stop());

  it("works with the authority that signed it", async () => {
    const h = await open(server, "/tls/", { tls: { ca: "ca.pem" } });
    await roundTrip(h);
    await h.dispose();
  });

  it.each([
    ["another authority", { ca: "other-ca.pem" }, /UNABLE_TO_VERIFY_LEAF_SIGNATURE|CERT_SIGNATURE_FAILURE/u],
    ["the authorities of this machine", undefined, /UNABLE_TO_VERIFY_LEAF_SIGNATURE/u],
  ])("is not trusted with %s, and the reason is named", async (_, tls, reason) => {
    const h = await open(server, "/tls/", tls === undefined ? {} : { tls });
    const attempts = [
      () => readAll(h.store, { prefixes: ["/tls/"] }),
      () => run(h, nextHead(h, { head: undefined, entries: new Map(), ledgers: new Map() }), []),
    ];
    for (const attempt of attempts) {
      const failure = await failureOf(attempt(), "TLS");
      expect(failure.message).toMatch(reason);
    }
    await h.dispose();
  });

  it("says so when the address begins with http", async () => {
    const h = await open(server, "/tls/", {
      endpoints: server.endpoints.map((each) => each.replace("https:", "http:")),
    });
    const failure = await failureOf(readAll(h.store, { prefixes: ["/tls/"] }), "TLS");
    expect(failure.message).toContain("http://");
    await h.dispose();
  });

  it("is not what somebody else is who can speak TLS", async () => {
    const [cert, key] = await Promise.all(
      ["server.pem", "server-key.pem"].map((name) => readFile(join(server.folder, name))),
    );
    const silent = createServer({ cert, key, ALPNProtocols: ["h2"] } as TlsOptions, (socket) => socket.resume());
    silent.on("tlsClientError", () => undefined);
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const endpoints = [`https://127.0.0.1:${(silent.address() as AddressInfo).port}`];
    const h = await open(server, "/tls/", { endpoints, tls: { ca: "ca.pem" }, timeout: 0.5 });
    const failure = await failureOf(readAll(h.store, { prefixes: ["/tls/"] }), "UNREACHABLE");
    expect(failure.message).toContain(`${endpoints[0]}: it does not answer (UNAVAILABLE)`);
    await h.dispose();
    silent.close();
  });

  it("does not take a certificate for another host name", async () => {
    const h = await open(server, "/tls/", {
      endpoints: server.endpoints.map((each) => each.replace("127.0.0.1", "localhost")),
      tls: { ca: "ca.pem" },
    });
    const failure = await failureOf(readAll(h.store, { prefixes: ["/tls/"] }), "TLS");
    expect(failure.message).toContain("ERR_TLS_CERT_ALTNAME_INVALID");
    await h.dispose();
  });

  it("reads its files when it is opened, and names what is wrong with them", async () => {
    await writeFile(join(server.folder, "broken.pem"), "not a certificate");
    const missing = await failureOf(open(server, "/tls/", { tls: { ca: "nowhere.pem" } }), "MISSING");
    expect(missing.message).toContain("nowhere.pem");
    const h = await open(server, "/tls/", { tls: { ca: "ca.pem", cert: "broken.pem", key: "broken.pem" } });
    await failureOf(readAll(h.store, { prefixes: ["/tls/"] }), "TLS");
  });
});

describeWithEtcd("etcd that asks for client certificates", () => {
  let server: EtcdServer;
  beforeAll(async () => {
    server = await startEtcd({ tls: true, mutual: true });
  });
  afterAll(() => server?.stop());

  it("works with one", async () => {
    const h = await open(server, "/mtls/", { tls: { ca: "ca.pem", cert: "client.pem", key: "client-key.pem" } });
    await roundTrip(h);
    await h.dispose();
  });

  it("is a TLS failure without one", async () => {
    const h = await open(server, "/mtls/", { tls: { ca: "ca.pem" } });
    const failure = await failureOf(readAll(h.store, { prefixes: ["/mtls/"] }), "TLS");
    expect(failure.fix).toContain("cert");
    await h.dispose();
  });
});

describeWithEtcd("etcd that takes the name in the certificate for the user", () => {
  it("lets it do what it may, and names no user where it may not", async () => {
    const users = { client: { password: "unused", prefixes: ["/mine/"] } };
    const server = await startEtcd({ tls: true, mutual: true, users });
    try {
      const tls = { ca: "ca.pem", cert: "client.pem", key: "client-key.pem" };
      const h = await open(server, "/mine/", { tls });
      await roundTrip(h);
      const rights = await h.store.rights?.(rightsQuery(["/other/"]));
      expect(rights?.map(({ state, message }) => [state, message])).toEqual([
        ["missing", "this connection may not read below /other/"],
        ["missing", "this connection may not write below /other/"],
      ]);
      expect(rights?.[0]?.fix).toBe("etcdctl role grant-permission <role> --prefix=true readwrite /other/");
      await h.dispose();
    } finally {
      await server.stop();
    }
  });
});

describeWithEtcd("several endpoints", () => {
  it("are all one cluster, and a dead one is passed over", async () => {
    const server = await startEtcd({ members: 3 });
    try {
      const dead = `http://127.0.0.1:${await freePort()}`;
      const h = await open(server, "/three/", { endpoints: [dead, ...server.endpoints] });
      await roundTrip(h);
      // One of three goes away for good; the other two go on.
      server.processes[0]?.kill("SIGKILL");
      const known = await look(h);
      const secret = {
        kind: "put",
        key: `${h.prefix}app/s`,
        text: new Sealed("x"),
        secret: true,
        expected: null,
      } as const;
      await run(h, nextHead(h, known), [group(h, known, "app", [secret])]);
      expect((await look(h)).entries.size).toBe(2);
      await h.dispose();
    } finally {
      await server.stop();
    }
  });

  it("of which none answers are all named", async () => {
    const ports = [await freePort(), await freePort()];
    const endpoints = ports.map((port) => `http://127.0.0.1:${port}`);
    const store = await etcd.open({ endpoints }, ".");
    const failure = await failureOf(readAll(store, { prefixes: ["/x/"] }), "UNREACHABLE");
    for (const endpoint of endpoints) expect(failure.message).toContain(endpoint);
    expect(failure.message).toContain("ECONNREFUSED");
    await store.close();
  });

  it("of two clusters are refused", async () => {
    const [one, two] = await Promise.all([startEtcd(), startEtcd()]);
    try {
      const h = await open(one, "/mixed/", { endpoints: [...one.endpoints, ...two.endpoints] });
      await roundTrip(h);
      one.processes[0]?.kill("SIGKILL");
      const failure = await failureOf(readAll(h.store, { prefixes: ["/mixed/"] }));
      expect(failure.message).toContain("different clusters");
      await h.dispose();
    } finally {
      await Promise.all([one.stop(), two.stop()]);
    }
  });
});

describe("connection of an etcd target", () => {
  it("is to this machine where nothing is said", async () => {
    const { endpoints } = await optionsOf({}, ".");
    expect(endpoints.map(({ url }) => url)).toEqual(["http://127.0.0.1:2379"]);
  });

  it("does not dress a fault of ours up as one of certificates", async () => {
    const options = await optionsOf({ endpoints: ["https://127.0.0.1:1"] }, ".");
    const [endpoint] = options.endpoints;
    const wrong = { ...options, tls: { ca: "no buffer" as unknown as Buffer } };
    const to = await connectionTo(endpoint as Endpoint, wrong);
    await expect(to.call("Range", {})).rejects.toThrow(TypeError);
  });

  it.each([
    ["no endpoint", { endpoints: [] }],
    ["http and https mixed", { endpoints: ["http://a:1", "https://b:1"] }],
    ["certificates for http", { endpoints: ["http://a:1"], tls: {} }],
    ["a user without a password", { endpoints: ["http://a:1"], username: "shop" }],
    ["a password in the address", { endpoints: ["http://user:pass@host:2379"] }],
    ["a path in the address", { endpoints: ["http://host:2379/v3"] }],
  ])("with %s cannot be used", async (_, connection: PlainMap) => {
    await failureOf(etcd.open(connection, "."), "USAGE");
  });
});
