/** Values with their secrets filled in: plain text, made as late as possible and sealed by whoever asked for it. */
import { Failure } from "../failure.ts";
import type { Change, DestinationPlan, Member, Plain, SecretId, SecretUse, UnitId, Value } from "../model.ts";
import { type Sealed, isSecret, secretsIn } from "../secret.ts";
import { encodeValue } from "../setting.ts";
import { runHelper } from "../template/helpers.ts";

export interface SecretToReveal {
  /** Id of the destination that it is written to. */
  readonly destination: string;
  readonly unit: UnitId;
  readonly secret: SecretId;
}

/** Gives the value of a secret that trueup can get at. */
export type Reveal = (use: SecretToReveal) => Sealed;

/** Every secret whose plain text is needed to carry out the plan; one may be named more than once. */
export function secretsToReveal({ destination, units }: DestinationPlan): readonly SecretToReveal[] {
  return units.flatMap(({ unit, changes }) =>
    changes.flatMap(secretsOf).map((secret) => ({ destination, unit, secret })),
  );
}

/** Secrets whose values a change writes. */
export function secretsOf(change: Change): readonly SecretId[] {
  return revealedMembers(change).flatMap(({ value }) => secretsIn(value));
}

/** Members that a change writes with the values of their secrets. */
export function revealedMembers({ setting, members }: Change): readonly Member[] {
  const written = new Set(members.filter((member) => member.recipe !== undefined).map((member) => member.name));
  return (setting?.members ?? []).filter((member) => written.has(member.name));
}

/** The value as it belongs into a store. The caller must not let it go but inside a `Sealed`. */
export function plainOf(value: Value, reveal: (secret: SecretId) => Sealed): Plain {
  if (typeof value !== "object" || value === null) return value;
  if (isSecret(value))
    return value.parts.map((part) => (typeof part === "string" ? part : textOf(part, reveal))).join("");
  if (Array.isArray(value)) return (value as readonly Value[]).map((item) => plainOf(item, reveal));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainOf(item, reveal)]));
}

function textOf({ secret, through }: SecretUse, reveal: (secret: SecretId) => Sealed): string {
  let value: Plain = reveal(secret).reveal();
  for (const { helper, args } of through) {
    const result = runHelper(helper, [value, ...args]);
    // Why it cannot is left out: the words of a helper are not known to be free of the value.
    if ("why" in result)
      throw new Failure("UNFIT", `the helper ${helper} cannot work on the value of the secret ${secret}`, {
        fix: "set a value that it can work on, or use the secret without the helper",
      });
    value = result.value;
  }
  return encodeValue(value);
}
