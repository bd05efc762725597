/** The story of encrypted secrets on every store, read back by other programs than trueup. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { drivers } from "../src/index.ts";
import type { Key } from "../src/index.ts";
import { type StoryStore, sopsStory } from "./sops-story.ts";
import { type EtcdServer, describeWithEtcd, startEtcd } from "./stores/etcd-server.ts";
import { type MotoServer, describeWithMoto, startMoto } from "./stores/moto-server.ts";
import { startDouble } from "./stores/ssm-double/double.ts";
import { driversTo } from "./stores/ssm-double/repo.ts";

describe("in a directory", () => {
  sopsStory((folder) => {
    const live = join(folder, ".trueup/live");
    const everything = (): Map<Key, string> => {
      if (!existsSync(live)) return new Map();
      const files = readdirSync(live, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      const paths = files.map((entry) => join(entry.parentPath, entry.name));
      return new Map(paths.map((path) => [`/${relative(live, path)}`, readFileSync(path, "utf8")]));
    };
    return Promise.resolve<StoryStore>({
      target: "type: directory",
      drivers,
      read: (key) => Promise.resolve(everything().get(key)),
      hand(key, text) {
        mkdirSync(dirname(join(live, key)), { recursive: true });
        writeFileSync(join(live, key), text);
        return Promise.resolve();
      },
      everything: () => Promise.resolve(everything()),
      dispose: () => undefined,
    });
  });
});

describeWithEtcd("in etcd, read by etcdctl", () => {
  let server: EtcdServer;
  beforeAll(async () => {
    server = await startEtcd();
  });
  afterAll(() => server?.stop());
  sopsStory(() =>
    Promise.resolve<StoryStore>({
      target: `type: etcd, connection: { endpoints: ${JSON.stringify(server.endpoints)} }`,
      drivers,
      read: async (key) => (await server.everything(key)).get(key),
      hand: async (key, text) => void (await server.ctl("put", key, text)),
      everything: () => server.everything("/"),
      dispose: () => server.ctl("del", "--prefix", "/"),
    }),
  );
});

describe("in the double of SSM", () => {
  sopsStory(async () => {
    const double = await startDouble();
    return {
      target: "type: aws-ssm",
      drivers: driversTo(double.endpoint),
      read: (key) => Promise.resolve(double.everything("/").get(key)),
      hand: (key, text) => Promise.resolve(double.handPut(key, text, { secret: true })),
      everything: () => Promise.resolve(double.everything("/")),
      dispose: () => double.stop(),
    };
  });
});

describeWithMoto("in moto, past the SDK", () => {
  let server: MotoServer;
  beforeAll(async () => {
    server = await startMoto();
  });
  afterAll(() => server?.stop());
  const get = async (key: Key): Promise<{ readonly Type: string; readonly Value: string } | undefined> => {
    const found = (await server.call("GetParameters", { Names: [key], WithDecryption: true }))["Parameters"];
    return (found as { Type: string; Value: string }[])[0];
  };
  sopsStory(() =>
    Promise.resolve<StoryStore>({
      target: "type: aws-ssm",
      drivers: driversTo(server.endpoint, { timeout: 10_000 }),
      read: async (key) => (await get(key))?.Value,
      async hand(key, text) {
        const type = (await get(key))?.Type ?? "SecureString";
        await server.call("PutParameter", { Name: key, Value: text, Type: type, Overwrite: true });
      },
      everything: () => server.everything("/"),
      async dispose() {
        for (const key of (await server.everything("/")).keys()) await server.call("DeleteParameter", { Name: key });
      },
    }),
  );
});
