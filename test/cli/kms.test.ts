/** The built command with KMS: its SDK is a file of its own, which only these commands load. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWithMoto, startMoto } from "../stores/moto-server.ts";
import type { MotoServer } from "../stores/moto-server.ts";
import { commit, done, gitRepo, stored, trueup } from "./run.ts";

const CANARY = "canary-kms-4Tq!";

describeWithMoto("a secret for a KMS key alone", () => {
  let moto: MotoServer;
  beforeAll(async () => {
    moto = await startMoto();
  }, 30_000);
  afterAll(() => moto?.stop());

  it("is set, applied and set again with AWS credentials, and refused without", async () => {
    const made = JSON.parse(await moto.aws("kms", "create-key")) as { KeyMetadata: { Arn: string } };
    const repo = gitRepo({
      "trueup.yaml":
        'version: 1\nsystem: shop\nenvironments: { dev: {} }\ntargets:\n  local: { type: directory, path: "/cfg/{{env}}/{{app}}/{{key}}" }\n',
      ".sops.yaml": `creation_rules: [{ kms: "${made.KeyMetadata.Arn}" }]\n`,
      "apps/orders/base.yaml": 'db: "{{secret.db}}"\n',
      "apps/orders/secrets.yaml": "db: { from: sops }\n",
    });
    const none = { AWS_EC2_METADATA_DISABLED: "true", AWS_CONFIG_FILE: "/none", AWS_SHARED_CREDENTIALS_FILE: "/none" };
    const aws = { ...none, AWS_ENDPOINT_URL: moto.endpoint, AWS_ACCESS_KEY_ID: "A", AWS_SECRET_ACCESS_KEY: "B" };
    try {
      const set = (value: string) =>
        trueup(repo.folder, ["secrets", "set", "orders", "db", "--env", "dev"], aws, value);
      expect(set(CANARY)).toMatchObject({ code: 0, err: "" });
      expect(readFileSync(join(repo.folder, "apps/orders/dev.sops.yaml"), "utf8")).not.toContain("age:");
      commit(repo.folder);
      const { code, out, err } = trueup(repo.folder, ["apply", "--yes"], none);
      expect([code, err]).toEqual([1, expect.stringContaining("no AWS credentials were found")]);
      expect(out + err).not.toContain(CANARY);
      expect(stored(repo.folder)).toEqual({});
      done(repo.folder, ["apply", "--yes"], aws);
      expect(stored(repo.folder)).toEqual({ "cfg/dev/orders/db": CANARY });
      expect(set("another-one")).toMatchObject({ code: 0, err: "" });
    } finally {
      repo.dispose();
    }
  }, 30_000);
});
