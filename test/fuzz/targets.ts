/** Everything that can be fuzzed, in the order of the work: files in, plans and text out, stores, secrets. */
import type { FuzzTarget } from "./target.ts";

/** Each loads only what it needs: what is loaded is watched, and watching takes time. */
export const TARGETS: { readonly [name: string]: () => Promise<FuzzTarget> } = {
  yaml: async () => (await import("./targets/yaml.ts")).yaml,
  merge: async () => (await import("./targets/merge.ts")).merge,
  canonical: async () => (await import("./targets/canonical.ts")).canonical,
  schema: async () => (await import("./targets/schema.ts")).schema,
  pattern: async () => (await import("./targets/pattern.ts")).pattern,
  template: async () => (await import("./targets/template.ts")).template,
  path: async () => (await import("./targets/path.ts")).path,
  redact: async () => (await import("./targets/redact.ts")).redact,
  "runner-line": async () => (await import("./targets/runner-line.ts")).runnerLine,
  markdown: async () => (await import("./targets/markdown.ts")).markdown,
  comments: async () => (await import("./targets/comments.ts")).comments,
  records: async () => (await import("./targets/records.ts")).records,
  replies: async () => (await import("./targets/replies.ts")).replies,
  sops: async () => (await import("./targets/sops.ts")).sops,
};
