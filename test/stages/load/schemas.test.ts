import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import appSchema from "../../../schemas/app.schema.json" with { type: "json" };
import secretsSchema from "../../../schemas/secrets.schema.json" with { type: "json" };
import trueupSchema from "../../../schemas/trueup.schema.json" with { type: "json" };

type Schema = { readonly [keyword: string]: unknown };

const SCHEMAS = [
  ["trueup", trueupSchema],
  ["app", appSchema],
  ["secrets", secretsSchema],
] as const;

/** Every schema inside a schema that describes something people write, with its path. Conditions are left out. */
function parts(schema: Schema, path: string): (readonly [string, Schema])[] {
  const maps = ["properties", "definitions"] as const;
  const nested = maps.flatMap((keyword) =>
    Object.entries((schema[keyword] ?? {}) as Readonly<Record<string, Schema>>).flatMap(([name, part]) =>
      parts(part, `${path}/${name}`),
    ),
  );
  const single = ["items", "additionalProperties"].flatMap((keyword) => {
    const part = schema[keyword];
    return typeof part === "object" && part !== null ? parts(part as Schema, `${path}/${keyword}`) : [];
  });
  const choices = ((schema.anyOf ?? []) as readonly Schema[]).flatMap((part, i) => parts(part, `${path}/${i}`));
  return [[path, schema], ...nested, ...single, ...choices];
}

describe.each(SCHEMAS)("%s.schema.json", (_, schema) => {
  test("is valid draft-07, with no keyword that editors do not know", () => {
    const ajv = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false, strictTypes: false });
    // Known to the language servers of VS Code: the text shown where a pattern does not match.
    ajv.addVocabulary(["patternErrorMessage"]);
    expect(() => ajv.compile(schema)).not.toThrow();
  });

  test("explains every setting", () => {
    const silent = parts(schema, "")
      .filter(
        ([, part]) =>
          part.$ref === undefined && (typeof part.title !== "string" || typeof part.description !== "string"),
      )
      .map(([path]) => path);
    expect(silent).toEqual([]);
  });

  test("says in words what every pattern means", () => {
    const text = JSON.stringify(schema);
    expect((text.match(/"pattern":/gu) ?? []).length).toBe((text.match(/"patternErrorMessage":/gu) ?? []).length);
  });

  test("knows no settings by accident: every map of settings is closed", () => {
    const open = parts(schema, "").filter(
      ([, part]) => part.properties !== undefined && part.additionalProperties !== false,
    );
    expect(open.map(([path]) => path)).toEqual([]);
  });
});
