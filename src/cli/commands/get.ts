/** `trueup get`: one value, for a script. */
import { formatPath, parseAddress, parsePath } from "../../address.ts";
import { canonicalJson } from "../../canonical.ts";
import type { UnitResult } from "../../desired.ts";
import { EXIT, type ExitCode, Failure } from "../../failure.ts";
import type { KeyPath, Plain } from "../../model.ts";
import { holdsSecret } from "../../secret.ts";
import { asTyped, encodeValue } from "../../setting.ts";
import { suggest } from "../../suggest.ts";
import { isValueMap, leavesOf, valueAt } from "../../tree.ts";
import type { Io } from "../io.ts";
import { printExact } from "../variables/exact.ts";
import { type OpenedUnits, type SourceOptions, withUnits } from "../variables/unit.ts";

export interface GetOptions extends SourceOptions {
  readonly default?: string;
  readonly reveal?: boolean;
}

export async function getCommand(address: string, options: GetOptions, io: Io): Promise<ExitCode> {
  const format = options.format ?? "text";
  if (format !== "text" && format !== "json")
    throw new Failure("USAGE", `there is no format ${format} here`, { fix: "one of: text, json" });
  const { app, place, key } = parseAddress(address);
  const path = parsePath(key);
  if (!address.includes(":") || path === undefined || /[*?]/u.test(key))
    throw new Failure("USAGE", `${address} does not name one key`, { fix: "write it as app@place:http.port" });
  const look = (opened: OpenedUnits) => valueOf(path, address, opened, options);
  const found = await withUnits(`${app}@${place}`, options, io, look, options.reveal === true ? "all" : "plain");
  if ("invalid" in found) return found.invalid;
  if (format === "json") io.out(`${JSON.stringify({ version: 1, address, ...found }, null, 2)}\n`);
  else printExact(`${encodeValue(found.value)}\n`, io, "use --format json");
  return EXIT.ok;
}

interface Found {
  readonly value: Plain;
  /** True: nothing is there, and this is what `--default` says. */
  readonly default?: true;
}

async function valueOf(path: KeyPath, address: string, opened: OpenedUnits, options: GetOptions): Promise<Found> {
  const values = new Map<string, { readonly value: Plain; readonly unit: string }>();
  for (const unit of opened.units) {
    const value = await unitValue(unit, path, opened, options.reveal ?? false);
    if (value !== undefined) values.set(canonicalJson(value), { value, unit: unit.resolved.id });
  }
  const [first, ...others] = values.values();
  if (first !== undefined && others.length === 0) return { value: first.value };
  if (first !== undefined)
    throw new Failure("USAGE", `${address} has ${values.size} values`, {
      fix: `name one place: ${opened.units.map((unit) => unit.resolved.id).join(", ")}`,
    });
  if (options.default !== undefined) return { value: options.default, default: true };
  throw notFound(path, address, opened);
}

async function unitValue(
  unit: UnitResult,
  path: KeyPath,
  opened: OpenedUnits,
  reveal: boolean,
): Promise<Plain | undefined> {
  const { rendered } = unit;
  const value = valueAt(rendered.values, path) ?? (path[0] === "files" ? rendered.files.get(path[1] ?? "") : undefined);
  if (value === undefined) return undefined;
  const secret = holdsSecret(value);
  if (secret && !reveal)
    throw new Failure(
      "REFUSED",
      `${unit.resolved.id}:${formatPath(path)} is a secret, and output may end up in a log`,
      {
        fix: "hand it to a program with trueup exec, or pass --reveal",
      },
    );
  if (!secret && !opened.fromLive) return value as Plain;
  if (isValueMap(value))
    throw new Failure("USAGE", `${formatPath(path)} is a map of several values that are stored one by one`, {
      fix: `name one of them: ${[...leavesOf(value, path)].map((leaf) => formatPath(leaf.path)).join(", ")}`,
    });
  // A secret in the store under the same name is what readers get; only `--reveal` may look at secrets.
  const stronger = secret || !reveal ? undefined : await opened.live.overriding(unit, path);
  const text = stronger ?? (await opened.live.textOf(unit, path));
  return text === undefined ? undefined : asTyped(text.reveal(), secret ? undefined : (value as Plain));
}

function notFound(path: KeyPath, address: string, opened: OpenedUnits): Failure {
  const text = formatPath(path);
  const known = new Set(
    opened.units.flatMap((unit) => [...leavesOf(unit.rendered.values)].map((leaf) => formatPath(leaf.path))),
  );
  if (known.has(text))
    return new Failure("MISSING", `${address} has no value in its store yet`, {
      fix: "trueup diff shows what is missing",
    });
  const last = path.at(-1) ?? "";
  const near = [suggest(text, known), ...[...known].filter((name) => name.endsWith(`.${last}`))];
  const names = [...new Set(near.filter((name) => name !== undefined))].slice(0, 3);
  return new Failure("USAGE", `there is no ${address}`, {
    fix: names.length === 0 ? "trueup tree shows all keys" : `did you mean ${names.join(" or ")}?`,
  });
}
