/** `trueup tree`: the keys of apps as a tree, or the physical keys of their stores by path. */
import { formatPath, globMatcher, parseAddress } from "../../address.ts";
import type { UnitResult } from "../../desired.ts";
import { EXIT, type ExitCode, Failure } from "../../failure.ts";
import type { KeyPath, Plain } from "../../model.ts";
import { type TreeRow, treeText } from "../../report/look/tree.ts";
import { holdsSecret } from "../../secret.ts";
import { asTyped } from "../../setting.ts";
import { leavesOf } from "../../tree.ts";
import { reportOptions } from "../context.ts";
import type { Io } from "../io.ts";
import { type OpenedUnits, type SourceOptions, withUnits } from "../variables/unit.ts";

export interface TreeOptions extends SourceOptions {
  /** True: keys as they are in the stores. */
  readonly physical?: boolean;
}

export async function treeCommand(address: string | undefined, options: TreeOptions, io: Io): Promise<ExitCode> {
  const format = options.format ?? "human";
  if (format !== "human" && format !== "json")
    throw new Failure("USAGE", `there is no format ${format} here`, { fix: "one of: human, json" });
  const look = async (opened: OpenedUnits) => ({
    repo: opened.bench.repo,
    trees: options.physical === true ? physical(opened, address) : await logical(opened, address),
  });
  const trees = await withUnits(address, options, io, look, "plain");
  if ("invalid" in trees) return trees.invalid;
  if (format === "json") io.out(json(trees.trees));
  else io.out(treeText(trees.trees, reportOptions(options, io, trees.repo)));
  return EXIT.ok;
}

type Trees = ReadonlyMap<string, readonly TreeRow[]>;

async function logical(opened: OpenedUnits, address: string | undefined): Promise<Trees> {
  const trees = new Map<string, readonly TreeRow[]>();
  for (const unit of opened.units) {
    const rows: TreeRow[] = [];
    for (const { path, value } of leavesIn(unit, address)) {
      const secret = holdsSecret(value);
      // A secret is never read for this: its place in the tree is all there is to see.
      const shown = secret
        ? undefined
        : opened.fromLive
          ? await liveValue(unit, path, value as Plain, opened)
          : (value as Plain);
      rows.push({ path, secret, value: shown });
    }
    if (rows.length > 0) trees.set(unit.resolved.id, rows);
  }
  return trees;
}

async function liveValue(unit: UnitResult, path: KeyPath, git: Plain, opened: OpenedUnits): Promise<Plain | undefined> {
  const text = await opened.live.textOf(unit, path);
  return text === undefined ? undefined : asTyped(text.reveal(), git);
}

function* leavesIn(unit: UnitResult, address: string | undefined): ReturnType<typeof leavesOf> {
  const matches = globMatcher(address === undefined ? "**" : parseAddress(address).key);
  for (const leaf of leavesOf(unit.rendered.values)) if (matches(formatPath(leaf.path))) yield leaf;
  for (const [name, value] of unit.rendered.files) {
    const path = ["files", name];
    if (matches(formatPath(path))) yield { path, value };
  }
}

/** One tree a store, its keys cut at the slashes; members of a blob hang below its key. */
function physical(opened: OpenedUnits, address: string | undefined): Trees {
  const trees = new Map<string, TreeRow[]>();
  for (const unit of opened.units) {
    const wanted = new Set([...leavesIn(unit, address)].map((leaf) => formatPath(leaf.path)));
    for (const { frame, unit: own } of unit.mapped.settings) {
      for (const setting of own.settings) {
        for (const { path, name, value } of setting.members) {
          if (!wanted.has(formatPath(path))) continue;
          const rows = trees.get(`${frame.target.type} ${frame.id}`) ?? [];
          trees.set(`${frame.target.type} ${frame.id}`, rows);
          const secret = holdsSecret(value);
          const levels = setting.key.split("/").slice(1);
          rows.push({
            path: name === "" ? levels : [...levels, `#${name}`],
            secret,
            value: secret ? undefined : (value as Plain),
          });
        }
      }
    }
  }
  return trees;
}

function json(trees: Trees): string {
  const data = [...trees].map(([name, rows]) => [
    name,
    rows.map(({ path, secret, value }) => ({
      path,
      ...(secret ? { secret: true } : value === undefined ? {} : { value }),
    })),
  ]);
  return `${JSON.stringify({ version: 1, trees: Object.fromEntries(data) as unknown }, null, 2)}\n`;
}
