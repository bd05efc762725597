/** Bytecode that one run leaves for the next: it makes no difference but in time. */
import { existsSync, readFileSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { tempFolder } from "../project.ts";
import { ROOT, gitRepo, trueup } from "./run.ts";

let cache = "";
const folderOf = (home: string): string => join(home, "trueup/bytecode");
const help = (env: Readonly<Record<string, string>> = {}) =>
  trueup(cache, ["init", "--help"], { XDG_CACHE_HOME: cache, ...env });
/** The one file that is kept. */
function kept(): string {
  const names = readdirSync(folderOf(cache));
  expect(names).toEqual([expect.stringMatching(/^init-\d+\.\d+\.\d+-v\d+/u)]);
  return join(folderOf(cache), names[0] ?? "");
}

beforeEach(() => {
  const { folder, dispose } = tempFolder();
  cache = folder;
  return dispose;
});

describe("a second run", () => {
  it("says the same, and leaves what it found", () => {
    const first = help();
    const file = kept();
    const { ino, mtimeMs } = statSync(file);
    expect(help()).toEqual(first);
    expect(first).toMatchObject({ code: 0, err: "" });
    expect(statSync(file)).toMatchObject({ ino, mtimeMs });
  });

  it("loads what is loaded late", () => {
    const { folder, dispose } = gitRepo(join(ROOT, "config-repo-template"));
    const diff = () => trueup(folder, ["diff", "--format", "json"], { XDG_CACHE_HOME: cache });
    const first = diff();
    expect(first.code).toBe(0);
    expect(diff()).toEqual(first);
    dispose();
  });

  it.each([
    ["that was cut off", (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ["that is empty", () => Buffer.alloc(0)],
    ["of another build", (bytes: Buffer) => Buffer.concat([Buffer.from("0".repeat(16)), bytes.subarray(16)])],
    ["of another Node", (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 16), bytes.subarray(16).fill(0, 4, 8)])],
  ])("does without a file %s, and makes it anew", (_, spoil) => {
    const first = help();
    const file = kept();
    const good = readFileSync(file);
    writeFileSync(file, spoil(Buffer.from(good)));
    expect(help()).toEqual(first);
    expect(readFileSync(kept()).subarray(0, 16)).toEqual(good.subarray(0, 16));
    expect(statSync(file).size).toBeGreaterThan(good.length / 2);
  });
});

describe("what is kept", () => {
  it("is for its owner only", () => {
    help();
    expect(statSync(kept()).mode & 0o777).toBe(0o600);
    expect(statSync(folderOf(cache)).mode & 0o777).toBe(0o700);
  });

  it("is nothing where it is not wanted, where no place is, and after what is no command", () => {
    expect(help({ NODE_DISABLE_COMPILE_CACHE: "1" }).code).toBe(0);
    expect(help({ XDG_CACHE_HOME: "relative" }).code).toBe(0);
    expect(trueup(cache, ["nonsense"], { XDG_CACHE_HOME: cache }).code).toBe(1);
    expect(existsSync(join(cache, "trueup"))).toBe(false);
    expect(existsSync(join(cache, "relative"))).toBe(false);
  });

  it("cannot be kept where a file is in the way: the command works all the same", () => {
    writeFileSync(join(cache, "trueup"), "");
    expect(help()).toMatchObject({ code: 0, err: "" });
  });

  it("goes after a month without use", () => {
    help();
    const old = join(folderOf(cache), "validate-0.0.1-v20.0.0-x64");
    const recent = join(folderOf(cache), "validate-0.0.2-v20.0.0-x64");
    for (const file of [old, recent]) writeFileSync(file, "");
    utimesSync(old, new Date("2020-01-01"), new Date("2020-01-01"));
    trueup(cache, ["new", "--help"], { XDG_CACHE_HOME: cache });
    expect(readdirSync(folderOf(cache)).toSorted()).toEqual([
      expect.stringMatching(/^init-/u),
      expect.stringMatching(/^new-/u),
      "validate-0.0.2-v20.0.0-x64",
    ]);
  });
});
