/** What of an AWS account belongs to one destination: the parameters that its roles may touch. */
import type { UnitResult } from "../desired.ts";
import { Failure } from "../failure.ts";
import type { Destination, Key } from "../model.ts";
import { own } from "../tree.ts";

/** Parameters by prefix (ends with a slash) and by exact name. */
export interface Names {
  readonly prefixes: readonly Key[];
  readonly keys: readonly Key[];
}

export interface Reader extends Names {
  readonly app: string;
  readonly secrets: boolean;
}

export interface Area extends Names {
  /** `secrets@prod.us-east-2`. */
  readonly destination: string;
  readonly env: string;
  readonly account: string;
  readonly region: string;
  /** Where trueup keeps ledger and head; ends with a slash. */
  readonly meta: Key;
  /** Key id, ARN or alias; undefined: `alias/aws/ssm`. */
  readonly kmsKey: string | undefined;
  /** True: some of the values are secrets. */
  readonly secrets: boolean;
  /** True: new parameters get tags. */
  readonly tags: boolean;
  /** Names of the roles that the connection asks for. */
  readonly roles: { readonly plan: string | undefined; readonly apply: string | undefined };
  readonly readers: readonly Reader[];
  /** Parameters of others that secrets are read from (`from: ref`). Nothing is written there. */
  readonly sources: readonly Key[];
}

/** SSM's own alphabet; anything else could mean something in a policy (`*`, `?`, `${`). */
const NAME = /^(?:\/[A-Za-z0-9_.-]+)+\/?$/u;

/**
 * The areas of all destinations of type aws-ssm, also of those without an app (any more): a plan looks there for what an
 * app has left. Throws `USAGE` where account, region or names cannot be known.
 */
export function areasOf(destinations: readonly Destination[], units: readonly UnitResult[]): readonly Area[] {
  return destinations
    .filter((destination) => destination.target.type === "aws-ssm")
    .map((destination) => areaOf(destination, units));
}

function areaOf(destination: Destination, units: readonly UnitResult[]): Area {
  const { id, connection, place, meta, reads } = destination;
  const roles = rolesOf(connection["role"]);
  const readers = units.flatMap((unit) => readersOf(unit, id));
  const sources = [...new Set(destination.units.flatMap((unit) => [...(unit.sources?.values() ?? [])]))];
  checkNames(id, [
    meta,
    ...sources,
    ...reads.prefixes,
    ...reads.keys,
    ...readers.flatMap((each) => [...each.prefixes, ...each.keys]),
  ]);
  const region = connection["region"];
  if (typeof region !== "string" || !/^[a-z]{2}(?:-[a-z]+)+-\d+$/u.test(region))
    throw new Failure("USAGE", `${id} names no AWS region`, {
      fix: 'connection: { region: "{{region}}" } in trueup.yaml',
    });
  const { kmsKey } = connection;
  return {
    destination: id,
    env: place.env,
    account: accountOf(id, own(place.vars, "account"), roles.arns),
    region,
    meta,
    kmsKey: textOf(kmsKey),
    secrets: destination.units.some((unit) => unit.settings.some((setting) => setting.secret)),
    tags: Object.keys(connection["tags"] ?? {}).length > 0,
    prefixes: reads.prefixes,
    keys: reads.keys,
    roles: { plan: nameOf(roles.arns[0]), apply: nameOf(roles.arns[1]) },
    readers,
    sources,
  };
}

function readersOf(unit: UnitResult, destination: string): Reader[] {
  return unit.mapped.settings
    .filter(({ frame, unit: { settings } }) => frame.id === destination && settings.length > 0)
    .map(({ unit: { settings }, reads }) => ({
      app: unit.resolved.app.name,
      secrets: settings.some((setting) => setting.secret),
      ...ownNames(
        reads.prefix,
        reads.keys,
        settings.map((setting) => setting.key),
      ),
    }));
}

/** The prefix, if everything the app has lies below it and it is no root; else each name. */
function ownNames(prefix: Key | undefined, keys: readonly Key[], all: readonly Key[]): Names {
  if (prefix === undefined || prefix === "/") return { prefixes: [], keys: prefix === undefined ? keys : all };
  return { prefixes: [prefix], keys };
}

function checkNames(id: string, names: readonly Key[]): void {
  const wrong = names.find((name) => !NAME.test(name));
  if (wrong === undefined) return;
  throw new Failure("USAGE", `no role can be limited to ${wrong} (${id})`, {
    fix: "begin the path of the target with something fixed, and use only letters, digits and . - _ /",
  });
}

function rolesOf(role: unknown): { readonly arns: readonly [string | undefined, string | undefined] } {
  if (typeof role === "string") return { arns: [role, role] };
  const both = (typeof role === "object" && role !== null ? role : {}) as { plan?: unknown; apply?: unknown };
  return { arns: [textOf(both.plan), textOf(both.apply)] };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** `trueup-plan` of `arn:aws:iam::333333333333:role/ci/trueup-plan`. */
function nameOf(arn: string | undefined): string | undefined {
  return /^arn:[^:]+:iam::\d{12}:role\/(?:.*\/)?([\w+=,.@-]+)$/u.exec(arn ?? "")?.[1];
}

function accountOf(id: string, given: unknown, arns: readonly (string | undefined)[]): string {
  const fromRoles = arns.flatMap((arn) => /^arn:[^:]+:iam::(\d{12}):/u.exec(arn ?? "")?.[1] ?? []);
  const account = fromRoles[0] ?? given;
  if (typeof account === "string" && /^\d{12}$/u.test(account)) return account;
  throw new Failure("USAGE", `the AWS account of ${id} is not known`, {
    fix: 'vars: { account: "123456789012" } of the environment in trueup.yaml (quoted, twelve digits)',
  });
}
