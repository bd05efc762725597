/** Attack cases STO-08, STO-09 and IAM-10: a store that does not keep its word, one that sends us elsewhere, and our own rights. */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { Drivers } from "../../src/index.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import type { Store } from "../../src/stores/store.ts";
import { directory } from "../../src/stores/directory/directory.ts";
import { run, tempFolder } from "../project.ts";
import { readAll } from "../stores/contract-moves.ts";
import { describeWithEtcd, startEtcd } from "../stores/etcd-server.ts";
import { openOn } from "../stores/ssm-double/open.ts";

const CONFIG = `version: 1
system: shop
environments: { dev: {} }
targets:
  local: { type: directory, path: "/cfg/{{env}}/{{app}}/{{key}}" }
`;

/** A memory store whose texts come back changed. */
function bending(bend: (text: string) => string): { readonly drivers: Drivers; readonly store: Store } {
  const memory = memoryStore();
  const store: Store = {
    ...memory.store,
    async *read(query, signal) {
      for await (const page of memory.store.read(query, signal))
        yield page.map((entry) =>
          entry.value === undefined || entry.key.includes(".trueup") ? entry : { ...entry, value: bend(entry.value) },
        );
    },
  };
  return { drivers: { directory: { ...directory, limits: memory.limits, open: () => Promise.resolve(store) } }, store };
}

describe("STO-08 a store that gives back other bytes than it was given", () => {
  it.each<[string, (text: string) => string]>([
    ["trims", (text) => text.trim()],
    ["ends lines otherwise", (text) => text.replaceAll("\n", "\r\n")],
    ["decomposes letters", (text) => text.normalize("NFD")],
    ["reads UTF-8 as Latin-1", (text) => Buffer.from(text).toString("latin1")],
    ["cuts", (text) => text.slice(0, 20)],
  ])("one that %s is noticed, and the keys are named", async (_, bend) => {
    const { folder, dispose } = tempFolder({
      "trueup.yaml": CONFIG,
      "apps/a/base.yaml":
        'space: " x "\nlines: "a\\nb"\nletter: "caf\u00E9"\nlong: "01234567890123456789012345"\nplain: p\n',
    });
    try {
      const { receipts } = await run(folder, "apply", { drivers: bending(bend).drivers });
      const wrong = receipts.flatMap((receipt) => receipt.readBack?.wrong ?? []);
      expect(receipts.map((receipt) => receipt.readBack?.checked)).toEqual([5]);
      expect(wrong.length).toBeGreaterThan(0);
      expect(wrong).not.toContain("/cfg/dev/a/plain");
      expect(receipts[0]?.result).not.toBe("applied");
      const honest = await run(folder, "apply", { drivers: bending((text) => text).drivers });
      expect(honest.receipts.flatMap((receipt) => receipt.readBack?.wrong)).toEqual([]);
    } finally {
      dispose();
    }
  });
});

describe("STO-09 a store that sends us elsewhere", () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });
  async function serve(answer: RequestListener): Promise<string> {
    const server = createServer(answer);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it.each([301, 302, 307, 308])("by %i is not followed, and not told our credentials", async (status) => {
    let asked = 0;
    const elsewhere = await serve((_, response) => {
      asked++;
      response.end("{}");
    });
    const first = await serve((_, response) => {
      response.writeHead(status, { location: `${elsewhere}/` }).end();
    });
    const store = await openOn(first, { patience: 500 });
    try {
      await expect(readAll(store, { prefixes: ["/shop/"] })).rejects.toMatchObject({ name: "Failure" });
      expect(asked).toBe(0);
    } finally {
      await store.close();
    }
  });

  it("a proxy named in the environment gets nothing of SSM's", async () => {
    let proxied = 0;
    const proxy = await serve((_, response) => {
      proxied++;
      response.end("{}");
    });
    const honest = await serve((_, response) => {
      response.setHeader("content-type", "application/x-amz-json-1.1");
      response.end('{"Parameters":[]}');
    });
    const names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"];
    const before = names.map((name) => [name, process.env[name]] as const);
    for (const name of names) process.env[name] = proxy;
    try {
      const store = await openOn(honest);
      expect((await readAll(store, { prefixes: ["/shop/"] })).size).toBe(0);
      await store.close();
      expect(proxied).toBe(0);
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  });
});

describeWithEtcd("IAM-10 the user of an environment in etcd", () => {
  it("can neither grant, make users, turn off authentication, nor reach beyond its prefix", async () => {
    const server = await startEtcd({ users: { shop: { password: "right", prefixes: ["/shop/"] } } });
    try {
      const as = (...args: readonly string[]) => server.ctl("--user=shop:right", ...args);
      await as("put", "/shop/a", "1");
      for (const args of [
        ["role", "grant-permission", "shop", "--prefix=true", "readwrite", "/other/"],
        ["user", "grant-role", "shop", "root"],
        ["user", "add", "evil:x"],
        ["auth", "disable"],
        ["put", "/other/a", "1"],
        ["get", "/other/a"],
        ["get", "--prefix", "/"],
        ["del", "--prefix", "/s"],
        ["put", "/shop", "1"],
      ])
        await expect(as(...args), args.join(" ")).rejects.toThrow(/permission denied/u);
      expect([...(await server.everything("/"))]).toEqual([["/shop/a", "1"]]);
    } finally {
      await server.stop();
    }
  });
});
