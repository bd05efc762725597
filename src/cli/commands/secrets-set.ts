/** `trueup secrets set`: a value comes in through a prompt or a pipe, and is checked before anything is written. */
import { formatAddress } from "../../address.ts";
import { EXIT, type ExitCode, Failure } from "../../failure.ts";
import { groupBy } from "../../group.ts";
import { readLive } from "../../live.ts";
import { safeText } from "../../report/redact.ts";
import {
  type FillFacts,
  type FillPlace,
  type Filling,
  checkFillings,
  fillSecrets,
  readTexts,
} from "../../secrets/fill.ts";
import type { SecretUseSite } from "../../secrets/uses.ts";
import { valueProblems } from "../../secrets/value-problems.ts";
import { VERSION } from "../../version.ts";
import { askValue } from "../ask-value.ts";
import { printInvalid } from "../invalid.ts";
import type { Io } from "../io.ts";
import type { CommonOptions } from "../options.ts";
import { open } from "../project.ts";
import { requireEnv, secretSubject } from "../secret-subject.ts";
import { type Opened, usesOf, withSecrets } from "./secrets.ts";
import { setEncrypted } from "./set-encrypted.ts";

export async function secretsSetCommand(app: string, name: string, options: CommonOptions, io: Io): Promise<ExitCode> {
  requireEnv(options);
  const project = await open(options, io, false);
  const { bench } = project;
  if (bench === undefined) return printInvalid(project.problems, project, options, io);
  const subject = secretSubject(bench.repo, app, name);
  // Before anything is rendered: without its value the configuration is not valid.
  if (subject.secret.holder === "sops") return await setEncrypted(project, bench, subject, options, io);
  const fill = async (opened: Opened): Promise<ExitCode> => {
    const uses = fillableUses(opened, subject.name);
    const places = await fillPlaces(opened, uses, false, io);
    const value = await askValue(subject.name, io);
    const units = new Set(uses.map((use) => use.unit));
    const problems = valueProblems(
      bench,
      [...opened.wanted.units.values()].filter((unit) => units.has(unit.resolved.id)),
      (_, id) => (id === subject.id ? value : undefined),
    );
    if (problems.length > 0) return printInvalid(problems, project, options, io);
    const work = [...groupBy(uses, (use) => use.destination)].flatMap(([id, own]) => {
      const place = places.get(id);
      return place === undefined ? [] : [{ place, fillings: own.map((use): Filling => ({ use, value })) }];
    });
    for (const { place, fillings } of work) checkFillings(place, fillings);
    for (const { place, fillings } of work) {
      const { written, failure } = await fillSecrets(place, fillings, fillFacts(io));
      for (const { key } of written) io.out(safeText(`  ${place.destination.id}  wrote ${key}\n`));
      if (failure !== undefined) throw failure;
    }
    return EXIT.ok;
  };
  return await withSecrets(options, io, fill, project);
}

/** All uses in scope. Throws `USAGE` if one is part of a longer text, which nobody can fill in by itself. */
export function fillableUses(opened: Opened, name: string): readonly SecretUseSite[] {
  const uses = usesOf(opened, name);
  const mixed = uses.find((use) => !use.whole);
  if (mixed === undefined) return uses;
  throw new Failure(
    "USAGE",
    `${formatAddress(mixed.unit, mixed.path)} is more than the secret alone, so it cannot be filled in by itself`,
  );
}

/** The destinations of the uses as they are now, by id; with the secrets' values if `values`. */
export async function fillPlaces(
  { wanted, stores, bench }: Opened,
  uses: readonly SecretUseSite[],
  values: boolean,
  io: Io,
): Promise<ReadonlyMap<string, FillPlace>> {
  const places = new Map<string, FillPlace>();
  for (const [id, own] of groupBy(uses, (use) => use.destination)) {
    const destination = wanted.destinations.find((candidate) => candidate.id === id);
    if (destination === undefined) continue;
    const store = await stores.open(destination);
    const live = await readLive(store, destination, io.signal);
    const entries = await readTexts(store, own, values);
    places.set(id, { destination, store, live, entries, limits: bench.limits(destination.target.type) });
  }
  return places;
}

export function fillFacts(io: Io): FillFacts {
  return { applyId: io.randomId(), at: io.now(), by: io.env.USER ?? "", tool: VERSION };
}
