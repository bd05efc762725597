/** What a rotation did, in words: counts and names, never a value. */
import { Failure } from "../failure.ts";
import { plural } from "../report/words.ts";
import type { FillPlace, Filling } from "../secrets/fill.ts";
import type { RotationSteps } from "../secrets/rotate.ts";
import { nameOf } from "../secrets/uses.ts";
import { drivers } from "../stores/registry.ts";
import type { CommonOptions } from "./options.ts";
import type { SecretSubject } from "./secret-subject.ts";

const SHOWN = 20;

/** `orders db`, as the command line takes it. */
function argsOf({ name }: SecretSubject): string {
  return name.replace(".", " ");
}

export function finishCommand(subject: SecretSubject, { env = [], region = [] }: CommonOptions): string {
  const where = `--env ${env.join(",")}${region.length === 0 ? "" : ` --region ${region.join(",")}`}`;
  return `trueup secrets rotate ${argsOf(subject)} ${where} --finish`;
}

/** `2026-11-22 12:00 UTC` */
export function momentText(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, "2026-11-22T12:00".length).replace("T", " ")} UTC`;
}

export function previousName({ app, secret }: SecretSubject): string {
  return nameOf(app?.name ?? "shared", secret.rotate?.previous ?? "");
}

/** Numbered, in the order in which it was done. */
export function rotatedText(
  subject: SecretSubject,
  steps: RotationSteps,
  places: ReadonlyMap<string, FillPlace>,
  options: CommonOptions & { readonly generate?: boolean },
  now: number,
): string {
  const all = steps.flat();
  const own = all.filter(({ use }) => use.name === subject.name);
  const kept = all.filter(({ use }) => use.name !== subject.name);
  const { rotate } = subject.secret;
  const lines: (readonly [string, string])[] = [["new value", options.generate === true ? "generated" : "given"]];
  if (kept.length > 0) lines.push(["before", `${previousName(subject)} keeps the value of before: ${reach(kept)}`]);
  lines.push(["written", `${subject.name}: ${reach(own)}`]);
  if (rotate !== undefined)
    lines.push(["finish", `from ${momentText(now + rotate.graceMs)} on: ${finishCommand(subject, options)}`]);
  else {
    lines.push([
      "no grace",
      `readers of the value of before fail until they have the new one; rotate: { previous: NAME } in ${subject.secret.at.file} keeps both valid for a while`,
    ]);
    lines.push(...olderKeys(own, places).map((key) => ["", `${key} still has the value of before`] as const));
  }
  let number = 0;
  return lines.map(([title, text]) => `  ${title === "" ? " " : ++number}  ${title.padEnd(9)}  ${text}\n`).join("");
}

/** Versions of before that people can still read, where the store has them. */
function olderKeys(fillings: readonly Filling[], places: ReadonlyMap<string, FillPlace>): string[] {
  const keys = fillings.flatMap(({ use }) => {
    const place = places.get(use.destination);
    const version = place?.entries.get(use.key)?.version;
    const older = place === undefined ? undefined : drivers[place.destination.target.type]?.older;
    return older === undefined || version === undefined ? [] : [older(use.key, version)];
  });
  const each = [...new Set(keys)];
  return each.length > SHOWN ? [...each.slice(0, SHOWN), `(and ${each.length - SHOWN} more keys)`] : each;
}

export function finishedText(
  subject: SecretSubject,
  steps: RotationSteps,
  places: ReadonlyMap<string, FillPlace>,
): string {
  const kept = steps.flat().filter(({ use }) => use.name !== subject.name);
  const where = plural(new Set([...places.values()].map(({ destination }) => destination.place.id)).size, "place");
  const gone = kept.length === 0 ? "was gone already" : `is gone from ${previousName(subject)}: ${reach(kept)}`;
  return `  the value of before ${gone}\n  ${subject.name} has one valid value in ${where}\n`;
}

/** `4 values of 2 apps in 2 places, 3 physical keys` */
function reach(fillings: readonly Filling[]): string {
  const count = (key: (filling: Filling) => string): number => new Set(fillings.map(key)).size;
  const apps = count(({ use }) => use.app);
  const keys = count(({ use }) => `${use.destination} ${use.key}`);
  const where = plural(
    count(({ use }) => use.place),
    "place",
  );
  return `${plural(fillings.length, "value")} of ${plural(apps, "app")} in ${where}, ${plural(keys, "physical key")}`;
}

/** What is done and what is not, when something went wrong on the way. */
export function brokenOff(
  subject: SecretSubject,
  all: readonly Filling[],
  done: ReadonlySet<Filling>,
  failure: Failure,
): Failure {
  const open = all.filter((filling) => !done.has(filling));
  const part = done.size === 0 ? "nothing of it is known to be done" : `${done.size} of ${all.length} values are done`;
  const again = `then run the same command again, with the same value: it goes on where it stopped`;
  const code = done.size === 0 || failure.code === "INTERRUPTED" ? failure.code : "UNKNOWN_OUTCOME";
  return new Failure(code, `the rotation of ${subject.name} stopped, ${part}: ${failure.message}`, {
    fix: failure.fix === undefined ? again : `${failure.fix.replace(/[.;]$/u, "")}; ${again}`,
    details: [...keyLines("done    ", [...done]), ...keyLines("not done", open), ...failure.details],
  });
}

function keyLines(title: string, fillings: readonly Filling[]): string[] {
  const keys = [...new Set(fillings.map(({ use }) => `${title}  ${use.destination}  ${use.key}`))];
  return keys.length > SHOWN ? [...keys.slice(0, SHOWN), `${title}  and ${keys.length - SHOWN} more keys`] : keys;
}
