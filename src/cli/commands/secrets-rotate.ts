/** `trueup secrets rotate`: a new value everywhere, and the one of before valid for a while where the readers know both. */
import { randomBytes } from "node:crypto";
import type { Workbench } from "../../desired.ts";
import { EXIT, type ExitCode, Failure, isFailure } from "../../failure.ts";
import type { Problem } from "../../problem.ts";
import { safeText } from "../../report/redact.ts";
import type { Sealed } from "../../secret.ts";
import { type FillPlace, type Filling, checkFillings, fillSecrets, textOf } from "../../secrets/fill.ts";
import { fittingText, textMaker } from "../../secrets/random-text.ts";
import {
  type NewValue,
  type RotationInput,
  type RotationSteps,
  type UseState,
  beginRotation,
  byDestination,
  finishRotation,
  graceEnd,
} from "../../secrets/rotate.ts";
import { type SecretUseSite, nameOf, rotationOf } from "../../secrets/uses.ts";
import { valueProblems } from "../../secrets/value-problems.ts";
import { askValue } from "../ask-value.ts";
import { printInvalid } from "../invalid.ts";
import type { Io } from "../io.ts";
import type { CommonOptions } from "../options.ts";
import { type OpenedProject, open } from "../project.ts";
import { type SecretSubject, requireEnv, secretSubject } from "../secret-subject.ts";
import { brokenOff, finishCommand, finishedText, rotatedText } from "../rotation-words.ts";
import { requireGraceOver } from "../rotation-grace.ts";
import { rotateEncrypted } from "./rotate-encrypted.ts";
import { fillFacts, fillPlaces, fillableUses } from "./secrets-set.ts";
import { type Opened, withSecrets } from "./secrets.ts";

export interface RotateOptions extends CommonOptions {
  readonly finish?: boolean;
  readonly now?: boolean;
  readonly generate?: boolean;
  readonly length?: string;
  readonly alphabet?: string;
}

/** `orders db`, or in one word `orders.db`. */
export async function secretsRotateCommand(
  first: string,
  second: string | undefined,
  options: RotateOptions,
  io: Io,
): Promise<ExitCode> {
  requireEnv(options);
  checkFlags(options);
  const project = await open(options, io, false);
  const { bench } = project;
  if (bench === undefined) return printInvalid(project.problems, project, options, io);
  const at = first.indexOf(".");
  const [app, name] = second === undefined && at > 0 ? [first.slice(0, at), first.slice(at + 1)] : [first, second];
  if (name === undefined)
    throw new Failure("USAGE", `${first} names no secret`, { fix: `trueup secrets rotate ${first} NAME --env ENV` });
  const subject = secretSubject(bench.repo, app, name);
  if (subject.secret.holder === "sops") return await rotateEncrypted(project, bench, subject, options, io);
  return await withSecrets(options, io, (opened) => rotate(opened, project, bench, subject, options, io), project);
}

function checkFlags(options: RotateOptions): void {
  const { finish: isFinish = false, now = false, generate = false, length, alphabet } = options;
  if (now && !isFinish) throw new Failure("USAGE", "--now belongs to --finish: it lifts the grace time");
  if (isFinish && generate) throw new Failure("USAGE", "--finish takes no new value", { fix: "leave --generate away" });
  if (!generate && (length ?? alphabet) !== undefined)
    throw new Failure("USAGE", "--length and --alphabet belong to --generate");
}

/** What one run knows. */
interface Run {
  readonly opened: Opened;
  readonly project: OpenedProject;
  readonly bench: Workbench;
  readonly subject: SecretSubject;
  readonly places: ReadonlyMap<string, FillPlace>;
  readonly input: RotationInput;
}

async function rotate(
  opened: Opened,
  project: OpenedProject,
  bench: Workbench,
  subject: SecretSubject,
  options: RotateOptions,
  io: Io,
): Promise<ExitCode> {
  const uses = fillableUses(opened, subject.name);
  const previous = previousUses(opened, subject);
  const places = await fillPlaces(opened, [...uses, ...previous], true, io);
  const state = (use: SecretUseSite): UseState => stateOfUse(use, places.get(use.destination));
  const input = { name: subject.name, uses: uses.map(state), previous: previous.map(state), now: io.now() };
  const run: Run = { opened, project, bench, subject, places, input };
  if (options.finish ?? false) return await finish(run, options, io);
  const chosen = await newValue(run, options, io);
  if ("problems" in chosen) return printInvalid(chosen.problems, project, options, io);
  const steps = beginRotation(input, chosen.value);
  const count = await carryOut(run, steps, io);
  if (count === 0) io.out(safeText(`  every use of ${subject.name} has this value already; nothing was written\n`));
  else io.out(safeText(rotatedText(subject, steps, places, options, Date.parse(io.now()))));
  return EXIT.ok;
}

function previousUses(opened: Opened, { secret, app, name }: SecretSubject): readonly SecretUseSite[] {
  if (secret.rotate === undefined) return [];
  const { previous } = secret.rotate;
  const called = nameOf(app?.name ?? "shared", previous);
  if (!opened.uses.some((use) => use.name === called))
    throw new Failure("USAGE", `${called} is to keep the value of before of ${name}, but no value uses it here`, {
      fix: `use ${called} where readers look for the second value, and apply; or leave rotate away in ${secret.at.file}`,
    });
  return fillableUses(opened, called);
}

function stateOfUse(use: SecretUseSite, place: FillPlace | undefined): UseState {
  return {
    use,
    text: place === undefined ? undefined : textOf(use, place.entries),
    since: rotationOf(use, place?.live),
    isWhole: place?.limits?.atomic !== "key",
  };
}

async function newValue(
  run: Run,
  options: RotateOptions,
  io: Io,
): Promise<{ readonly value: NewValue } | { readonly problems: readonly Problem[] }> {
  const { input, subject } = run;
  if (!(options.generate ?? false)) {
    const value = await askValue(subject.name, io);
    const problems = problemsOf(run, value);
    return problems.length > 0 ? { problems } : { value };
  }
  const make = textMaker(options.length, options.alphabet, (count) => randomBytes(count));
  const begun = input.uses.filter(({ since }) => since !== undefined);
  const values = new Set(begun.map(({ text }) => text?.reveal()));
  if (begun.length > 0 && input.uses.every(({ text }) => values.has(text?.reveal())))
    throw new Failure("REFUSED", `a rotation of ${subject.name} is open`, {
      fix: `finish it first: ${finishCommand(subject, options)}`,
    });
  // Half done: its value goes on to the rest.
  if (begun.length > 0) return { value: undefined };
  return fittingText(make, (value) => problemsOf(run, value));
}

/** Schemas of every use: the new value where the secret is, the one of before where it is kept. */
function problemsOf({ opened, bench, subject, input }: Run, value: Sealed): readonly Problem[] {
  const { previous } = subject.secret.rotate ?? {};
  const uses = [...input.uses, ...input.previous].map(({ use }) => use.unit);
  const units = new Set(uses);
  const before = input.uses.find(({ text }) => text?.reveal() !== value.reveal())?.text;
  return valueProblems(
    bench,
    [...opened.wanted.units.values()].filter((unit) => units.has(unit.resolved.id)),
    (unit, id) => {
      const own = id.startsWith("shared.") || unit.resolved.app === subject.app;
      if (!own) return undefined;
      return id === subject.id ? value : id === previous ? before : undefined;
    },
  );
}

async function finish(run: Run, options: RotateOptions, io: Io): Promise<ExitCode> {
  const { subject, input, places } = run;
  requireGraceOver(subject, (graceMs) => graceEnd(input.uses, graceMs), options, io);
  const steps = finishRotation(input);
  await carryOut(run, steps, io);
  io.out(safeText(finishedText(subject, steps, places)));
  return EXIT.ok;
}

/** Writes the steps; gives the number of uses. Throws UNKNOWN_OUTCOME, with what is done and what is not, if one fails on the way. */
async function carryOut({ opened, places, subject }: Run, steps: RotationSteps, io: Io): Promise<number> {
  for (const step of steps)
    for (const [id, fillings] of byDestination(step)) checkFillings(placeFor(places, id), fillings);
  const all = steps.flat();
  const done = new Set<Filling>();
  for (const [index, step] of steps.entries()) {
    for (const [id, fillings] of byDestination(step)) {
      try {
        if (io.signal.aborted) throw new Failure("INTERRUPTED", "stopped");
        const place =
          index === 0
            ? placeFor(places, id)
            : placeFor(
                await fillPlaces(
                  opened,
                  fillings.map(({ use }) => use),
                  true,
                  io,
                ),
                id,
              );
        const { units, failure } = await fillSecrets(place, fillings, fillFacts(io));
        for (const filling of fillings) if (units.has(filling.use.unit)) done.add(filling);
        if (failure !== undefined) throw failure;
      } catch (error) {
        throw isFailure(error) ? brokenOff(subject, all, done, error) : error;
      }
    }
  }
  return all.length;
}

function placeFor(places: ReadonlyMap<string, FillPlace>, id: string): FillPlace {
  const place = places.get(id);
  if (place === undefined) throw new Failure("INTERNAL", `nothing is known of ${id}`);
  return place;
}
