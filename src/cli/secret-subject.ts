/** The secret that a command is about, and whether people can give it a value at all. */
import { Failure } from "../failure.ts";
import type { App, Repo, SecretDefinition, SecretId } from "../model.ts";
import { definitionOf } from "../secrets/rotations.ts";
import { nameOf } from "../secrets/uses.ts";
import { suggest } from "../suggest.ts";
import type { CommonOptions } from "./options.ts";

export interface SecretSubject {
  /** `orders.db_password`, `shared.smtp_password`. */
  readonly name: string;
  /** As units name it. */
  readonly id: SecretId;
  /** Undefined: a secret of `shared/`. */
  readonly app: App | undefined;
  readonly secret: SecretDefinition;
}

/** Throws `USAGE` if there is no such secret, or if it is made or found by itself. */
export function secretSubject(repo: Repo, appName: string, secretName: string): SecretSubject {
  const app = ownerOf(repo, appName);
  const id = app === undefined ? `shared.${secretName}` : secretName;
  const name = nameOf(appName, id);
  const secret = definitionOf(repo, app, id);
  if (secret === undefined) {
    const names = [...(app?.secrets ?? repo.shared.secrets).keys()].map((one) => nameOf(appName, one));
    const meant = suggest(name, names);
    throw new Failure("USAGE", `there is no secret called ${name}`, {
      fix: meant === undefined ? "trueup secrets list shows them" : `did you mean ${meant}?`,
    });
  }
  refuseOthers(name, secret);
  return { name, id, app, secret };
}

/** An app, or undefined for `shared`. Throws `USAGE` if there is neither. */
export function ownerOf(repo: Repo, name: string): App | undefined {
  if (name === "shared") return undefined;
  const app = repo.apps.find((one) => one.name === name);
  if (app !== undefined) return app;
  const names = ["shared", ...repo.apps.map((one) => one.name)];
  const meant = suggest(name, names);
  throw new Failure("USAGE", `no app is called ${name}`, {
    fix: meant === undefined ? `known here: ${names.slice(0, 12).join(", ")}` : `did you mean ${meant}?`,
  });
}

function refuseOthers(name: string, { holder, at }: SecretDefinition): void {
  if (holder === "generate")
    throw new Failure("USAGE", `${name} is made by trueup (from: generate), so nobody gives it a value`, {
      fix: `for a new value raise its version in ${at.file}, then run trueup apply; to give one yourself write from: external`,
    });
  if (holder === "ref")
    throw new Failure("USAGE", `${name} is read from another key (from: ref), so it is not changed here`, {
      fix: `change it there, or let path in ${at.file} name another key, then run trueup apply`,
    });
}

/** Secrets have no value that is the same everywhere. Throws `USAGE` without `--env`. */
export function requireEnv(options: CommonOptions): void {
  if ((options.env ?? []).length > 0) return;
  throw new Failure("USAGE", "--env says where the value belongs: no secret is the same everywhere", {
    fix: "for example --env prod",
  });
}
