/** Everything that can be fuzzed, in the order of the work: files in, plans and text out, stores, secrets. */
import type { FuzzTarget } from "./target.ts";
import { canonical } from "./targets/canonical.ts";
import { comments } from "./targets/comments.ts";
import { markdown } from "./targets/markdown.ts";
import { merge } from "./targets/merge.ts";
import { path } from "./targets/path.ts";
import { pattern } from "./targets/pattern.ts";
import { records } from "./targets/records.ts";
import { redact } from "./targets/redact.ts";
import { replies } from "./targets/replies.ts";
import { runnerLine } from "./targets/runner-line.ts";
import { schema } from "./targets/schema.ts";
import { sops } from "./targets/sops.ts";
import { template } from "./targets/template.ts";
import { yaml } from "./targets/yaml.ts";

export const TARGETS: readonly FuzzTarget[] = [
  yaml,
  merge,
  canonical,
  schema,
  pattern,
  template,
  path,
  redact,
  runnerLine,
  markdown,
  comments,
  records,
  replies,
  sops,
];
