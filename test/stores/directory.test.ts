import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { Ajv } from "ajv";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { directory } from "../../src/stores/directory/directory.ts";
import { openDirectory } from "../../src/stores/directory/open.ts";
import {
  apply,
  failureOf,
  group,
  look,
  nextHead,
  put,
  putSecret,
  readAll,
  remove,
  run,
  versionOf,
} from "./contract-moves.ts";
import { storeContract } from "./contract.ts";
import { freshDirectory, temporaryFolder, usedDirectory, type DirectoryHarness } from "./directory-harness.ts";

storeContract("the directory store", usedDirectory);

const refuses = (key: string, text?: string) => directory.limits.refuses({ key, secret: false }, text);

describe("the directory store", () => {
  let h: DirectoryHarness;
  beforeEach(async () => {
    h = await freshDirectory();
  });
  afterEach(() => h.dispose());

  const plain = "/p/orders/http/port";
  const hidden = "/p/orders/token";

  it("is plain files below the path that readers use", async () => {
    await apply(h, { orders: [put(plain, "8080"), putSecret(hidden, "s3cr3t")] });
    expect(execFileSync("cat", [h.fileOf(plain)], { encoding: "utf8" })).toBe("8080");
    expect(await fs.readlink(h.live)).toBe("live.generations/000001");
    await apply(h, {});
    expect(await fs.readlink(h.live)).toBe("live.generations/000002");
    expect(execFileSync("cat", [h.fileOf(plain)], { encoding: "utf8" })).toBe("8080");
  });

  it("lets only the owner read secrets, whatever the umask", async () => {
    for (const umask of [0o077, 0o000]) {
      const before = process.umask(umask);
      try {
        await apply(h, { [`app${umask}`]: [put(`/p/${umask}/in/a`, "1"), putSecret(`/p/${umask}/in/b`, "2")] });
      } finally {
        process.umask(before);
      }
      const modeOf = async (path: string) => (await fs.stat(join(h.live, path))).mode & 0o777;
      expect(await modeOf(`/p/${umask}/in/a`)).toBe(0o644);
      expect(await modeOf(`/p/${umask}/in/b`)).toBe(0o600);
      expect(await modeOf(`/p/${umask}/in`)).toBe(0o755);
      expect(await modeOf(".")).toBe(0o755);
    }
  });

  it("is empty before the first commit, and a read creates nothing", async () => {
    expect(await look(h)).toMatchObject({ head: undefined, entries: new Map() });
    expect(await fs.readdir(h.root)).toEqual([]);
  });

  it("takes an empty folder that somebody made in advance", async () => {
    await fs.mkdir(h.live, { recursive: true });
    expect((await look(h)).entries.size).toBe(0);
    await apply(h, { orders: [put(plain, "8080")] });
    expect(await fs.readFile(h.fileOf(plain), "utf8")).toBe("8080");
  });

  it("refuses a folder with files, and its advice hands the folder over", async () => {
    await fs.mkdir(join(h.live, "p/orders/http"), { recursive: true });
    await fs.writeFile(h.fileOf(plain), "by hand");
    await failureOf(look(h), "USAGE");
    const known = { head: undefined, entries: new Map(), ledgers: new Map() };
    const failure = await failureOf(run(h, nextHead(h, known), []), "USAGE");
    expect(failure.message).toContain(h.live);
    expect(await fs.readFile(h.fileOf(plain), "utf8")).toBe("by hand");

    execFileSync("sh", ["-ec", /mkdir -p.*$/u.exec(failure.fix ?? "")?.[0] ?? "false"]);
    const adopted = await look(h);
    expect(adopted.entries.get(plain)?.value).toBe("by hand");
    for (let n = 0; n < 3; n++) await apply(h, { other: [put(`/p/other/${n}`, "1")] });
    expect((await look(h)).entries.get(plain)).toEqual(adopted.entries.get(plain));
  });

  it("keeps the three newest generations", async () => {
    for (let n = 1; n <= 5; n++) await apply(h, { [`app${n}`]: [put(`/p/app${n}/a`, "1")] });
    const beside = await fs.readdir(`${h.live}.generations`);
    expect(beside.toSorted()).toEqual(["000003", "000004", "000005", "history"]);
  });

  it("shares unchanged files between generations", async () => {
    await apply(h, { orders: [put(plain, "8080"), putSecret(hidden, "s3cr3t")] });
    const before = await fs.stat(h.fileOf(hidden));
    await apply(h, { other: [put("/p/other/a", "1")] });
    expect((await fs.stat(h.fileOf(hidden))).ino).toBe(before.ino);
    expect((await fs.stat(h.fileOf(hidden))).nlink).toBe(2);
  });

  it("drops folders that became empty", async () => {
    const known = await apply(h, { orders: [put(plain, "8080"), put("/p/orders/a", "1")] });
    await apply(h, { orders: [remove(plain, versionOf(known, plain))] });
    expect(await fs.readdir(h.fileOf("/p/orders"))).toEqual(["a"]);
  });

  it("goes on from a generation that somebody linked back to", async () => {
    let known = await apply(h, { orders: [put(plain, "1")] });
    known = await apply(h, { orders: [put(plain, "2", versionOf(known, plain))] });
    await fs.rm(h.live);
    await fs.symlink("live.generations/000001", h.live);
    known = await look(h);
    expect(known.entries.get(plain)?.value).toBe("1");
    await apply(h, { orders: [put(plain, "3", versionOf(known, plain))] });
    expect(await fs.readlink(h.live)).toBe("live.generations/000003");
    expect(await fs.readFile(h.fileOf(plain), "utf8")).toBe("3");
  });

  it("shows a reader one state at a time, however fast it is switched", async () => {
    const keys = Array.from({ length: 30 }, (_, n) => `/p/orders/${n}`);
    let known = await apply(h, { orders: keys.map((key) => put(key, "0")) });
    const stop = new AbortController();
    const writer = async () => {
      for (let round = 1; round <= 15; round++)
        known = await apply(h, { orders: keys.map((key) => put(key, `${round}`, versionOf(known, key))) });
      stop.abort();
    };
    const states: string[] = [];
    const reader = async () => {
      while (!stop.signal.aborted) {
        const texts = [...(await readAll(h.store, { prefixes: ["/p/orders/"] })).values()].map((entry) => entry.value);
        expect(texts).toHaveLength(keys.length);
        expect(new Set(texts).size).toBe(1);
        states.push(texts[0] ?? "");
      }
    };
    await Promise.all([writer(), reader(), reader()]);
    expect(states.length).toBeGreaterThan(2);
  });

  it("holds keys that are long, device names, or look like its own marks", async () => {
    const keys = [
      `/p/${"long".repeat(100)}/leaf`,
      `/p/${"€".repeat(300)}`,
      `/p/${"%".repeat(100)}`,
      "/p/%self",
      "/p/a/%self",
      "/p/a",
      "/p/%empty",
      "/p//double",
      "/p/",
      "/p/x%+/y",
      "/p/con",
      "/p/LPT1.txt",
      "/p/./..",
      "/p/end. ",
      '/p/a\\b<c>:"|?*',
    ];
    const known = await apply(h, { orders: keys.map((key) => put(key, `text of ${key}`)) });
    expect(new Map([...known.entries].map(([key, entry]) => [key, entry.value]))).toEqual(
      new Map(keys.map((key) => [key, `text of ${key}`])),
    );
    expect(await h.readRaw("/p/")).toEqual(
      new Map([...keys.map((key) => [key, `text of ${key}`] as const), ...(await h.readRaw("/p/.trueup/"))]),
    );
    for (const key of keys) expect(h.limits.refuses({ key, secret: false }, "x")).toBeUndefined();
  });

  it("takes names that it would spell differently as they are", async () => {
    await apply(h, {});
    for (const name of ["50%off", "100%", "%41", "%self", "trailing.", "nul"]) await h.handPut(`/p/odd/${name}`, name);
    const before = await look(h);
    expect(new Map([...before.entries].map(([key, entry]) => [key, entry.value]))).toEqual(
      new Map([
        ["/p/odd", "%self"],
        ["/p/odd/50%off", "50%off"],
        ["/p/odd/100%", "100%"],
        ["/p/odd/%41", "%41"],
        ["/p/odd/trailing.", "trailing."],
        ["/p/odd/nul", "nul"],
      ]),
    );
    await apply(h, { orders: [put("/p/orders/a", "1")] });
    const known = await apply(h, { orders: [remove("/p/orders/a", versionOf(await look(h), "/p/orders/a"))] });
    expect(known.entries).toEqual(before.entries);
  });

  it("refuses in advance what it cannot hold", () => {
    expect(refuses("/p/a", "x".repeat(1024 * 1024))).toBeUndefined();
    expect(refuses("/p/a", "é".repeat(1024 * 512 + 1))?.message).toContain("1048578 bytes");
    expect(refuses(`/${"k".repeat(1023)}`)).toBeUndefined();
    expect(refuses(`/${"k".repeat(1024)}`)?.message).toContain("1025 bytes");
    for (const key of ["/p/\0", "/p/\ud800", "p/a", ""]) {
      const refusal = refuses(key, "1");
      expect(refusal?.message).toBeTruthy();
      expect(refusal?.fix).toBeTruthy();
    }
    expect(refuses("/p/a", "\udc00")?.fix).toBeTruthy();
  });

  it("leaves out a unit whose keys or texts it cannot hold", async () => {
    const known = await look(h);
    const events = await run(h, nextHead(h, known), [
      group(h, known, "bad", [put("/p/bad/a", "1"), put("/p/bad/\0", "1")]),
      group(h, known, "fine", [put("/p/fine/a", "1")]),
    ]);
    expect(events.map((event) => event.kind)).toEqual(["failed", "applied", "head"]);
    expect(events[0]).toMatchObject({ unit: "bad@prod", written: [], failure: { code: "LIMIT" } });
    expect([...(await look(h)).entries.keys()]).toEqual(["/p/fine/a"]);
  });
});

describe("the directory driver", () => {
  it("opens a path relative to the config root, with a default", async () => {
    const root = await temporaryFolder();
    try {
      const store = await directory.open(directory.defaults.connection, root);
      const h = { ...(await freshDirectory()), store };
      await apply(h, { orders: [put("/p/orders/a", "1")] });
      expect(await fs.readFile(join(root, ".trueup/live/p/orders/a"), "utf8")).toBe("1");
      await h.dispose();
      const absolute = await directory.open({ directory: join(root, ".trueup/live") }, "/elsewhere");
      expect((await readAll(absolute, { keys: ["/p/orders/a"] })).size).toBe(1);
    } finally {
      await fs.rm(root, { recursive: true });
    }
  });

  it("refuses a connection without a path", async () => {
    const failure = await failureOf(directory.open({ directory: "" }, "/config/root"), "USAGE");
    expect(failure.message).toContain("/config/root");
    await failureOf(directory.open({ directory: { fromEnv: "X" } }, "/config/root"), "USAGE");
  });

  it("describes its connection by a schema", () => {
    const valid = new Ajv().compile(directory.connectionSchema);
    expect(valid({})).toBe(true);
    expect(valid({ directory: "out" })).toBe(true);
    expect(valid({ directory: "" })).toBe(false);
    expect(valid({ folder: "out" })).toBe(false);
  });

  it("touches nothing until it is used", async () => {
    const root = await temporaryFolder();
    await openDirectory(join(root, "live")).close();
    expect(await fs.readdir(root)).toEqual([]);
    await fs.rm(root, { recursive: true });
  });
});
