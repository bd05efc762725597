/** What `rotate` of secrets.yaml has to be, so that a rotation can work. */
import type { App, Repo, SecretDefinition, SecretId } from "../model.ts";
import type { Problem } from "../problem.ts";
import { suggest } from "../suggest.ts";

type Definitions = ReadonlyMap<SecretId, SecretDefinition>;

/** A definition by the name that the app, or `shared/` itself, knows it by. */
export function definitionOf(repo: Repo, app: App | undefined, id: SecretId): SecretDefinition | undefined {
  return id.startsWith("shared.") ? repo.shared.secrets.get(id) : app?.secrets.get(id);
}

/** Secrets whose `previous` is not there, is held by somebody else, or is part of another rotation. */
export function rotationProblems(repo: Repo): Problem[] {
  const { secrets: shared } = repo.shared;
  const homes: readonly Definitions[] = [shared, ...repo.apps.map((app) => app.secrets)];
  const taken = new Map<SecretDefinition, SecretDefinition>();
  return homes.flatMap((own) =>
    [...own.values()].flatMap((secret): Problem[] => {
      if (secret.rotate === undefined) return [];
      const { previous } = secret.rotate;
      const other = own.get(previous) ?? shared.get(previous);
      const names = [...own.keys(), ...shared.keys()].filter((id) => id !== secret.id);
      const fault = faultOf(secret, previous, other, names, taken);
      if (other !== undefined) taken.set(other, secret);
      return fault === undefined ? [] : [problem(secret, fault[0], fault[1])];
    }),
  );
}

function faultOf(
  secret: SecretDefinition,
  previous: SecretId,
  other: SecretDefinition | undefined,
  names: readonly SecretId[],
  taken: ReadonlyMap<SecretDefinition, SecretDefinition>,
): readonly [message: string, fix: string] | undefined {
  const { id, holder } = secret;
  if (holder !== "external" && holder !== "sops")
    return [`${id} is held by ${holder}, and only secrets of external and sops can be rotated`, "leave rotate away"];
  if (other === undefined) {
    const meant = suggest(previous, names);
    return [
      `${id} keeps its previous value in ${previous}, which nothing defines`,
      meant === undefined ? `define it: ${previous}: {}` : `did you mean ${meant}?`,
    ];
  }
  if (other === secret) return [`${id} cannot keep its own previous value`, "name another secret"];
  if (other.holder !== holder)
    return [`${id} is held by ${holder}, but ${previous} by ${other.holder}`, `from: ${holder} for both`];
  if (other.rotate !== undefined)
    return [`${previous} keeps the previous value of ${id}, so it cannot have rotate itself`, "leave its rotate away"];
  const first = taken.get(other);
  return first === undefined
    ? undefined
    : [`${previous} keeps the previous value of ${first.id} already, so it cannot do so for ${id}`, "name another one"];
}

function problem(secret: SecretDefinition, message: string, fix: string): Problem {
  return {
    code: "TU4021",
    severity: "error",
    message,
    at: { file: secret.at.file, path: [...secret.at.path, "rotate", "previous"] },
    fix,
  };
}
