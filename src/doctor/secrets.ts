/** Secrets that wait for a value, and those that have had theirs for long. */
import { formatAddress } from "../address.ts";
import { groupBy } from "../group.ts";
import type { Live } from "../model.ts";
import type { Check } from "../report/look/doctor.ts";
import { ageText } from "../report/look/secrets.ts";
import { plural, some } from "../report/words.ts";
import { type SecretUseSite, rotationOf, stateOf } from "../secrets/uses.ts";

export interface SecretFacts {
  readonly uses: readonly SecretUseSite[];
  /** By destination; those that could not be read are not here, and nothing is said about them. */
  readonly live: ReadonlyMap<string, Live>;
  /** `secrets.warn_after`, in days. */
  readonly warnAfterDays: number | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const SHOWN = 5;
const DAY = 86_400_000;

export function checkSecrets(facts: SecretFacts): Check[] {
  const seen = facts.uses.filter((use) => facts.live.has(use.destination));
  const kindOf = (use: SecretUseSite): string => stateOf(use, facts.live.get(use.destination)).kind;
  const open = seen.filter((use) => kindOf(use) === "placeholder");
  const filled = seen.length > 0 && seen.every((use) => kindOf(use) === "filled");
  const waiting = [...groupBy(open, (use) => use.env)].map(([env, uses]) => placeholders(env, uses));
  const fine: Check = { group: "secrets", name: "values", status: "ok", message: "every secret has a value" };
  return [...(filled ? [fine] : []), ...waiting, ...rotations(seen, facts), ...ages(seen, facts)];
}

function placeholders(env: string, uses: readonly SecretUseSite[]): Check {
  const names = [...new Set(uses.map((use) => use.name))];
  const [first = ""] = names;
  const at = first.indexOf(".");
  return {
    group: "secrets",
    name: env,
    status: "warning",
    message: `${plural(names.length, "secret needs", "secrets need")} a value: ${some(names, SHOWN)}`,
    fix: `trueup secrets set ${first.slice(0, at)} ${first.slice(at + 1)} --env ${env}`,
  };
}

/** Two values are valid until somebody finishes it. */
function rotations(uses: readonly SecretUseSite[], { live, now }: SecretFacts): Check[] {
  const open = uses.flatMap((use) => {
    const since = rotationOf(use, live.get(use.destination));
    return since === undefined ? [] : [{ use, since }];
  });
  return [...groupBy(open, ({ use }) => `${use.name} ${use.env}`)].flatMap(([, group]): Check[] => {
    const since = group.map((one) => one.since).toSorted()[0] ?? "";
    const name = group[0]?.use.name ?? "";
    const env = group[0]?.use.env ?? "";
    return [
      {
        group: "secrets",
        name: env,
        status: "warning",
        message: `a rotation of ${name} is open for ${ageText(now - Date.parse(since))}: two values are valid`,
        fix: `trueup secrets rotate ${name.replace(".", " ")} --env ${env} --finish`,
      },
    ];
  });
}

/** Only where versions carry a date: `7@1795273774123` (AWS SSM), `t1795273774123000` (secrets in a directory). */
function momentOf(version: string): number | undefined {
  const [, millis, micros] = /^(?:\d+@(\d{12,14})|t(\d{15,17}))$/u.exec(version) ?? [];
  return millis === undefined ? (micros === undefined ? undefined : Number(micros) / 1000) : Number(millis);
}

function ages(uses: readonly SecretUseSite[], { live, warnAfterDays, now }: SecretFacts): Check[] {
  if (warnAfterDays === undefined) return [];
  const dated = uses.flatMap((use) => {
    const state = stateOf(use, live.get(use.destination));
    return state.kind === "filled" ? [{ use, moment: momentOf(state.version) }] : [];
  });
  const old = dated.flatMap(({ use, moment }) => {
    const days = moment === undefined ? 0 : Math.floor((now - moment) / DAY);
    return days > warnAfterDays ? [{ use, days }] : [];
  });
  const undated = new Set(dated.filter(({ moment }) => moment === undefined).map(({ use }) => use.name));
  const unknown: Check = {
    group: "secrets",
    name: "age",
    status: "unchecked",
    message: `not known of ${plural(undated.size, "secret")}, whose store keeps no dates: ${some([...undated], SHOWN)}`,
    fix: "aws-ssm and directory keep dates; for other stores, warn_after in trueup.yaml can do nothing",
  };
  const warnings = [...groupBy(old, ({ use }) => use.env)].map(([env, group]): Check => {
    const oldest = group.toSorted((a, b) => b.days - a.days);
    const names = [...new Set(oldest.map(({ use, days }) => `${formatAddress(use.unit, use.path)} (${days} d)`))];
    return {
      group: "secrets",
      name: env,
      status: "warning",
      message: `${plural(names.length, "value is", "values are")} older than ${plural(warnAfterDays, "day")}: ${some(names, SHOWN)}`,
      fix: "change it where it comes from, then trueup secrets set; warn_after in trueup.yaml says when it is reported",
    };
  });
  return [...(undated.size === 0 ? [] : [unknown]), ...warnings];
}
