/** Secrets held by `ref` whose source does not exist: told in every plan, and no reason to write half of it. */
import { Failure } from "../failure.ts";
import type { Change, Key, Live, Plan, SecretId, Setting, UnitId, Unsourced } from "../model.ts";
import { secretsIn } from "../secret.ts";

/** Secrets of a key whose source is not there. */
export function unsourcedIn(
  unit: UnitId,
  setting: Setting,
  change: Change | undefined,
  sources: ReadonlyMap<SecretId, Key>,
  { live, near }: { readonly live: Live; readonly near: (source: Key) => readonly Key[] },
): Unsourced[] {
  const there = live.sources;
  if (there === undefined) return [];
  return setting.members.flatMap(({ name, path, value }) =>
    [...new Set(secretsIn(value))].flatMap((secret): Unsourced[] => {
      const source = sources.get(secret);
      if (source === undefined || there.has(source)) return [];
      const needed = change?.members.some((member) => member.name === name && member.recipe !== undefined) ?? false;
      return [{ unit, path, secret, source, near: near(source), needed }];
    }),
  );
}

/** True if the plan would write a secret whose source does not exist. */
export function lacksSources(plan: Plan): boolean {
  return plan.destinations.some(({ unsourced }) => unsourced.some(({ needed }) => needed));
}

/** Throws `REFUSED` with every source that is missing and needed. */
export function refuseUnsourced(plan: Plan): void {
  if (!lacksSources(plan)) return;
  const missing = plan.destinations.flatMap(({ unsourced }) => unsourced.filter(({ needed }) => needed));
  throw new Failure("REFUSED", "secrets are to be read from keys that do not exist; nothing was written", {
    details: [...new Set(missing.map(({ unit, secret, source }) => `${secret} of ${unit}: ${source}`))],
    fix: "make the source, or mend the path of the secret in secrets.yaml",
  });
}
