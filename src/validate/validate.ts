/** The stage: one rendered unit against the schema of its app. */
import type { At, KeyPath, Origin, RenderedUnit } from "../model.ts";
import type { Problem } from "../problem.ts";
import type { Finding } from "./findings.ts";
import type { UnitValidator } from "./validator.ts";

/**
 * Everything in which a unit breaks its schema. Problems of one cause are equal in message and place for all units, so
 * that `foldProblems` makes one of them. `originOf` tells where a value comes from; for what is not there it is asked
 * for the nearest thing around it.
 */
export function validateUnit(
  unit: RenderedUnit,
  validator: UnitValidator,
  originOf: (path: KeyPath) => Origin | undefined,
): Problem[] {
  const { findings, exposed } = validator.inspect(unit.values);
  if (findings.length === 0) return [];
  const originAround = (path: KeyPath): Origin | undefined =>
    originOf(path) ?? (path.length === 0 ? undefined : originAround(path.slice(0, -1)));
  // Frames show the lines around a problem too: in a file with a secret in the open, none is shown.
  const secretFiles = new Set(exposed.map((path) => originAround(path)?.file));
  return findings.map((finding) => {
    const origin = originAround(finding.path);
    const at: At | undefined = origin === undefined ? firstFile(unit) : pointAt(origin, finding);
    const masked = finding.masked === true || (at !== undefined && secretFiles.has(at.file));
    const fix = finding.plaintext === true ? storeIt(unit, finding.path) : finding.fix;
    return {
      code: finding.code,
      severity: "error",
      message: finding.message,
      at,
      ...(finding.label === undefined ? {} : { label: finding.label }),
      ...(fix === undefined ? {} : { fix }),
      ...(finding.notes === undefined ? {} : { notes: finding.notes }),
      reach: [unit.id],
      ...(masked ? { masked } : {}),
    };
  });
}

function pointAt(origin: Origin, finding: Finding): Origin {
  return finding.part === "key" && origin.path.length > 0 ? { ...origin, part: "key" } : origin;
}

function firstFile(unit: RenderedUnit): At | undefined {
  const [lowest] = unit.app.layers.values();
  return lowest === undefined ? undefined : { file: lowest.file };
}

function storeIt(unit: RenderedUnit, path: KeyPath): string {
  const name = secretName(unit.app.secrets, path);
  return `trueup secrets set ${unit.app.name} ${name} --env ${unit.place.env}    then write "{{secret.${name}}}"`;
}

/**
 * The secret that `secrets.yaml` already names after the key; else a name made from the key: `payments.stripe_key`
 * gives `stripe_key`, but `database.password` gives `database_password`, because two passwords must not get one name.
 */
export function secretName(declaredSecrets: ReadonlyMap<string, unknown>, path: KeyPath): string {
  const words = path
    .map((segment) => segment.replace(/[^A-Za-z0-9_]+/gu, "_").replace(/^_+|_+$/gu, ""))
    .filter(Boolean);
  const endings = words.map((_, index) => words.slice(index).join("_")).toReversed();
  const declared = endings.find((name) => declaredSecrets.has(name));
  if (declared !== undefined) return declared;
  const [last = "secret", longer] = endings;
  const vague = /^\d|^(?:password|passwd|pass|secret|token|key|value|user|username|credentials?)$/iu.test(last);
  return vague && longer !== undefined ? longer : last;
}
