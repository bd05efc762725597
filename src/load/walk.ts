/** The state of one walk over a file's events (`compose.ts`), and what every part of it needs. */
import type { Event } from "js-yaml";
import { formatPath } from "../address.ts";
import type { Plain } from "../model.ts";
import { depthFault, mapSizeFault, nodesFault } from "./faults.ts";
import { writeKey } from "./keys.ts";
import { LIMITS } from "./limits.ts";
import type { Report } from "./report.ts";

export interface ComposeOptions {
  /** Merge keys (`<<`) are merged instead of refused. */
  readonly merge: boolean;
  /** Keys may hold any visible character (JSON Schemas), not just those that make good names. */
  readonly anyKeys: boolean;
  /** Spellings that other YAML parsers read differently are problems. Off for JSON, about which nobody differs. */
  readonly spelling: boolean;
  /** `$remove` may stand at the top level. */
  readonly remove: boolean;
}

/** Without a prototype: `toString` is a key like any other, and absent unless somebody wrote it. */
export type MutableMap = { [key: string]: Plain };

/** A map or list on its way; exactly one of `map` and `list` is there. */
export interface Frame {
  readonly parent: Frame | undefined;
  readonly map: MutableMap | undefined;
  readonly list: Plain[] | undefined;
  /** Of the opening event. */
  readonly index: number;
  readonly flow: boolean;
  readonly anchor: string | undefined;
  /** The counter of nodes when it opened. */
  readonly nodes: number;
  /** Name of the entry being read; undefined while the next key is awaited. */
  key: string | undefined;
  /** What becomes of the entry's value. Faulty entries are looked at and dropped. */
  fate: "keep" | "drop" | "merge";
  count: number;
  /** Levels below this one. */
  height: number;
  /** Keys that came through `<<`: an own key may still replace them. */
  merged: Set<string> | undefined;
  /** Keys outside ASCII by their normal form, to find twins. */
  normal: Map<string, string> | undefined;
}

export interface Anchor {
  readonly value: Plain;
  readonly nodes: number;
  readonly height: number;
  /** False while the collection is open: a reference to it would be a circle. */
  readonly closed: boolean;
}

export interface Walk {
  readonly source: string;
  readonly events: readonly Event[];
  readonly options: ComposeOptions;
  readonly report: Report;
  readonly anchors: Map<string, Anchor>;
  frame: Frame | undefined;
  depth: number;
  nodes: number;
  /** Of `nodes`, those that references added. */
  borrowed: number;
  /** Entries that `<<` has copied. */
  merged: number;
  root: Plain;
  /** Over budget: nothing more is read. */
  stopped: boolean;
}

export function countNodes(walk: Walk, offset: number, nodes: number): void {
  walk.nodes += nodes;
  if (walk.nodes > LIMITS.nodes) tooManyNodes(walk, offset);
}

export function tooManyNodes(walk: Walk, offset: number): void {
  if (!walk.stopped) walk.report.at(offset, 1, nodesFault());
  walk.stopped = true;
}

export function tooDeep(walk: Walk, offset: number): void {
  if (!walk.stopped) walk.report.at(offset, 1, depthFault());
  walk.stopped = true;
}

/** Counts an entry of a map. */
export function countKey(walk: Walk, frame: Frame, offset: number): void {
  frame.count++;
  if (frame.count === LIMITS.keysPerMap + 1) walk.report.at(offset, 1, mapSizeFault());
}

/** What stands before a value in the file (`port: `, `- `), for a fix that can be typed. */
export function leadOf(frame: Frame | undefined): string {
  if (frame === undefined) return "";
  if (frame.list !== undefined) return frame.flow ? "" : "- ";
  return frame.key === undefined || frame.key === "" ? "" : `${writeKey(frame.key)}: `;
}

/** Path of a map or list inside the file, as people write it; lists without their indices. */
export function pathOf(frame: Frame | undefined): string {
  const path: string[] = [];
  for (let at = frame?.parent; at !== undefined; at = at.parent) if (at.key !== undefined) path.unshift(at.key);
  return formatPath(path);
}
