import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isFailure } from "../../../src/failure.ts";
import { folderSource, memorySource } from "../../../src/load/source.ts";
import { withFolder } from "../../attacks/disk.ts";

const FILES = { "apps/a/base.yaml": "x: 1\n", "apps/a/files/x.hbs": "", "README.md": "# x\n" };
const IGNORED = { ".git/HEAD": "", "node_modules/x/y": "", ".trueup/live/z": "" };

function failureCode(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return isFailure(error) ? error.code : "not a failure";
  }
  return undefined;
}

describe("a source", () => {
  test("lists files and folders, sorted, without those of Git, npm and trueup", () => {
    const expected = ["README.md", "apps", "apps/a", "apps/a/base.yaml", "apps/a/files", "apps/a/files/x.hbs"];
    expect(
      memorySource({ ...FILES, ...IGNORED })
        .list()
        .map(({ path }) => path),
    ).toEqual(expected);
    withFolder({ ...FILES, ...IGNORED }, (folder) => {
      const list = folderSource(folder).list();
      expect(list.map(({ path }) => path)).toEqual([...expected, "trueup.yaml"]);
      expect(list.find(({ path }) => path === "apps/a/base.yaml")).toEqual({
        path: "apps/a/base.yaml",
        kind: "file",
        size: 5,
      });
      expect(list.find(({ path }) => path === "apps/a")).toEqual({ path: "apps/a", kind: "folder", size: 0 });
    });
  });

  test("reads one byte more than asked, so that the reader knows there is more", () => {
    const text = "0123456789";
    withFolder({ "a.txt": text, "empty.txt": "" }, (folder) => {
      for (const source of [folderSource(folder), memorySource({ "a.txt": text, "empty.txt": "" })]) {
        expect(Buffer.from(source.read("a.txt", 100)).toString()).toBe(text);
        expect(source.read("a.txt", 10)).toHaveLength(10);
        expect(source.read("a.txt", 4)).toHaveLength(5);
        expect(source.read("empty.txt", 4)).toHaveLength(0);
      }
    });
  });

  test("what is not there, or may not be read, is a failure with a name", () => {
    expect(failureCode(() => memorySource({}).read("gone", 1))).toBe("MISSING");
    withFolder({}, (folder) => {
      expect(failureCode(() => folderSource(folder).read("gone", 1))).toBe("MISSING");
      expect(failureCode(() => folderSource(join(folder, "gone")).list())).toBe("MISSING");
      writeFileSync(join(folder, "closed"), "x");
      chmodSync(join(folder, "closed"), 0);
      // Root may read everything.
      if (process.getuid?.() !== 0) expect(failureCode(() => folderSource(folder).read("closed", 1))).toBe("DENIED");
    });
  });
});
