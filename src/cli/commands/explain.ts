/** `trueup explain`: from an address to the lines behind it, or from a key in a store back to its line. */
import { formatAddress, formatPath, globMatcher, parseAddress, parsePath } from "../../address.ts";
import { canonicalJson } from "../../canonical.ts";
import type { UnitResult } from "../../desired.ts";
import { EXIT, type ExitCode, Failure } from "../../failure.ts";
import type { KeyPath, Plain, Value } from "../../model.ts";
import { type Explained, UNSHOWN, explainKeyText, explainText } from "../../report/look/explain.ts";
import { secretText } from "../../report/look/rendered.ts";
import { originsOf } from "../../resolve/origin.ts";
import { layersFor } from "../../resolve/resolve.ts";
import { holdsSecret, isSecret } from "../../secret.ts";
import { toEnvName } from "../../setting.ts";
import { suggest } from "../../suggest.ts";
import type { Expression } from "../../template/template.ts";
import { isPlainMap, isValueMap, leavesOf, own, valueAt } from "../../tree.ts";
import { describeKey } from "../../validate/explain.ts";
import { reportOptions } from "../context.ts";
import { printInvalid } from "../invalid.ts";
import { type Io, wantsColor } from "../io.ts";
import { storePool } from "../../pipeline.ts";
import { drivers } from "../../stores/registry.ts";
import { type LiveStores, orderOf } from "../explain/order.ts";
import { type CommonOptions, scopeOf } from "../options.ts";
import { type OpenedProject, open } from "../project.ts";
import { lookAt, whereText } from "../units.ts";

export interface ExplainOptions extends CommonOptions {
  readonly from?: string;
}

export async function explainCommand(what: string, options: ExplainOptions, io: Io): Promise<ExitCode> {
  const from = options.from ?? "git";
  if (from !== "git" && from !== "live") throw new Failure("USAGE", `--from ${from} is not git or live`);
  const project = await open(options, io, false);
  const isKey = what.startsWith("/");
  const pattern = parseAddress(what);
  if (!isKey && !what.includes(":"))
    throw new Failure("USAGE", `${what} names no key`, {
      fix: `write it as app@place:key, for example ${what}:http.port`,
    });
  const found = lookAt(
    project,
    isKey ? scopeOf(options) : { ...scopeOf(options), addresses: [`${pattern.app}@${pattern.place}`] },
    // Which of two values wins is what people come here to see.
    ["TU5006"],
  );
  if ("problems" in found) return printInvalid(found.problems, project, options, io);
  const report = reportOptions(options, io, project.loaded.repo);
  if (isKey) {
    const rows = keyRows(what, found.units, project);
    io.out(
      options.format === "json"
        ? `${JSON.stringify({ version: 1, found: rows }, null, 2)}\n`
        : explainKeyText(rows, report.color, report.maxValueWidth),
    );
    return EXIT.ok;
  }
  const stores = from === "live" ? storePool(drivers, project.folder, io.env) : undefined;
  let items: Explained[];
  try {
    items = await explainAll(
      pattern.key,
      found.units,
      project,
      stores && { stores, signal: io.signal, read: new Map() },
    );
  } finally {
    await stores?.close();
  }
  io.out(
    options.format === "json"
      ? `${JSON.stringify({ version: 1, values: items }, null, 2)}\n`
      : explainText(items, { color: wantsColor(io, options.color), maxValueWidth: report.maxValueWidth }),
  );
  return EXIT.ok;
}

async function explainAll(
  glob: string,
  units: readonly UnitResult[],
  project: OpenedProject,
  live: LiveStores | undefined,
): Promise<Explained[]> {
  const folded = new Map<string, Explained>();
  for (const unit of units) {
    for (const path of pathsFor(glob, unit)) {
      const item = await explainOne(path, unit, project, live);
      const id = canonicalJson([
        formatPath(path),
        unit.resolved.app.name,
        item.secret ?? item.value ?? null,
        item.sources.map((source) => source.where),
        item.stored.map((place) => place.key),
        item.order.map((each) => [each.tier, each.live ?? null, each.wins]),
      ]);
      const known = folded.get(id);
      folded.set(id, known === undefined ? item : { ...known, units: [...known.units, ...item.units] });
    }
  }
  if (folded.size > 0) return [...folded.values()];
  const all = new Set(
    units.flatMap((unit) => [...leavesOf(unit.rendered.values)].map((leaf) => formatPath(leaf.path))),
  );
  const meant = suggest(glob, all);
  throw new Failure("USAGE", `no key is called ${glob}`, {
    fix: meant === undefined ? "trueup render shows all keys" : `did you mean ${meant}?`,
  });
}

/** An exact path may lie inside a list or name a whole map; a glob names leaves. */
function pathsFor(glob: string, unit: UnitResult): readonly KeyPath[] {
  const exact = /[*?]/u.test(glob) ? undefined : parsePath(glob);
  if (exact !== undefined && valueAt(unit.rendered.values, exact) !== undefined) return [exact];
  if (exact?.[0] === "files" && unit.rendered.files.has(exact[1] ?? "")) return [exact];
  const matches = globMatcher(glob);
  return [...leavesOf(unit.rendered.values)].map((leaf) => leaf.path).filter((path) => matches(formatPath(path)));
}

async function explainOne(
  path: KeyPath,
  unit: UnitResult,
  project: OpenedProject,
  live: LiveStores | undefined,
): Promise<Explained> {
  const { resolved, rendered } = unit;
  const text = path[0] === "files" ? rendered.files.get(path[1] ?? "") : undefined;
  const value: Value = valueAt(rendered.values, path) ?? text ?? null;
  const hidden = holdsSecret(value);
  const sources = originsOf(resolved.layers, path).map((source) => ({
    raw: unshown(source.value, value),
    where: whereText(project, source.origin),
    secret: source.value !== UNSHOWN && unshown(source.value, value) === UNSHOWN,
  }));
  const file =
    sources.length === 0
      ? [{ raw: "(template)", where: whereText(project, unit.originOf(path)), secret: false }]
      : sources;
  const shared = project.loaded.repo?.shared.secrets;
  const holder = (name: string): string => (resolved.app.secrets.get(name) ?? shared?.get(name))?.holder ?? "unknown";
  const schema =
    resolved.app.schema === undefined || project.loaded.repo === undefined
      ? undefined
      : describeKey(project.loaded.repo.schemas, resolved.app.schema, path);
  return {
    path,
    units: [resolved.id],
    value: hidden ? undefined : (value as Plain),
    secret: isSecret(value) ? secretText(value, holder) : hidden ? "(holds secrets)" : undefined,
    sources: file,
    names: namesIn(sources[0]?.raw, unit, project),
    schema:
      schema === undefined
        ? undefined
        : {
            text: schema.text,
            where: whereText(project, { file: schema.file, path: schema.path }),
            description: schema.description,
          },
    stored: storedAt(path, unit),
    env: schema?.xEnv ?? toEnvName(path),
    order:
      project.bench === undefined
        ? []
        : await orderOf(
            { path, unit, bench: project.bench, project, schema, secretText: (secret) => secretText(secret, holder) },
            live,
          ),
  };
}

/** A layer's value without the plain texts that secrets replace in a higher layer. */
function unshown(raw: Plain, value: Value | undefined): Plain {
  if (value === undefined || !holdsSecret(value)) return raw;
  if (isPlainMap(raw) && isValueMap(value))
    return Object.fromEntries(Object.entries(raw).map(([key, item]) => [key, unshown(item, own(value, key))]));
  return typeof raw === "string" && raw.includes("{{") ? raw : UNSHOWN;
}

function storedAt(path: KeyPath, unit: UnitResult): Explained["stored"] {
  const id = formatPath(path);
  return unit.mapped.settings.flatMap(({ frame, unit: { settings } }) =>
    settings.flatMap((setting) => {
      const member = setting.members.find((candidate) => formatPath(candidate.path) === id);
      if (member === undefined) return [];
      return [
        {
          target: frame.id,
          type: frame.target.type,
          key: member.name === "" ? setting.key : `${setting.key}#${member.name}`,
        },
      ];
    }),
  );
}

/** What each name of a template stands for in this unit. */
function namesIn(raw: Plain | undefined, unit: UnitResult, project: OpenedProject): Explained["names"] {
  if (typeof raw !== "string" || project.bench === undefined || !raw.includes("{{")) return [];
  const parsed = project.bench.engine.parse(raw);
  if (!("template" in parsed)) return [];
  const names = parsed.template.parts.flatMap((part) => (typeof part === "string" ? [] : namesOf(part)));
  return [...new Map(names.map((parts) => [parts.join("."), parts])).values()].map((parts) => ({
    name: formatPath(parts),
    ...meaning(parts, unit, project),
  }));
}

function namesOf(expression: Expression): (readonly string[])[] {
  if (expression.kind === "name") return [expression.parts];
  return expression.kind === "call" ? expression.args.flatMap(namesOf) : [];
}

function meaning(
  parts: readonly string[],
  unit: UnitResult,
  project: OpenedProject,
): { readonly value: Plain | undefined; readonly where: string } {
  const [root = "", ...path] = parts;
  const { place, app } = unit.resolved;
  const facts: Readonly<Record<string, Plain | undefined>> = {
    env: place.env,
    region: place.region,
    app: app.name,
    system: project.loaded.repo?.config.system,
  };
  if (root === "vars")
    return { value: valueAt(place.vars, path) as Plain | undefined, where: varsWhere(path, unit, project) };
  if (root === "self") return plainAt(valueAt(unit.rendered.values, path), whereText(project, unit.originOf(path)));
  if (root === "shared" && path[0] !== "secret") {
    const [source] = originsOf(layersFor(project.loaded.repo?.shared.layers ?? new Map(), place), path);
    return plainAt(
      valueAt(project.bench?.contexts.get(place.id)?.shared ?? {}, path),
      whereText(project, source?.origin),
    );
  }
  return Object.hasOwn(facts, root)
    ? { value: facts[root], where: root === "app" ? app.folder : "place" }
    : { value: undefined, where: "secrets.yaml" };
}

function plainAt(
  value: Value | undefined,
  where: string,
): { readonly value: Plain | undefined; readonly where: string } {
  return { value: value === undefined || holdsSecret(value) ? undefined : (value as Plain), where };
}

function varsWhere(path: KeyPath, unit: UnitResult, project: OpenedProject): string {
  const { place } = unit.resolved;
  const region =
    place.region !== undefined &&
    valueAt(project.loaded.repo?.config.regions.get(place.region) ?? {}, path) !== undefined;
  const at = region ? ["regions", place.region ?? "", "vars", ...path] : ["environments", place.env, "vars", ...path];
  return whereText(project, { file: "trueup.yaml", path: at });
}

function keyRows(
  text: string,
  units: readonly UnitResult[],
  project: OpenedProject,
): { key: string; address: string; value: Plain | undefined; where: string }[] {
  const [key = "", name] = text.split("#");
  const rows = units.flatMap((unit) =>
    unit.mapped.settings.flatMap(({ unit: { settings } }) =>
      settings
        .filter((setting) => setting.key === key)
        .flatMap((setting) => setting.members)
        .filter((member) => name === undefined || member.name === name)
        .map((member) => ({
          key,
          address: formatAddress(unit.resolved.id, member.path),
          value: holdsSecret(member.value) ? undefined : (member.value as Plain),
          where: whereText(project, unit.originOf(member.path)),
        })),
    ),
  );
  if (rows.length > 0) return rows;
  const all = units.flatMap((unit) =>
    unit.mapped.settings.flatMap((mapped) => mapped.unit.settings.map((setting) => setting.key)),
  );
  const meant = suggest(key, new Set(all));
  throw new Failure("USAGE", `nothing in Git is stored at ${key}`, {
    fix: meant === undefined ? "trueup render --physical lists all keys" : `did you mean ${meant}?`,
  });
}
