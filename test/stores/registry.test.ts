import { describe, expect, it } from "vitest";
import { drivers } from "../../src/stores/registry.ts";

describe("the registry of stores", () => {
  it("names every driver by its type", () => {
    expect(Object.keys(drivers).toSorted()).toEqual(["directory", "etcd"]);
    for (const [type, driver] of Object.entries(drivers)) expect(driver.type).toBe(type);
  });

  it("tells limits and defaults of every driver without connecting", () => {
    for (const driver of Object.values(drivers)) {
      expect(driver.limits.refuses({ key: "/p/a", secret: false }, "1")).toBeUndefined();
      expect(driver.connectionSchema).toMatchObject({ type: "object", additionalProperties: false });
      expect(driver.defaults.layout).toBe("keys");
    }
  });
});
