/** Who may not decrypt, as IAM has it: plans work in every layout, and so do applies but for one case. */
import { afterEach, describe, expect, it } from "vitest";
import type { Plan } from "../../src/index.ts";
import { run, tempFolder, writeFiles } from "../project.ts";
import { type SsmDouble, startDouble } from "./ssm-double/double.ts";
import { driversTo } from "./ssm-double/repo.ts";

const LAYOUTS = [
  'layout: keys, path: "/shop/{{env}}/{{app}}/{{key}}"',
  'layout: groups, path: "/shop/{{env}}/{{app}}/{{group}}"',
  ...["nested", "dotted", "env"].map((shape) => `layout: blob, shape: ${shape}, path: "/shop/{{env}}/{{app}}"`),
];
const BASE = 'http: { port: 1 }\ndb: { host: h, password: "{{secret.pw}}" }\n';

const disposals: (() => unknown)[] = [];
afterEach(async () => {
  for (const dispose of disposals.splice(0)) await dispose();
});

interface Shop {
  readonly double: SsmDouble;
  plan(): Promise<Plan>;
  apply(): ReturnType<typeof run>;
  edit(base: string): void;
}

/** An app with a secret, applied; after that nobody may decrypt. */
async function applied(target: string): Promise<Shop> {
  const double = await startDouble();
  const { folder, dispose } = tempFolder({
    "trueup.yaml": `version: 1\nsystem: shop\nenvironments: { prod: {} }\ntargets:\n  config: { type: aws-ssm, ${target} }\n`,
    "apps/orders/base.yaml": BASE,
    "apps/orders/secrets.yaml": "pw: {}\nmore: {}\n",
  });
  disposals.push(dispose, () => double.stop());
  const drivers = driversTo(double.endpoint);
  await run(folder, "apply", { drivers });
  double.allow = ({ action }) => action !== "kms:Decrypt";
  return {
    double,
    plan: async () => (await run(folder, "plan", { drivers })).plan,
    apply: () => run(folder, "apply", { drivers }),
    edit: (base) => writeFiles(folder, { "apps/orders/base.yaml": base }),
  };
}

const secretKey = ({ double }: Shop): string => {
  const isSecret = (key: string): boolean => double.parameter(key)?.versions.at(-1)?.type === "SecureString";
  return [...double.everything("/shop/prod/orders").keys()].find(isSecret) ?? "";
};
const denied = ({ double }: Shop): number => double.calls.filter(({ answer }) => answer.includes("Denied")).length;

describe.each(LAYOUTS)("%s, without the right to decrypt", (target) => {
  it("plans: nothing to do, a value of people, a change", async () => {
    const shop = await applied(target);
    expect((await shop.plan()).destinations.flatMap(({ units }) => units)).toEqual([]);
    const key = secretKey(shop);
    const text = shop.double.everything(key).get(key) ?? "";
    shop.double.handPut(key, text.replace(/TRUEUP_PLACEHOLDER[^"]*/u, "filled in"));
    expect((await shop.plan()).destinations.flatMap(({ units }) => units)).toEqual([]);
    shop.edit(`${BASE.replace("port: 1", "port: 2")}more: { of: "{{secret.more}}" }\n`);
    const { summary } = await shop.plan();
    expect([summary.add, summary.change, summary.conflict]).toEqual([1, 1, 0]);
    expect(denied(shop)).toBe(0);
    expect(JSON.stringify((await shop.plan()).edits)).not.toContain("filled in");
  });

  it("applies what needs no look at a secret, and else refuses with nothing written", async () => {
    const shop = await applied(target);
    const isBlob = target.includes("blob");
    const before = shop.double.everything("/shop/prod/orders");
    shop.edit(BASE.replace("port: 1", "port: 2"));
    const { receipts } = await shop.apply();
    // A blob with secrets is one parameter: the port can only be changed by somebody who can read the rest of it.
    expect(receipts[0]).toMatchObject(
      isBlob ? { result: "failed", failure: { code: "DENIED" } } : { result: "applied" },
    );
    if (isBlob) expect(shop.double.everything("/shop/prod/orders")).toEqual(before);
    else expect(denied(shop)).toBe(0);
  });
});
