/** `connection` of an SSM target: its schema, and what becomes of it. */
import type { PlainMap } from "../../model.ts";

/** Calls per second. */
export interface Rates {
  readonly read: number;
  readonly write: number;
  readonly describe: number;
  readonly delete: number;
}

/**
 * Below the quotas of an account without the "higher throughput" setting (40 reads, 3 puts, 5 deletes a second, shared
 * with everything else in the account and region; facts.md 1.5 has the reports, AWS publishes no list).
 */
export const DEFAULT_RATES: Rates = { read: 30, write: 2.9, describe: 2, delete: 4 };

export interface Options {
  readonly region: string | undefined;
  readonly profile: string | undefined;
  readonly role: { readonly plan: string | undefined; readonly apply: string | undefined };
  readonly endpoint: string | undefined;
  readonly kmsKey: string | undefined;
  readonly rates: Rates;
  readonly tier: "auto" | "advanced";
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Milliseconds that one request may take. */
  readonly timeout: number;
  /** Milliseconds that one call is sent again while SSM throttles it. */
  readonly patience: number;
  /** Milliseconds without a sign of life after which an unfinished apply of somebody else counts as dead. */
  readonly takeover: number;
  /**
   * Milliseconds that a read may be behind a write that was done. Not a setting. AWS promises nothing; reports speak of
   * seconds (aws/aws-cdk-cli#830, seen 2026-08).
   */
  readonly settle: number;
}

const text = (description: string): PlainMap => ({ type: "string", minLength: 1, description });
const rate = (description: string, standard: number): PlainMap => ({
  type: "number",
  exclusiveMinimum: 0,
  default: standard,
  description,
});

/** JSON Schema (draft-07) of `connection`. Texts may still hold templates, so their patterns are loose on purpose. */
export const connectionSchema: PlainMap = {
  type: "object",
  description: "How to reach AWS SSM Parameter Store.",
  additionalProperties: false,
  properties: {
    region: text("Region, such as `us-east-2`. Without it: AWS_REGION, or the region of the profile."),
    profile: text("Profile of the AWS configuration files. Without it: AWS_PROFILE, or whatever the SDK finds."),
    role: {
      description: "ARN of the role to take on. Two of them: one that may only read, for plans, and one for applies.",
      anyOf: [
        text("For everything."),
        {
          type: "object",
          additionalProperties: false,
          properties: {
            plan: text("For commands that read. Needs no right to decrypt."),
            apply: text("For applies, and for reading values of secrets."),
          },
        },
      ],
    },
    endpoint: {
      type: "string",
      pattern: "^(?:https?://|\\{\\{)",
      description:
        "Address of SSM, for emulators and VPC endpoints. Without it: AWS_ENDPOINT_URL_SSM, AWS_ENDPOINT_URL.",
    },
    kmsKey: text(
      "KMS key for secrets: id, ARN or alias. Without it: `alias/aws/ssm`, which the whole account can use.",
    ),
    rates: {
      type: "object",
      additionalProperties: false,
      description:
        "Calls per second that trueup stays below. The quotas are per account and region: leave room for others.",
      properties: {
        read: rate("GetParameters and GetParametersByPath.", DEFAULT_RATES.read),
        write: rate("PutParameter.", DEFAULT_RATES.write),
        describe: rate("GetParameterHistory.", DEFAULT_RATES.describe),
        delete: rate("DeleteParameters.", DEFAULT_RATES.delete),
      },
    },
    tier: {
      enum: ["auto", "advanced"],
      default: "auto",
      description: "`auto`: Standard, and Advanced (which costs) only for values over 4,096 bytes.",
    },
    description: {
      type: "string",
      maxLength: 800,
      default: "Managed by trueup.",
      description: "Begins the description of every parameter written; unit, commit and apply follow.",
    },
    tags: {
      type: "object",
      maxProperties: 50,
      additionalProperties: { type: "string", minLength: 1, maxLength: 256 },
      description: "Tags of parameters that trueup creates. Needs ssm:AddTagsToResource.",
    },
    timeout: { type: "number", exclusiveMinimum: 0, default: 10, description: "Seconds one request may take." },
    patience: {
      type: "number",
      exclusiveMinimum: 0,
      default: 300,
      description: "Seconds that one call is tried while SSM throttles it.",
    },
    takeover: {
      type: "number",
      minimum: 1,
      default: 60,
      description: "Seconds without a sign of life after which an unfinished apply counts as dead and is taken over.",
    },
  },
};

/** Fills in defaults. `connection` has passed {@link connectionSchema}. */
export function optionsOf(connection: PlainMap): Options {
  const given = connection as {
    region?: string;
    profile?: string;
    role?: string | { plan?: string; apply?: string };
    endpoint?: string;
    kmsKey?: string;
    rates?: Partial<Rates>;
    tier?: "auto" | "advanced";
    description?: string;
    tags?: Record<string, string>;
    timeout?: number;
    patience?: number;
    takeover?: number;
  };
  const { role } = given;
  return {
    region: given.region,
    profile: given.profile,
    role: typeof role === "string" ? { plan: role, apply: role } : { plan: role?.plan, apply: role?.apply },
    endpoint: given.endpoint,
    kmsKey: given.kmsKey,
    rates: { ...DEFAULT_RATES, ...given.rates },
    tier: given.tier ?? "auto",
    description: given.description ?? "Managed by trueup.",
    tags: given.tags ?? {},
    timeout: (given.timeout ?? 10) * 1000,
    patience: (given.patience ?? 300) * 1000,
    takeover: (given.takeover ?? 60) * 1000,
    settle: 5000,
  };
}
