import { afterAll, describe, expect, it } from "vitest";
import { trueup } from "../cli/run.ts";
import { tempFolder } from "../project.ts";

const { folder, dispose } = tempFolder({
  "trueup.yaml": "version: 1\nsystem: shop\nenvironments: [dev]\ntargets: { local: { type: directory } }\n",
  "apps/orders/base.yaml": "a: 1\n",
});
afterAll(() => dispose());

describe("trueup permissions", () => {
  it("says so where no role is needed", () => {
    const ran = trueup(folder, ["permissions", "--repository", "acme/shop"]);
    expect(ran).toMatchObject({ code: 1, out: "" });
    expect(ran.err).toContain("no target of type aws-ssm");
  });

  it("names the formats and kinds of role that there are", () => {
    expect(trueup(folder, ["permissions", "--format", "xml"]).err).toContain("json, terraform, aws");
    expect(trueup(folder, ["permissions", "--role", "admin"]).err).toContain("plan, apply, reader");
  });
});
