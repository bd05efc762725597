import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldsNames, mergedKeys } from "../../src/stores/directory/folding.ts";
import { disk } from "../../src/stores/directory/disk.ts";
import { keyAt, layOut } from "../../src/stores/directory/key-path.ts";
import { temporaryFolder } from "./directory-harness.ts";
import { join } from "node:path";
import { readdir, rm } from "node:fs/promises";

const pathOf = (key: string): string | undefined => layOut([key]).get(key);

/** Segments made of the characters that matter here, of text, and of long runs. */
const segment = fc.oneof(
  fc.string({ unit: fc.constantFrom("%", ".", " ", "+", "2", "5", "E", "F", "s", "é", "🙂", "\\", ":", "\n", "a") }),
  fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("/", "")),
  fc.constantFrom("", "%2F", "%252F", "%self", "%empty", "%+", "con", "NUL.txt", "com¹", ".", "..", "conin$"),
  fc
    .tuple(fc.constantFrom("x", "é", "%", "🙂", "a."), fc.integer({ min: 60, max: 300 }))
    .map(([unit, n]) => unit.repeat(n)),
);
const key = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => `/${segments.join("/")}`);

describe("files of keys", () => {
  it("are readable where nothing stands against it", () => {
    expect(pathOf("/prod/orders/http/port")).toBe("prod/orders/http/port");
    expect(pathOf("/prod/ünïcødé/.hidden/with space/a+b=c@d,e#f~g[h]{i}")).toBe(
      "prod/ünïcødé/.hidden/with space/a+b=c@d,e#f~g[h]{i}",
    );
  });

  it.each([
    ["/a/alb.io%2Fname", "a/alb.io%2Fname"],
    ["/a/%252F%%2F%2f", "a/%25252F%25%2F%252f"],
    ["/a/50%", "a/50%25"],
    ["/a/%2E%2E", "a/%252E%252E"],
    ["/a/ends.", "a/ends%2E"],
    ["/a/ends ", "a/ends%20"],
    ["/a/./..", "a/%2E/.%2E"],
    ["/a//b", "a/%empty/b"],
    ["/a/", "a/%empty"],
    ["/a/nul", "a/%6Eul"],
    ["/a/Com1.txt", "a/%43om1.txt"],
    ["/a/console", "a/console"],
    ["/a/x\\y:z\tq", "a/x%5Cy%3Az%09q"],
    [`/a/${"x".repeat(300)}/b`, `a/${"x".repeat(253)}%+/${"x".repeat(47)}/b`],
  ])("%j is written as told in the documentation", (given, path) => {
    expect(pathOf(given)).toBe(path);
    expect(keyAt(path.split("/"))).toBe(given);
  });

  it("of a key with keys below it stands in the folder, only as long as there are some", () => {
    expect(layOut(["/a", "/a/b"])).toEqual(
      new Map([
        ["/a", "a/%self"],
        ["/a/b", "a/b"],
      ]),
    );
    expect(layOut(["/a", "/ab"]).get("/a")).toBe("a");
    expect(keyAt(["a", "%self"])).toBe("/a");
  });

  it("give back exactly the keys, whatever they are", () => {
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 12 }), (keys) => {
        const paths = layOut(keys);
        expect(new Set(paths.values()).size).toBe(keys.length);
        for (const [each, path] of paths) expect(keyAt(path.split("/"))).toBe(each);
      }),
      { numRuns: 500 },
    );
  });

  it("have names that every file system takes", () => {
    fc.assert(
      fc.property(key, (each) => {
        for (const name of (pathOf(each) ?? "").split("/")) {
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
          expect(name).not.toBe("");
          expect(name).toMatch(/[^. ]$/u);
          // eslint-disable-next-line no-control-regex -- control characters are what it looks for
          expect(name).not.toMatch(/[\u0000-\u001f\u007f<>:"|?*\\]/u);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("of folders whose names differ in case are told apart", () => {
    expect(mergedKeys(["/p/Key/a"], ["/p/key/b"])).toEqual(["/p/key/b"]);
    expect(mergedKeys(["/p/key"], ["/p/other"])).toEqual([]);
    expect(mergedKeys([], ["/p/caf\u00e9", "/p/cafe\u0301", "/p/CAFE"])).toEqual(["/p/cafe\u0301"]);
    expect(mergedKeys([], ["/p/a/b", "/p/a/c", "/p/A"])).toEqual(["/p/A"]);
  });

  it("ask the file system about its names and leave nothing behind", async () => {
    const root = await temporaryFolder();
    try {
      const folds = await foldsNames(disk, join(root, "probe"));
      await disk.write(join(root, "Twin"), Buffer.from(""), { private: false });
      expect(folds).toBe((await disk.facts(join(root, "tWIN"))) !== undefined);
      expect(await readdir(root)).toEqual(["Twin"]);
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
