/** `trueup secrets list | where`: names, states and uses, never a value. */
import type { UnitResult, Workbench } from "../../desired.ts";
import { EXIT, type ExitCode, Failure } from "../../failure.ts";
import { readLive } from "../../live.ts";
import type { Live, Repo, SecretDefinition } from "../../model.ts";
import { formatAddress } from "../../address.ts";
import { type StorePool, storePool, want } from "../../pipeline.ts";
import { type SecretRow, secretsText } from "../../report/look/secrets.ts";
import { safeText } from "../../report/redact.ts";
import { type SecretUseSite, nameOf, rotationOf, secretUses, stateOf } from "../../secrets/uses.ts";
import { drivers } from "../../stores/registry.ts";
import { suggest } from "../../suggest.ts";
import type { Wanted } from "../../wanted.ts";
import { reportOptions } from "../context.ts";
import { printInvalid } from "../invalid.ts";
import type { Io } from "../io.ts";
import { type CommonOptions, scopeOf } from "../options.ts";
import { type OpenedProject, open } from "../project.ts";

export interface Opened {
  readonly bench: Workbench;
  readonly repo: Repo;
  readonly wanted: Wanted;
  readonly uses: readonly SecretUseSite[];
  readonly stores: StorePool;
}

/** Opens the repo with its stores for the time of the work; an invalid configuration is printed instead. */
export async function withSecrets(
  options: CommonOptions,
  io: Io,
  work: (opened: Opened) => Promise<ExitCode>,
  already?: OpenedProject,
): Promise<ExitCode> {
  const project = already ?? (await open(options, io, false));
  const desired = want(project, scopeOf(options));
  if ("problems" in desired) return printInvalid(desired.problems, project, options, io);
  const stores = storePool(drivers, project.folder, io.env);
  try {
    return await work({
      bench: desired.bench,
      repo: desired.bench.repo,
      wanted: desired.wanted,
      uses: secretUses(desired.wanted.destinations),
      stores,
    });
  } finally {
    await stores.close();
  }
}

/** What the destinations with these ids hold, by id. */
export async function liveOf(
  opened: Opened,
  destinations: ReadonlySet<string>,
  io: Io,
): Promise<ReadonlyMap<string, Live>> {
  const live = new Map<string, Live>();
  for (const destination of opened.wanted.destinations) {
    if (destinations.has(destination.id))
      live.set(destination.id, await readLive(await opened.stores.open(destination), destination, io.signal));
  }
  return live;
}

export function secretsListCommand(app: string | undefined, options: CommonOptions, io: Io): Promise<ExitCode> {
  return withSecrets(app === undefined ? options : { ...options, app: [app] }, io, async (opened) => {
    const live = await liveOf(opened, new Set(opened.uses.map((use) => use.destination)), io);
    const envs = [...new Set(opened.wanted.destinations.map((destination) => destination.place.env))];
    const rows = definitions(opened).map(({ name, holder, description }): SecretRow => {
      const own = opened.uses.filter((use) => use.name === name);
      return {
        name,
        holder,
        description,
        states: envs.map((env) => {
          const here = own.filter((use) => use.env === env);
          return holder === "sops" ? encryptedWord(here, opened) : stateWord(here, live);
        }),
        rotations: envs.map((env) => sinceOf(own, env, live)),
        usedBy: [...new Set(own.map((use) => formatAddress(use.app, use.path)))],
      };
    });
    const json = () =>
      `${JSON.stringify(
        {
          version: 1,
          secrets: rows.map((row) => ({
            ...row,
            states: Object.fromEntries(
              envs.map((env, index) => [env, WORDS[row.states[index]?.slice(0, 1) ?? ""] ?? "unused"]),
            ),
            rotations: Object.fromEntries(
              envs.flatMap((env, index) => {
                const since = row.rotations[index];
                return since === undefined ? [] : [[env, { since }]];
              }),
            ),
          })),
        },
        null,
        2,
      )}\n`;
    io.out(
      options.format === "json"
        ? json()
        : secretsText(rows, envs, { ...reportOptions(options, io, opened.repo), now: Date.parse(io.now()) }),
    );
    return EXIT.ok;
  });
}

const WORDS: Readonly<Record<string, string>> = {
  "✖": "no source",
  "✔": "filled",
  "?": "needs a value",
  "–": "not there yet",
};

function definitions({ repo, wanted }: Opened): (SecretDefinition & { readonly name: string })[] {
  const apps = new Set([...wanted.units.values()].map((unit: UnitResult) => unit.resolved.app));
  return [
    ...[...apps].flatMap((app) =>
      [...app.secrets.values()].map((secret) => ({ ...secret, name: nameOf(app.name, secret.id) })),
    ),
    ...[...repo.shared.secrets.values()].map((secret) => ({ ...secret, name: secret.id })),
  ];
}

/** In Git, where it has a value everywhere (or the repo would not be valid): since when, by the newest of its files. */
function encryptedWord(uses: readonly SecretUseSite[], { bench, wanted }: Opened): string {
  const dates = uses.flatMap(({ unit, secret }) => {
    const resolved = wanted.units.get(unit)?.resolved;
    const value = resolved === undefined ? undefined : bench.encrypted.find(resolved.app, resolved.place, secret);
    return value === undefined ? [] : [value.changed.slice(0, "2026-12-01".length)];
  });
  const newest = dates.toSorted().at(-1);
  return newest === undefined ? "" : `✔ ${newest}`;
}

/** When the oldest rotation that is open in an environment began. */
function sinceOf(uses: readonly SecretUseSite[], env: string, live: ReadonlyMap<string, Live>): string | undefined {
  const here = uses.filter((use) => use.env === env);
  return here.flatMap((use) => rotationOf(use, live.get(use.destination)) ?? []).toSorted()[0];
}

/** The worst state of an environment is what matters. */
function stateWord(uses: readonly SecretUseSite[], live: ReadonlyMap<string, Live>): string {
  const kinds = new Set(uses.map((use) => stateOf(use, live.get(use.destination)).kind));
  if (kinds.size === 0) return "";
  if (kinds.has("unsourced")) return "✖";
  return kinds.has("missing") ? "–" : kinds.has("placeholder") ? "?" : "✔";
}

export function secretsWhereCommand(name: string, options: CommonOptions, io: Io): Promise<ExitCode> {
  return withSecrets(options, io, (opened) => {
    const uses = usesOf(opened, name);
    const places = new Set(uses.map((use) => use.place));
    const lines = uses.map(
      (use) => `  ${formatAddress(use.unit, use.path)}   ${use.key}${use.member === "" ? "" : `#${use.member}`}\n`,
    );
    const head = `${name}: ${new Set(uses.map((use) => use.app)).size} apps in ${places.size} places, ${uses.length} values, ${new Set(uses.map((use) => `${use.destination} ${use.key}`)).size} physical keys\n`;
    io.out(safeText(head + heldBy(opened, name, uses) + lines.join("")));
    return Promise.resolve(EXIT.ok);
  });
}

/** Who holds it, where that says more than a name: how it is made, where it is read from. */
function heldBy(opened: Opened, name: string, uses: readonly SecretUseSite[]): string {
  const generate = definitions(opened).find((secret) => secret.name === name)?.generate;
  if (generate !== undefined)
    return `  made up by trueup: version ${generate.version}, ${generate.alphabet}; raise the version for a new value\n`;
  const sources = uses.flatMap(({ destination, source }) =>
    source === undefined ? [] : [`${source} (${destination})`],
  );
  return [...new Set(sources)].map((source) => `  read from ${source}\n`).join("");
}

/** Throws `USAGE` if there is no such secret, or nothing uses it in scope. */
export function usesOf(opened: Opened, name: string): readonly SecretUseSite[] {
  const uses = opened.uses.filter((use) => use.name === name);
  if (uses.length > 0) return uses;
  const names = definitions(opened).map((secret) => secret.name);
  const meant = suggest(name, names);
  const known = names.includes(name);
  throw new Failure("USAGE", known ? `no value uses the secret ${name} here` : `there is no secret called ${name}`, {
    fix: meant === undefined || known ? "trueup secrets list shows them" : `did you mean ${meant}?`,
  });
}
