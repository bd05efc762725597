import { describe, expect, it } from "vitest";
import type { Layer, PlainMap, Place } from "../../../src/model.ts";
import { mergeLayers } from "../../../src/resolve/merge.ts";
import { originOf, originsOf } from "../../../src/resolve/origin.ts";
import { checkOverrides } from "../../../src/resolve/overrides.ts";
import { layersFor } from "../../../src/resolve/resolve.ts";

const layer = (name: string, values: PlainMap, remove: string[][] = []): Layer => ({
  name,
  file: `${name}.yaml`,
  values,
  remove,
});
const layers = (...list: Layer[]): ReadonlyMap<string, Layer> => new Map(list.map((item) => [item.name, item]));
const place: Place = { id: "prod.us", env: "prod", region: "us", protected: true, vars: {} };

describe("layers", () => {
  it("merges maps, replaces everything else, keeps null as a value", () => {
    const merged = mergeLayers([
      layer("base", { a: { b: 1, c: [1, 2] }, d: "x", e: { f: 1 } }),
      layer("prod", { a: { c: [3] }, d: null, e: "flat" }),
    ]);
    expect(merged).toEqual({ a: { b: 1, c: [3] }, d: null, e: "flat" });
  });

  it("does not change its input and shares what no layer touches", () => {
    const base = { a: { b: 1 }, untouched: { x: 1 } };
    const merged = mergeLayers([layer("base", base), layer("prod", { a: { b: 2 } })]);
    expect(base.a.b).toBe(1);
    expect(merged.untouched).toBe(base.untouched);
  });

  it("drops inherited keys with $remove before it adds its own", () => {
    const merged = mergeLayers([
      layer("base", { a: { b: 1, c: 2 }, d: 3 }),
      layer("prod", { a: { b: 9 } }, [["a"], ["nope", "x"]]),
    ]);
    expect(merged).toEqual({ a: { b: 9 }, d: 3 });
  });

  it("applies base, environment, environment.region and nothing else", () => {
    const all = layers(
      layer("base", {}),
      layer("prod", {}),
      layer("prod.us", {}),
      layer("prod.eu", {}),
      layer("dev", {}),
    );
    expect(layersFor(all, place).map((item) => item.name)).toEqual(["base", "prod", "prod.us"]);
    expect(layersFor(all, { ...place, id: "dev", env: "dev", region: undefined }).map((item) => item.name)).toEqual([
      "base",
      "dev",
    ]);
  });
});

describe("origins", () => {
  const stack = [
    layer("base", { a: { b: 1 }, l: [{ n: 1 }] }),
    layer("prod", { a: { b: 2 } }),
    layer("prod.us", { a: { c: 3 } }),
  ];

  it("names the winner first, then what it shadows", () => {
    expect(originsOf(stack, ["a", "b"]).map((item) => [item.origin.file, item.value])).toEqual([
      ["prod.yaml", 2],
      ["base.yaml", 1],
    ]);
  });

  it("falls back to the nearest ancestor, and looks into lists", () => {
    expect(originOf(stack, ["a", "nope"])).toMatchObject({ file: "prod.us.yaml", path: ["a"] });
    expect(originOf(stack, ["l", "0", "n"])).toMatchObject({ file: "base.yaml", path: ["l", "0", "n"] });
  });

  it("does not look below a layer that removed or replaced the value", () => {
    expect(
      originsOf(
        [layer("base", { a: { b: 1 } }), layer("prod", {}, [["a"]]), layer("prod.us", { a: { b: 5 } })],
        ["a", "b"],
      ),
    ).toHaveLength(1);
    expect(
      originsOf(
        [layer("base", { a: { b: 1 } }), layer("prod", { a: "flat" }), layer("prod.us", { a: { b: 5 } })],
        ["a", "b"],
      ),
    ).toHaveLength(1);
  });
});

describe("overrides", () => {
  const codes = (list: ReadonlyMap<string, Layer>, judged: "fine" | "error" = "error"): string[] =>
    checkOverrides(list, () => judged).map((problem) => `${problem.code} ${JSON.stringify(problem.at)}`);

  it("finds overrides that change nothing, at the key", () => {
    const list = layers(
      layer("base", { a: { b: 1, c: [1] } }),
      layer("prod", { a: { b: 1, c: [1] } }),
      layer("prod.us", { a: { b: 2 } }),
    );
    expect(codes(list)).toEqual([
      'TU1101 {"file":"prod.yaml","path":["a","b"],"part":"key"}',
      'TU1101 {"file":"prod.yaml","path":["a","c"],"part":"key"}',
    ]);
  });

  it("compares a region with its environment, not with the base", () => {
    const list = layers(layer("base", { a: 1 }), layer("prod", { a: 2 }), layer("prod.us", { a: 1 }));
    expect(codes(list)).toEqual([]);
  });

  it("finds changes of type unless they are allowed, a template or null", () => {
    const list = layers(
      layer("base", { a: 1, b: 1, c: "{{vars.x}}", d: { e: 1 } }),
      layer("prod", { a: "1", b: null, c: 5, d: "x" }),
    );
    expect(codes(list).map((text) => text.slice(0, 6))).toEqual(["TU1102", "TU1102"]);
    expect(codes(list, "fine")).toEqual([]);
  });

  it("warns about $remove of nothing", () => {
    expect(codes(layers(layer("base", { a: 1 }), layer("prod", {}, [["a"], ["b"]])))).toEqual([
      'TU1018 {"file":"prod.yaml","path":["$remove","1"]}',
    ]);
  });
});
