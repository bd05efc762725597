/** TU3xxx: schemas. */
import type { Code } from "../../problem.ts";
import type { Why } from "./words.ts";

export const SCHEMA: { readonly [code in Extract<Code, `TU3${string}`>]: Why } = {
  TU3001: {
    means: ["The schema itself is wrong, so no value can be checked against it."],
    causes: "a misspelt keyword or type; a $ref that leads nowhere; a keyword without effect",
    proceed: "correct schema.yaml at the marked place",
    before: "port: { type: interger, minimum: 1 }",
    after: "port: { type: integer, minimum: 1 }",
  },
  TU3002: {
    means: ["The rendered value breaks minimum, maximum, a length or a pattern of the schema."],
    causes: "a unit mistake (ms, s); an override copied from another app; a limit that became too small",
    proceed: "change the value, or change the schema in the same pull request: reviewers see both",
    before: "pool: { max: 2000 }",
    after: "pool: { max: 60 }",
  },
  TU3003: {
    means: ["The rendered value has another type than the schema says."],
    causes: "quotes around a number; a template with text around it; one value where a list belongs",
    proceed: "write the value as the type; a template that is the whole value keeps its type",
    before: 'port: "8080"',
    after: "port: 8080",
  },
  TU3004: {
    means: ["The schema does not know this key. The application would most likely ignore it."],
    causes: "a spelling mistake; a key in the wrong section; a new key that the schema does not have yet",
    proceed: "correct the name, or add the key to schema.yaml in the same pull request",
    before: "features: { exprss_checkout: true }",
    after: "features: { express_checkout: true }",
  },
  TU3005: {
    means: ["The schema requires this key, and no layer gives it in the places under reach."],
    causes: "a value that only some environments have; a $remove too many; a new requirement in the schema",
    proceed: "add it to base.yaml, or to the file of each environment that lacks it",
    before: "database: { port: 5432 }",
    after: "database: { port: 5432, host: db.example.com }",
  },
  TU3006: {
    means: ["The schema lists the values that are allowed, and this is none of them."],
    causes: "another spelling or case; a value that the schema does not list yet",
    proceed: "use one of the values under rule, or extend the list",
    before: "level: warning",
    after: "level: warn",
  },
  TU3007: {
    means: ["The schema asks for a format (a host name, a URL, an address, a time) that this text does not have."],
    causes: "a URL where a host name belongs; a missing scheme; a space at the end",
    proceed: "write the value in the format, or change the format in the schema",
    before: "host: https://db.example.com",
    after: "host: db.example.com",
  },
  TU3008: {
    means: [
      "The schema gives alternatives (anyOf, oneOf), and the value fits none; the message names the closest one.",
    ],
    causes: "a key that belongs to another alternative; a missing key that tells the alternatives apart",
    proceed: "follow the closest alternative; --verbose shows what the others say",
    before: "store: { type: s3, path: /data }",
    after: "store: { type: s3, bucket: data }",
  },
  TU3009: {
    means: ["A regular expression in the schema could take minutes for some text, so it is not run."],
    causes: "a repetition inside a repetition; looking ahead or behind; a reference to an earlier group",
    proceed: "say it without nesting repetitions; two simple patterns under allOf often do",
    before: 'pattern: "^(a+)+$"',
    after: 'pattern: "^a+$"',
  },
  TU3010: {
    means: ["A schema may refer only to schema files of this repo: nothing is fetched, nothing outside is opened."],
    causes: "a $ref with a web address; a path that leads out of the repo, or into another app",
    proceed: "copy the schema to schemas/ and refer to that file",
    before: '$ref: "https://example.com/port.json"',
    after: '$ref: "../../schemas/port.yaml"',
  },
  TU3011: {
    means: ["The schema accepts everything, so nothing is checked although it looks as if it were."],
    causes: "an empty file; properties without types; a schema that was generated and never filled in",
    proceed: "give types to the keys; trueup schema makes a first draft from the values that are there",
    before: "{}",
    after: "properties: { port: { type: integer } }, additionalProperties: false",
  },
  TU3012: {
    means: ["trueup checks this dialect of JSON Schema, but some editors show only draft-07 while you type."],
    causes: "a schema made for another tool; a $schema line copied from the newest documentation",
    proceed: "change $schema if the schema uses nothing newer, or leave it as it is: it is only a warning",
    before: '$schema: "https://json-schema.org/draft/2020-12/schema"',
    after: '$schema: "http://json-schema.org/draft-07/schema#"',
  },
};
