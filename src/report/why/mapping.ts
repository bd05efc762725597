/** TU5xxx: from keys to the store. */
import type { Code } from "../../problem.ts";
import type { Why } from "./words.ts";

export const MAPPING: { readonly [code in Extract<Code, `TU5${string}`>]: Why } = {
  TU5001: {
    means: ["Two values would be written to the same physical key, and the second would overwrite the first."],
    causes: "a path without {{app}} or {{env}}; names that become equal in upper case; two targets with one path",
    proceed: "rename one of them, or add what tells them apart to the path of the target",
    before: 'path: "/config/{{env}}/{{key}}"',
    after: 'path: "/config/{{env}}/{{app}}/{{key}}"',
  },
  TU5002: {
    means: ["The store cannot hold this key or value. Finding out now is better than halfway through an apply."],
    causes: "a value over the store's size limit; a character that the store forbids in names; too many levels",
    proceed: "follow the fix in the message: shorten or move the value, or choose another layout or path",
    before: "banner: |  (5,210 bytes; a standard SSM parameter holds 4,096)",
    after: "apps/shop/files/banner.hbs in a target that can hold it",
  },
  TU5003: {
    means: ["The path of the target has no place for what its layout writes, or a place for what it does not write."],
    causes:
      "layout: keys without {{key}} in the path; layout: groups without {{group}}; a layout that was changed later",
    proceed: "add {{key}} or {{group}} to the path, or use layout: blob",
    before: 'layout: keys, path: "/config/{{env}}/{{app}}"',
    after: 'layout: keys, path: "/config/{{env}}/{{app}}/{{key}}"',
  },
  TU5004: {
    means: ["No target takes this value, so no application will ever see it."],
    causes: "targets for plain values only while the app has secrets; a target limited to other apps",
    proceed: "add a target that selects it, or remove the value",
    before: "targets: { config: { select: plain } }",
    after: "targets: { config: { select: plain }, secrets: { select: secrets } }",
  },
  TU5005: {
    means: ["The key lies where trueup keeps its own records. Writing there would break the next plan."],
    causes: "an app or key called .trueup; a meta prefix inside the path of a target",
    proceed: "rename the key, or move the records with meta: in the target",
    before: 'meta: "/config/prod/orders"',
    after: 'meta: "/config/.trueup"',
  },
  TU5006: {
    means: [
      "Two values of one app reach it under one name, from two stores. Where one is a secret and one is plain, readers let",
      "the secret win (secret in the store > plain value > default in the schema), so the plain value changes nothing.",
      "A plain value that a secret replaces in an environment's own file is something else, and fine.",
    ],
    causes: "a value that became a secret and was left behind; two paths that are one name in upper case; x-env twice",
    proceed: "keep one of the two, or name one otherwise in the schema (x-env: NAME); trueup explain shows who wins",
    before: 'database: { password: dev }   database_password: "{{secret.db_password}}"',
    after: 'database: { password: "{{secret.db_password}}" }',
  },
};
