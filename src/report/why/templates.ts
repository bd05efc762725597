/** TU2xxx: templates. */
import type { Code } from "../../problem.ts";
import type { Why } from "./words.ts";

export const TEMPLATES: { readonly [code in Extract<Code, `TU2${string}`>]: Why } = {
  TU2001: {
    means: ["The template uses a name that nothing has in this place. Other tools would leave a gap; trueup stops."],
    causes: "a spelling mistake; a fact that only some environments have; region in an environment without regions",
    proceed: "use one of the names under known here, or add the fact to vars in trueup.yaml for every environment",
    before: 'issuer: "https://id.{{vars.domian}}/"',
    after: 'issuer: "https://id.{{vars.domain}}/"',
  },
  TU2002: {
    means: ["What stands between {{ and }} cannot be read."],
    causes: "a brace too few or too many; a path with a dash or a space; braces that are meant as text",
    proceed: "correct the braces; for braces that are text, write a backslash before them, in single quotes",
    before: 'host: "{{env}.db.example.com"',
    after: 'host: "{{env}}.db.example.com"',
  },
  TU2003: {
    means: [
      "Values know names and a few helpers, nothing else: a difference between environments belongs into their files,",
      "where a diff, the schema and the owners of the file can see it.",
    ],
    causes: "{{#if}} or {{#each}} in a value; partials; triple braces",
    proceed:
      "put the other value into prod.yaml; blocks are allowed in files/*.hbs, or with templates: { blocks: true }",
    before: 'base.yaml: { level: "{{#if prod}}warn{{else}}info{{/if}}" }',
    after: "base.yaml: { level: info }   prod.yaml: { level: warn }",
  },
  TU2004: {
    means: ["Values refer to each other in a circle, so none of them can be worked out."],
    causes: "two keys that are each built from the other; a key that refers to the map it stands in",
    proceed: "write one of them out",
    before: 'host: "{{self.url}}"   url: "{{self.host}}"',
    after: 'host: db.example.com   url: "{{self.host}}"',
  },
  TU2005: {
    means: ["A helper got something it cannot work with."],
    causes: "too few or too many words after its name; a list where text is expected; an unknown helper",
    proceed: "use one of upper, lower, kebab, snake, camel, default, json, base64, join, replace",
    before: 'hosts: "{{upper vars.hosts}}"',
    after: "hosts: \"{{join vars.hosts ','}}\"",
  },
  TU2006: {
    means: ["A template, or what comes out of it, is larger than a configuration value can reasonably be."],
    causes: "values that refer to large values that refer to large values; a whole file written as one value",
    proceed: "write large text as files/<name>.hbs, or keep it outside the configuration",
    before: "nginx: |  (hundreds of lines)",
    after: "apps/proxy/files/nginx.conf.hbs",
  },
  TU2007: {
    means: ["A map, a list, null or a secret stands inside longer text, and there is no one way to write it there."],
    causes: "a name that leads to a whole section; a list that should be joined; a secret in the path of a target",
    proceed: "name one value, or say how to write it with json or join",
    before: 'brokers: "kafka://{{shared.kafka.brokers}}"',
    after: "brokers: \"kafka://{{join shared.kafka.brokers ','}}\"",
  },
};
