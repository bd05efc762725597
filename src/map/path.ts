/** The `path` of a target: a template that gives the physical key of a setting. */
import type { Config, Key, Layout, Place, Target } from "../model.ts";
import type { Problem } from "../problem.ts";
import { type Lookup, type Looked, evaluate } from "../template/evaluate.ts";
import { lookIn, unknownName } from "../template/names.ts";
import type { Expression, Parsed, Template } from "../template/template.ts";

export type ParseTemplate = (text: string) => Parsed;

/** Stands for the key while a path is rendered once a unit; NUL is in no real text. */
const SLOT = "\0";
const SLOT_NAMES: Readonly<Record<Layout, string | undefined>> = { keys: "key", groups: "group", blob: undefined };

/** Facts a path may use. */
function lookup(config: Config, place: Place, app: string | undefined, slot: string | undefined): Lookup {
  const known = (name: string): Looked | undefined => {
    if (name === "env") return { value: place.env };
    if (name === "system") return { value: config.system };
    if (name === "region" && place.region !== undefined) return { value: place.region };
    if (name === "app" && app !== undefined) return { value: app };
    if ((name === "key" || name === "group") && slot !== undefined) return { value: slot };
    return undefined;
  };
  return (parts) => {
    const [root = "", ...rest] = parts;
    if (root === "vars") return lookIn(place.vars, rest, root);
    const found = rest.length === 0 ? known(root) : undefined;
    const names = [
      "env",
      "system",
      ...(place.region === undefined ? [] : ["region"]),
      "app",
      "key",
      "group",
      ...Object.keys(place.vars).map((name) => `vars.${name}`),
    ];
    return found ?? unknownName(parts.join("."), names);
  };
}

/** Renders a text over the facts of a place (connections, `meta`), and the name of an app where one is given: no key. */
export function renderFact(
  text: string,
  config: Config,
  place: Place,
  parse: ParseTemplate,
  app?: string,
): string | Problem {
  return render(text, lookup(config, place, app, undefined), parse);
}

function render(text: string, look: Lookup, parse: ParseTemplate): string | Problem {
  const parsed = parse(text);
  if ("problem" in parsed) {
    const { start: _start, end: _end, ...rest } = parsed.problem;
    return { ...rest, severity: "error", at: undefined };
  }
  return renderTemplate(parsed.template, look);
}

function renderTemplate(template: Template, look: Lookup): string | Problem {
  // A leading empty text makes one lone expression text, whatever its type.
  const result = evaluate({ parts: ["", ...template.parts] }, look);
  if ("value" in result && typeof result.value === "string") return result.value;
  const {
    start: _start,
    end: _end,
    ...rest
  } = "trouble" in result
    ? result.trouble
    : { start: 0, end: 0, code: "TU2007" as const, message: "a secret cannot be part of a path" };
  return { ...rest, severity: "error", at: undefined };
}

/** Gives the physical key for the encoded key (or group) of a setting. */
export type KeyOf = (encoded: string) => Key;

/** Renders a target's path for one unit, or says why it cannot be. */
export function pathFor(
  target: Target,
  config: Config,
  place: Place,
  app: string,
  parse: ParseTemplate,
): KeyOf | Problem {
  const slot = SLOT_NAMES[target.layout];
  const once = render(target.path, lookup(config, place, app, slot === undefined ? undefined : SLOT), parse);
  if (typeof once !== "string") return { ...once, at: pathOrigin(target) };
  if (slot === undefined) return () => once;
  const pieces = once.split(SLOT);
  if (pieces.length < 2)
    return {
      code: "TU5003",
      severity: "error",
      message: `path of target ${target.name} has no {{${slot}}}, so all values would land on one key`,
      at: pathOrigin(target),
      fix: `add {{${slot}}} to the path, or use layout: blob`,
    };
  if (isBare(target, slot, parse)) return (encoded) => pieces.join(encoded);
  return (encoded) => render(target.path, lookup(config, place, app, encoded), parse) as string;
}

/** True if the key stands in the path as it is, without a helper around it. */
function isBare(target: Target, slot: string, parse: ParseTemplate): boolean {
  const parsed = parse(target.path);
  const within = (part: string | Expression): boolean =>
    typeof part !== "string" && part.kind === "call" && part.args.some((arg) => mentions(arg, slot));
  return "template" in parsed && !parsed.template.parts.some(within);
}

function mentions(expression: Expression, name: string): boolean {
  if (expression.kind === "name") return expression.parts[0] === name;
  return expression.kind === "call" && expression.args.some((arg) => mentions(arg, name));
}

/** True for a part that differs between the units of one place. */
function varies(part: string | Expression): boolean {
  return typeof part !== "string" && ["app", "key", "group"].some((name) => mentions(part, name));
}

/**
 * What stands before the first part of the path that differs between units: `/config/prod/` of
 * `/config/{{env}}/{{app}}/{{key}}`. Ends with a slash.
 */
export function placePrefix(target: Target, config: Config, place: Place, parse: ParseTemplate): Key | undefined {
  const parsed = parse(target.path);
  if ("problem" in parsed) return undefined;
  const end = parsed.template.parts.findIndex(varies);
  const fixed = renderTemplate(
    { parts: end < 0 ? parsed.template.parts : parsed.template.parts.slice(0, end) },
    lookup(config, place, undefined, undefined),
  );
  return typeof fixed === "string" ? fixed.slice(0, fixed.lastIndexOf("/") + 1) : undefined;
}

/** `/config/.trueup` of `/config/{{env}}/…`; `/.trueup` if the path has no fixed first level. */
export function defaultMeta(target: Target): string {
  const fixed = /^\/([^/{]+)\//u.exec(target.path)?.[1];
  return fixed === undefined ? "/.trueup" : `/${fixed}/.trueup`;
}

export function pathOrigin(target: Target): Problem["at"] {
  return { file: "trueup.yaml", path: ["targets", target.name, "path"] };
}

/** What stands before the key in a unit's physical keys; undefined for a blob. Ends with a slash. */
export function unitPrefix(keyOf: KeyOf, layout: Layout): Key | undefined {
  if (layout === "blob") return undefined;
  // What the path gives for two different keys agrees up to the place where the key stands.
  const [a, b] = [keyOf("a"), keyOf("b")];
  let same = 0;
  while (same < a.length && a[same] === b[same]) same++;
  return a.slice(0, a.lastIndexOf("/", Math.max(0, same - 1)) + 1);
}
