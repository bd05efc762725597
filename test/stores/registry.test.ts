import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { drivers } from "../../src/stores/registry.ts";

describe("the registry of stores", () => {
  it("names every driver by its type", () => {
    expect(Object.keys(drivers).toSorted()).toEqual(["aws-ssm", "directory", "etcd"]);
    for (const [type, driver] of Object.entries(drivers)) expect(driver.type).toBe(type);
  });

  it("tells limits and defaults of every driver without connecting", () => {
    for (const driver of Object.values(drivers)) {
      expect(driver.limits.refuses({ key: "/p/a", secret: false }, "1")).toBeUndefined();
      expect(driver.connectionSchema).toMatchObject({ type: "object", additionalProperties: false });
      expect(driver.defaults.layout).toBe("keys");
    }
  });

  it("loads the library of a store only when one is opened", async () => {
    const { metafile } = await build({
      entryPoints: [join(import.meta.dirname, "../../src/stores/registry.ts")],
      bundle: true,
      packages: "external",
      platform: "node",
      format: "esm",
      write: false,
      metafile: true,
    });
    const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
    const packages = imports.filter((each) => each.external === true && !each.path.startsWith("node:"));
    expect(packages.filter((each) => each.kind === "import-statement")).toEqual([]);
    expect(packages.map((each) => each.path)).toEqual(expect.arrayContaining(["etcd3", "@aws-sdk/client-ssm"]));
  });
});
