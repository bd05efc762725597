/** When are two destinations one store? What differs only in how it is reached must not hide a key that is used twice. */
import { describe, expect, it } from "vitest";
import { drivers, memorySource, openProject, want } from "../../../src/index.ts";
import type { Destination } from "../../../src/index.ts";

/** Destinations of one app in dev and prod, or the problems. */
async function places(path: string, connection: string): Promise<readonly Destination[] | readonly string[]> {
  const project = await openProject(
    memorySource({
      "trueup.yaml": `version: 1
system: shop
environments:
  dev: { vars: { account: "111111111111" } }
  prod: { vars: { account: "222222222222" } }
targets:
  config: { type: aws-ssm, path: "${path}", connection: { region: us-east-2, ${connection} } }
`,
      "apps/orders/base.yaml": "a: 1\n",
    }),
    drivers,
  );
  const desired = want(project, {});
  return "problems" in desired ? desired.problems.map(({ code }) => code) : desired.wanted.destinations;
}

const HOW = {
  "a key of its own": 'kmsKey: "alias/{{env}}"',
  tags: "tags: { env: '{{env}}' }",
  "a description": 'description: "{{env}}"',
  "another role of one account": 'role: "arn:aws:iam::333333333333:role/{{env}}"',
};

describe("one store", () => {
  it.each(Object.entries(HOW))("with %s for each place: a name used twice is found", async (_, connection) => {
    expect(await places("/{{system}}/{{app}}/{{key}}", connection)).toEqual(["TU5001"]);
  });

  it.each(Object.entries(HOW))("with %s for each place: nobody reads the other place", async (_, connection) => {
    const found = await places("/{{system}}/{{app}}/{{env}}/{{key}}", connection);
    expect(found).toMatchObject([
      { reads: { prefixes: ["/shop/orders/dev/"] } },
      { reads: { prefixes: ["/shop/orders/prod/"] } },
    ]);
  });
});

describe("two stores", () => {
  it.each([
    ["accounts", 'role: "arn:aws:iam::{{vars.account}}:role/trueup"'],
    [
      "accounts by two roles",
      'role: { plan: "arn:aws:iam::{{vars.account}}:role/p", apply: "arn:aws:iam::{{vars.account}}:role/a" }',
    ],
    ["profiles", 'profile: "{{env}}"'],
    ["endpoints", 'endpoint: "https://{{env}}.example.com"'],
  ])("in two %s take the same names", async (_, connection) => {
    const found = await places("/{{system}}/{{app}}/{{key}}", connection);
    expect(found).toMatchObject([{ reads: { prefixes: ["/shop/"] } }, { reads: { prefixes: ["/shop/"] } }]);
  });
});
