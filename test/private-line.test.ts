/** Lines that may hold a secret, also where the file cannot be parsed. */
import { describe, expect, it } from "vitest";
import { isPrivateLine } from "../src/private-line.ts";
import { secretNames } from "../src/secret-names.ts";

const NAMES = new Set(["dsn"]);
/** Asks about the line that holds `HERE`. */
const asks = (text: string): boolean => isPrivateLine(text, text.indexOf("HERE"), NAMES);

describe("a line is private", () => {
  it.each([
    ["by its own key, which a schema calls secret", "cred:\n  dsn: HERE\n"],
    ["by its own key, which sounds so", "db_password: HERE\n"],
    ["by a key in quotes, or in a map on the line", 'a: { x: 1, "dsn": HERE }\n'],
    ["below such a key", "dsn:\n  inner:\n    - HERE\n"],
    ["in a long text, however it is indented", "cred:\n  dsn: |\n    one\n  two\nHERE\n"],
    ["in a text with lines that look like keys", "dsn: |\n    Proc-Type: 4\n    HERE\n"],
    ["with words beside a reference", 'dsn: "HERE{{secret.db}}"\n'],
    ["with a text inside a template", "dsn: \"{{upper 'HERE'}}\"\n"],
  ])("%s", (_, text) => expect(asks(text)).toBe(true));
});

describe("a line is not private", () => {
  it.each([
    ["by a key beside it", "dsn: x\nhost: HERE\n"],
    ["by a key of another map", "a:\n  dsn: x\nb:\n  host: HERE\n"],
    ["if it is a reference and nothing else", 'dsn: "{{secret.HERE}}"\n'],
    ["by a word in a value or a comment", "host: dsn.HERE\n# dsn: x\nport: 1\n"],
    ["at the top of the file", "HERE: 1\n"],
  ])("%s", (_, text) => expect(asks(text)).toBe(false));
});

it("takes no longer for a long file under one key", () => {
  const text = `a:\n${"  b: 1\n".repeat(100_000)}  c: HERE\n`;
  expect(asks(text)).toBe(false);
});

describe("names of secrets", () => {
  const names = (...schemas: object[]): string[] => [
    ...secretNames(new Map(schemas.map((schema, index) => [`schemas/${index}.yaml`, schema as never]))),
  ];

  it("are those of keys that a schema marks, at any depth", () => {
    const inner = { properties: { dsn: { type: "string", "x-secret": true }, host: {} } };
    expect(names({ properties: { cred: inner } })).toEqual(["dsn"]);
    expect(names({ allOf: [{ anyOf: [inner] }] })).toEqual(["dsn"]);
    expect(names({ properties: { dsn: { "x-secret": false } } })).toEqual([]);
  });

  it("are those of maps and lists of secrets", () => {
    const secret = { "x-secret": true };
    const maps = { a: { additionalProperties: secret }, b: { items: secret }, c: { patternProperties: { x: secret } } };
    expect(names({ properties: maps })).toEqual(["a", "b", "c"]);
  });

  it("lead through references, and references to references", () => {
    const definitions = { key: { "x-secret": true }, other: { $ref: "#/definitions/key" } };
    const uses = {
      properties: { pin: { $ref: "../schemas/0.yaml#/definitions/other" }, host: { $ref: "#/definitions/x" } },
    };
    expect(names({ definitions }, uses).toSorted()).toEqual(["key", "other", "pin"]);
    expect(names({ "x-secret": true }, { properties: { pin: { $ref: "0.yaml" } } })).toContain("pin");
  });
});
