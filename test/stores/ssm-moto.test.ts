import { afterAll, beforeAll, expect, it } from "vitest";
import { ssm } from "../../src/stores/ssm/ssm.ts";
import { apply, look, put, putSecret } from "./contract-moves.ts";
import { storeContract } from "./contract.ts";
import type { Harness } from "./contract.ts";
import { startProxy } from "./etcd-proxy.ts";
import { describeWithMoto, startMoto } from "./moto-server.ts";
import type { MotoServer } from "./moto-server.ts";
import { openOn } from "./ssm-double/open.ts";

let server: MotoServer;
let tests = 0;

beforeAll(async () => {
  server = await startMoto();
});
afterAll(() => server?.stop());

/** Every test has a prefix of its own and reaches moto through a proxy, so that its reads can be made to fail. */
async function harness(): Promise<Harness> {
  const proxy = await startProxy(server.endpoint);
  const store = await openOn(proxy.endpoint, { timeout: 10_000 });
  tests++;
  return {
    store,
    limits: ssm.limits,
    prefix: `/contract/${tests}/`,
    async handPut(key, text) {
      const known = (await server.call("GetParameters", { Names: [key] }))["Parameters"] as { Type: string }[];
      await server.call("PutParameter", { Name: key, Value: text, Type: known[0]?.Type ?? "String", Overwrite: true });
    },
    handDelete: async (key) => void (await server.call("DeleteParameters", { Names: [key] })),
    // Claims of generations are the driver's own business.
    readRaw: async (prefix) =>
      new Map([...(await server.everything(prefix))].filter(([key]) => !key.includes("/.trueup/gen/"))),
    failReads: () => proxy.close(),
    async dispose() {
      await store.close();
      await proxy.close();
    },
  };
}

describeWithMoto("moto", () => {
  storeContract("SSM", harness);

  it("holds for the aws program what was applied, secrets encrypted and described", async () => {
    const h = await harness();
    try {
      const [plain, hidden] = [`${h.prefix}app/port`, `${h.prefix}app/password`];
      await apply(h, { app: [put(plain, "8080"), putSecret(hidden, "s3cr3t")] });
      const text = await server.aws("ssm", "get-parameters", "--names", plain, hidden, "--with-decryption");
      const { Parameters } = JSON.parse(text) as { Parameters: { Name: string; Type: string; Value: string }[] };
      expect(Object.fromEntries(Parameters.map(({ Name, Type, Value }) => [Name, [Type, Value]]))).toEqual({
        [plain]: ["String", "8080"],
        [hidden]: ["SecureString", "s3cr3t"],
      });
      const filter = `Key=Name,Option=Equals,Values=${hidden}`;
      const described = await server.aws("ssm", "describe-parameters", "--parameter-filters", filter);
      const [about] = (JSON.parse(described) as { Parameters: { KeyId: string; Description: string }[] }).Parameters;
      expect(about?.KeyId).toBe("alias/aws/ssm");
      expect(about?.Description).toBe("Managed by trueup. app@prod, commit c0ffee, apply a-1");
    } finally {
      await h.dispose();
    }
  });

  it("shows as a change what the aws program writes", async () => {
    const h = await harness();
    try {
      const key = `${h.prefix}app/port`;
      const before = await apply(h, { app: [put(key, "8080")] });
      await server.aws("ssm", "put-parameter", "--name", key, "--value", "9090", "--overwrite");
      const after = await look(h);
      expect(after.entries.get(key)?.value).toBe("9090");
      expect(after.entries.get(key)?.version).not.toBe(before.entries.get(key)?.version);
    } finally {
      await h.dispose();
    }
  });
});
