/** The double beside moto, request by request: where they differ, the difference stands here and in docs/stores.md. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWithMoto, startMoto } from "./moto-server.ts";
import type { MotoServer } from "./moto-server.ts";
import { startDouble } from "./ssm-double/double.ts";
import type { SsmDouble } from "./ssm-double/double.ts";

let moto: MotoServer;
let double: SsmDouble;
beforeAll(async () => {
  moto = await startMoto();
  double = await startDouble();
});
afterAll(async () => {
  await moto?.stop();
  await double?.stop();
});

type Input = Readonly<Record<string, unknown>>;

/** `done`, or the name of the error. */
async function ask(endpoint: string, operation: string, input: Input): Promise<string> {
  const response = await fetch(endpoint, {
    method: "POST",
    body: JSON.stringify(input),
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `AmazonSSM.${operation}`,
      authorization:
        "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/us-east-2/ssm/aws4_request, SignedHeaders=host, Signature=0",
    },
  });
  const body = (await response.json()) as { __type?: string; Parameters?: unknown[] };
  return response.ok ? "done" : (body.__type ?? "?").replace(/^.*#/u, "");
}

const put = (Name: string, more: Input = {}): [string, Input] => [
  "PutParameter",
  { Name, Value: "x", Type: "String", ...more },
];
const levels = (count: number): string => Array.from({ length: count }, () => "/l").join("");

/** Requests, in this order, with the answer of the double and that of moto where it is another one. */
const CASES: readonly (readonly [string, [string, Input], string, string?])[] = [
  ["a create", put("/d/a"), "done"],
  ["a second create", put("/d/a"), "ParameterAlreadyExists"],
  ["an overwrite", put("/d/a", { Overwrite: true }), "done"],
  ["an empty value", put("/d/e", { Value: "" }), "ValidationException"],
  ["tags on an overwrite", put("/d/a", { Overwrite: true, Tags: [{ Key: "k", Value: "v" }] }), "ValidationException"],
  ["a create without a type", ["PutParameter", { Name: "/d/t", Value: "x" }], "ValidationException"],
  ["a reserved path", put("/aws/a"), "AccessDeniedException"],
  ["a reserved name", put("/ssm/a"), "ValidationException"],
  [
    "eleven names",
    ["GetParameters", { Names: Array.from({ length: 11 }, (_, n) => `/d/${n}`) }],
    "ValidationException",
  ],
  ["eleven on a page", ["GetParametersByPath", { Path: "/d", MaxResults: 11 }], "ValidationException"],
  ["the history of nothing", ["GetParameterHistory", { Name: "/d/nothing" }], "ParameterNotFound"],
  ["a missing name", ["GetParameters", { Names: ["/d/nothing"] }], "done"],
  ["nested braces", put("/d/n", { Value: "{{x}}" }), "ValidationException", "done"],
  ["4,097 characters in Standard", put("/d/s", { Value: "x".repeat(4097) }), "ValidationException", "done"],
  [
    "8,193 characters in Advanced",
    put("/d/l", { Value: "x".repeat(8193), Tier: "Advanced" }),
    "ValidationException",
    "done",
  ],
  ["5,000 characters in Advanced", put("/d/v", { Value: "x".repeat(5000), Tier: "Advanced" }), "done"],
  ["from Advanced to Standard", put("/d/v", { Tier: "Standard", Overwrite: true }), "ValidationException", "done"],
  ["another type", put("/d/a", { Type: "SecureString", Overwrite: true }), "HierarchyTypeMismatchException", "done"],
  ["sixteen levels", put(levels(16)), "HierarchyLevelLimitExceededException", "done"],
  ["fifteen levels", put(levels(15)), "done"],
  ["a space in a name", put("/d/a b"), "ValidationException", "done"],
  ["a slash at the end", put("/d/a/"), "ValidationException", "done"],
  ["no slash at the start", put("d/a"), "ValidationException", "done"],
  [
    "a token nobody gave",
    ["GetParametersByPath", { Path: "/d", NextToken: "bm9uc2Vuc2U=" }],
    "InvalidNextToken",
    "500",
  ],
  [
    "a delete of eleven",
    ["DeleteParameters", { Names: Array.from({ length: 11 }, (_, n) => `/d/${n}`) }],
    "ValidationException",
    "done",
  ],
];

describeWithMoto("the double and moto", () => {
  it.each(CASES)("answer %s", async (_, request, strict, lenient) => {
    const [operation, input] = request as [string, Input];
    expect(await ask(double.endpoint, operation, input)).toBe(strict);
    const answer = await ask(moto.endpoint, operation, input).catch(() => "500");
    expect(answer).toBe(lenient ?? strict);
  });

  it("hide a secret that is not decrypted: the double wholly, moto only behind a prefix", async () => {
    const text = async (endpoint: string): Promise<string> => {
      await ask(endpoint, ...put("/d/secret", { Type: "SecureString", Value: "s3cr3t" }));
      const response = await fetch(endpoint, {
        method: "POST",
        body: JSON.stringify({ Names: ["/d/secret"] }),
        headers: {
          "x-amz-target": "AmazonSSM.GetParameters",
          "content-type": "application/x-amz-json-1.1",
          authorization: "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-2/ssm/aws4_request",
        },
      });
      return response.text();
    };
    expect(await text(double.endpoint)).not.toContain("s3cr3t");
    expect(await text(moto.endpoint)).toContain("kms:alias/aws/ssm:s3cr3t");
  });
});
