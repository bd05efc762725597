import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { validateUnit } from "../../../src/validate/validate.ts";
import { describeKey, xEnvOf } from "../../../src/validate/explain.ts";
import { inferSchema } from "../../../src/validate/infer.ts";
import { openSchemas } from "../../../src/validate/open.ts";

const { cache } = createRequire(import.meta.url);

function ajvIsLoaded(): boolean {
  return Object.keys(cache).some((path) => /node_modules.ajv/u.test(path));
}

test("ajv is loaded only for a repo with schemas", async () => {
  const none = await openSchemas(new Map());
  expect(none.validatorOf("apps/orders/schema.yaml")).toBeUndefined();
  expect(none.problems()).toEqual([]);
  xEnvOf(new Map([["a", {}]]), "a")(["b"]);
  describeKey(new Map([["a", {}]]), "a", ["b"]);
  inferSchema("a", [{ b: 1 }]);
  expect(validateUnit).toBeTypeOf("function");
  expect(ajvIsLoaded()).toBe(false);
  const some = await openSchemas(new Map([["apps/orders/schema.yaml", { type: "object" }]]));
  expect(some.validatorOf("apps/orders/schema.yaml")).toBeDefined();
  expect(ajvIsLoaded()).toBe(true);
});
