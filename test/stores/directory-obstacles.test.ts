import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FailureCode } from "../../src/failure.ts";
import { apply, failureOf, group, look, nextHead, put, readAll, run, versionOf } from "./contract-moves.ts";
import { blindCommit, freshDirectory, type DirectoryHarness } from "./directory-harness.ts";

let h: DirectoryHarness;
beforeEach(async () => {
  h = await freshDirectory();
});
afterEach(() => h.dispose());

const [a, b] = ["/p/orders/a", "/p/orders/b"];

async function expectRefused(code: FailureCode, path: string): Promise<void> {
  expect((await failureOf(readAll(h.store, { prefixes: ["/p/"] }), code)).message).toContain(path);
  expect((await failureOf(blindCommit(h), code)).message).toContain(path);
}

describe("something in the way of a directory store", () => {
  it("a link inside is never followed", async () => {
    const outside = join(h.root, "outside");
    await fs.mkdir(outside);
    await fs.writeFile(join(outside, "a"), "precious");
    const known = await apply(h, { orders: [put(a, "1")] });
    for (const [target, path] of [
      [join(outside, "a"), h.fileOf(b)],
      [outside, h.fileOf("/p/folder")],
      [outside, h.fileOf("/elsewhere")],
      ["nowhere", h.fileOf("/dangling")],
    ] as const) {
      await fs.symlink(target, path);
      const real = await fs.realpath(h.live).then((folder) => path.replace(h.live, folder));
      expect((await failureOf(look(h), "CORRUPT")).message).toContain(real);
      const writes = [put(a, "2", versionOf(known, a))];
      await failureOf(run(h, nextHead(h, known), [group(h, known, "orders", writes)]), "CORRUPT");
      await fs.rm(path);
    }
    expect(await fs.readFile(join(outside, "a"), "utf8")).toBe("precious");
    expect(await fs.readdir(outside)).toEqual(["a"]);
    expect((await look(h)).entries.get(a)?.value).toBe("1");
  });

  it("a link in place of the generations or the history leads nothing astray", async () => {
    const outside = join(h.root, "outside");
    await fs.mkdir(join(outside, "tmp-mine"), { recursive: true });
    await fs.mkdir(join(outside, "000099"));
    await fs.mkdir(join(h.root, "store"));
    await fs.symlink(outside, h.generations);
    await expectRefused("CORRUPT", h.generations);
    await fs.rm(h.generations);
    await fs.mkdir(h.generations);
    await fs.symlink(outside, join(h.generations, "history"));
    await expectRefused("CORRUPT", join(h.generations, "history"));
    expect((await fs.readdir(outside)).toSorted()).toEqual(["000099", "tmp-mine"]);
  });

  it("a pipe is named instead of waited for", async () => {
    await apply(h, { orders: [put(a, "1")] });
    const path = join(await fs.realpath(h.live), "p/orders/pipe");
    execFileSync("sh", ["-c", 'mkfifo "$0"', path]);
    await expectRefused("CORRUPT", path);
  });

  it("bytes that are not UTF-8 are neither bent nor lost", async () => {
    await apply(h, { orders: [put(a, "1")] });
    const bytes = [Buffer.from([0x61, 0xff]), Buffer.from([0x61, 0xfe])];
    const seen = [];
    for (const each of bytes) {
      await fs.writeFile(h.fileOf(b), each);
      seen.push((await look(h)).entries.get(b));
    }
    expect(seen.map((entry) => entry?.value)).toEqual(["\0base64:Yf8=", "\0base64:Yf4="]);
    expect(seen[0]?.version).not.toBe(seen[1]?.version);
    await apply(h, { other: [put("/p/other/a", "1")] });
    expect(await fs.readFile(h.fileOf(b))).toEqual(bytes[1]);
    expect(h.limits.refuses({ key: b, secret: false }, "\0base64:Yf4=")?.message).toContain("NUL");
  });

  it("a name that is not UTF-8 is told", async () => {
    await apply(h, { orders: [put(a, "1")] });
    const real = await fs.realpath(h.live);
    await fs.writeFile(Buffer.concat([Buffer.from(`${real}/p/orders/`), Buffer.from([0x61, 0xff])]), "1");
    expect((await failureOf(look(h), "CORRUPT")).message).toContain(join(real, "p/orders/a"));
  });

  it("two files for one key are both named", async () => {
    await apply(h, { orders: [put("/p/orders/50%", "1")] });
    const folder = join(await fs.realpath(h.live), "p/orders");
    await fs.writeFile(join(folder, "50%"), "2");
    const failure = await failureOf(look(h), "CORRUPT");
    expect(failure.message).toContain(join(folder, "50%25"));
    expect(failure.message).toContain("/p/orders/50%");
  });

  it("a live link that is gone is not an empty store", async () => {
    await apply(h, { orders: [put(a, "1")] });
    await fs.rm(h.live);
    await expectRefused("CORRUPT", h.live);
    await fs.rm(h.generations, { recursive: true });
    expect((await look(h)).entries.size).toBe(0);
  });

  it("a live link that leads nowhere, or elsewhere, is not a store", async () => {
    await apply(h, { orders: [put(a, "1")] });
    const elsewhere = join(h.root, "elsewhere");
    await fs.mkdir(elsewhere);
    for (const target of ["live.generations/000002", elsewhere, "live.generations/history", "live.generations", ".."]) {
      await fs.rm(h.live);
      await fs.symlink(target, h.live);
      await expectRefused("CORRUPT", h.live);
    }
    expect(await fs.readdir(elsewhere)).toEqual([]);
  });

  it("a file in place of the store, or of a folder above it, is left alone", async () => {
    await fs.mkdir(join(h.root, "store"));
    await fs.writeFile(h.live, "mine");
    await expectRefused("CORRUPT", h.live);
    expect(await fs.readFile(h.live, "utf8")).toBe("mine");
    await fs.rm(join(h.root, "store"), { recursive: true });
    await fs.writeFile(join(h.root, "store"), "mine");
    await expectRefused("MISSING", h.root);
  });

  it("a huge file is no value", async () => {
    await apply(h, { orders: [put(a, "1")] });
    await fs.truncate(h.fileOf(a), 2 ** 31);
    const failure = await failureOf(look(h), "LIMIT");
    expect(failure.message).toContain(join(await fs.realpath(h.live), a));
  });
});
