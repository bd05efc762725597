/** The files of a new config repo: small, working without any cloud, and with an example to delete later. Pure. */
import { stringText } from "../../edit/scalar.ts";

/** `both`: plain values in etcd, secrets in SSM. */
export type InitTarget = "directory" | "etcd" | "aws-ssm" | "both";
export const INIT_TARGETS: readonly InitTarget[] = ["directory", "etcd", "aws-ssm", "both"];

export interface InitAnswers {
  /** `{{system}}` in templates: letters, digits, `.`, `_` and `-`. */
  readonly system: string;
  /** In promotion order; at least one. */
  readonly environments: readonly string[];
  readonly target: InitTarget;
}

/** Values of the example app in one place, for the words of `init`. */
export const EXAMPLE_KEYS = 4;

/**
 * Every file of the new repo by path, in the order in which they are shown. `shipped`: files of the config repo template
 * that are the same for everybody.
 */
export function initFiles(answers: InitAnswers, shipped: ReadonlyMap<string, string> = new Map()): Map<string, string> {
  const example = overrideOf(answers.environments);
  return new Map([
    ["trueup.yaml", trueupYaml(answers)],
    ["apps/hello/base.yaml", BASE],
    [`apps/hello/${example}.yaml`, override(example)],
    ["apps/hello/schema.yaml", SCHEMA],
    ...shipped,
    [".vscode/settings.json", json(SETTINGS)],
    [".github/CODEOWNERS", codeowners(answers.environments)],
    ["README.md", readme(answers.system, example, hasWorkflows(shipped))],
    [".gitignore", GITIGNORE],
  ]);
}

/** The environment that the example app overrides: production if there is one, else the last. */
export function overrideOf(environments: readonly string[]): string {
  return environments.find(isProduction) ?? environments.at(-1) ?? "prod";
}

function isProduction(environment: string): boolean {
  return /^(?:prod|production|prd|live)(?:-|$)/u.test(environment);
}

function trueupYaml({ system, environments, target }: InitAnswers): string {
  const lines = environments.map((name) => {
    const key = stringText(name, false);
    return isProduction(name)
      ? `  ${key}: { protected: true } # listed first in every report, guarded more strictly`
      : `  ${key}: {}`;
  });
  return [
    "version: 1",
    `system: ${stringText(system, false)}`,
    "",
    "environments: # in the order in which changes move on",
    ...lines,
    "",
    "targets:",
    ...TARGETS[target],
    "",
  ].join("\n");
}

const ETCD = [
  "    type: etcd",
  '    path: "/config/{{env}}/{{app}}/{{key}}"',
  "    connection:",
  '      endpoints: ["http://127.0.0.1:2379"] # one etcd for each place: "https://etcd.{{env}}.example.com:2379"',
  "      # username: { fromEnv: ETCD_USERNAME }",
  "      # password: { fromEnv: ETCD_PASSWORD }",
];
const SSM = [
  "    type: aws-ssm",
  '    path: "/{{system}}/{{env}}/{{app}}/{{key}}"',
  "    connection:",
  "      region: us-east-1",
  "      # one role to plan, one to apply: trueup permissions prints their policies",
  '      # role: { plan: "arn:aws:iam::{{vars.account}}:role/trueup-plan", apply: "arn:aws:iam::{{vars.account}}:role/trueup-apply" }',
];
const TARGETS: Readonly<Record<InitTarget, readonly string[]>> = {
  directory: ["  local: { type: directory } # .trueup/live: a folder that behaves like a store"],
  etcd: ["  config:", ...ETCD],
  "aws-ssm": ["  parameters:", ...SSM],
  both: ["  config:", "    select: plain", ...ETCD, "  secrets:", "    select: secrets", ...SSM],
};

const BASE = `# yaml-language-server: $schema=./schema.yaml
# Every value of the app, with the value that most places use.

greeting: Hi
audience: "everyone in {{env}}" # a template: always in quotes
http:
  port: 8080
  timeout_ms: 3000
`;

function override(environment: string): string {
  return `# Only what is different in ${environment}. The file's name says where it counts, and it wins over base.yaml.

greeting: Hello
`;
}

const SCHEMA = `# JSON Schema of the rendered configuration: what may stand in base.yaml and in the overrides.

$schema: http://json-schema.org/draft-07/schema#
title: hello
type: object
additionalProperties: false
required: [greeting, audience, http]
properties:
  greeting: { type: string, minLength: 1, description: How people are greeted }
  audience: { type: string, description: Who is greeted }
  http:
    type: object
    additionalProperties: false
    required: [port]
    properties:
      port: { type: integer, minimum: 1, maximum: 65535 }
      timeout_ms: { type: integer, minimum: 100, maximum: 60000, description: Upstream timeout in milliseconds }
`;

const GITIGNORE = `# The local store, and schemas made for editors.
.trueup/
# Values for one machine.
.env.local
node_modules/
`;

const SETTINGS = {
  "files.eol": "\n",
  "files.insertFinalNewline": true,
  "[yaml]": { "editor.insertSpaces": true, "editor.tabSize": 2 },
  "yaml.schemas": { "http://json-schema.org/draft-07/schema#": ["apps/**/schema.yaml"] },
};

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function codeowners(environments: readonly string[]): string {
  const guarded = overrideOf(environments);
  return `# Who has to approve what. The last line that matches wins, so the stricter lines come last.
# Put in your teams and take the comment signs away; a file without an owner is not guarded.
#
# *                               @your-org/platform
# /apps/hello/                    @your-org/team-hello
# /apps/**/${`${guarded}*.yaml`.padEnd(23)}@your-org/operations
# /shared/                        @your-org/operations
# /schemas/                       @your-org/platform
# /trueup.yaml                    @your-org/platform
# /.github/                       @your-org/platform
`;
}

function hasWorkflows(shipped: ReadonlyMap<string, string>): boolean {
  return [...shipped.keys()].some((path) => path.startsWith(".github/workflows/"));
}

const PULL_REQUESTS = `
## Pull requests

The workflows in \`.github/workflows\` check a pull request, show its plan as a comment, apply it after the merge, one
environment after the other, and report drift. Before the first one: put your teams into \`.github/CODEOWNERS\`, make an
environment in the settings for each one of \`trueup.yaml\`, and set the secrets that your store needs.
`;

function readme(system: string, environment: string, workflows: boolean): string {
  return `# Configuration of ${system}

This repository says what the apps of ${system} are configured with, in every environment. trueup checks it, shows on a
pull request what would change in the stores, and writes it after the merge. To undo a change, revert it.

## Try it

\`\`\`console
npx trueup validate                         # is everything right?
npx trueup diff                             # what would be written
npx trueup apply                            # write it
npx trueup explain hello@${environment}:greeting       # why is this value what it is?
\`\`\`

## Where things are

| file | holds |
|---|---|
| \`trueup.yaml\` | environments, and the stores that values go to |
| \`apps/<app>/base.yaml\` | every value of the app |
| \`apps/<app>/<environment>.yaml\` | only what is different there; it wins over \`base.yaml\` |
| \`apps/<app>/secrets.yaml\` | names of secrets and who holds them; never a value |
| \`apps/<app>/schema.yaml\` | what values are allowed |
| \`shared/\` | values that several apps refer to: \`"{{shared.name}}"\` |

Five sentences to remember: the file name is the precedence; templates stand in quotes; secrets are names; one line of
YAML is one key in the store; undo is a revert.

\`apps/hello\` is an example. Add an app of your own with \`npx trueup new NAME\`, then delete it.
${workflows ? PULL_REQUESTS : ""}`;
}
