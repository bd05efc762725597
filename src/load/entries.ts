/** Keys of maps: checks them, finds those given twice, and merges what `<<` names. */
import { EVENT_ID, getScalarValue, SCALAR_STYLE } from "js-yaml";
import type { Event, ScalarEvent } from "js-yaml";
import type { Plain } from "../model.ts";
import { mergeFault, mergeSourceFault, removeFault, tagFault, twinFault } from "./faults.ts";
import { isSimpleKey, judgeKey } from "./keys.ts";
import { LIMITS } from "./limits.ts";
import { tagOf } from "./tags.ts";
import { countKey, countNodes, pathOf, tooManyNodes } from "./walk.ts";
import type { Frame, MutableMap, Walk } from "./walk.ts";

const { SEQUENCE, MAPPING, SCALAR, POP } = EVENT_ID;
const { PLAIN } = SCALAR_STYLE;

/** The key of the next entry of `map`, which belongs to `frame`. A faulty one is reported and its value dropped. */
export function takeKey(walk: Walk, frame: Frame, map: MutableMap, event: ScalarEvent, text: string): void {
  countNodes(walk, event.valueStart, 1);
  countKey(walk, frame, event.valueStart);
  frame.key = text;
  if (event.tagStart !== -1) checkTag(walk, event);
  if (event.style === PLAIN && text === "<<") takeMergeKey(walk, frame, event);
  else if (!(event.fast && isSimpleKey(text)) && !accept(walk, frame, event, text)) frame.fate = "drop";
  else if (text in map && frame.merged?.delete(text) !== true) {
    reportTwin(walk, frame, event, text, text);
    frame.fate = "drop";
  }
}

function accept(walk: Walk, frame: Frame, event: ScalarEvent, text: string): boolean {
  const { options, report } = walk;
  if (text === "$remove" && options.remove) {
    if (frame.parent === undefined) return true;
    report.at(event.valueStart, lengthOf(event), removeFault(pathOf(frame)));
    return false;
  }
  const plain = event.style === PLAIN && event.tagStart === -1 && options.spelling;
  const raw = walk.source.slice(Math.max(event.valueStart, 0), Math.max(event.valueEnd, 0));
  const fault = judgeKey(text, raw, { plain, any: options.anyKeys });
  if (fault !== undefined) report.at(placeOf(walk, event), lengthOf(event), fault);
  if (/[^\0-\x7F]/u.test(text)) checkComposition(walk, frame, event, text);
  return fault === undefined;
}

/** Twins that look alike: `é` as one character and as two. */
function checkComposition(walk: Walk, frame: Frame, event: ScalarEvent, text: string): void {
  frame.normal ??= new Map();
  const normal = text.normalize("NFC");
  const first = frame.normal.get(normal);
  if (first === undefined) frame.normal.set(normal, text);
  else if (first !== text) reportTwin(walk, frame, event, text, first);
}

function checkTag(walk: Walk, event: ScalarEvent): void {
  const raw = walk.source.slice(event.tagStart, event.tagEnd);
  if (tagOf(raw) !== "text") walk.report.at(event.tagStart, raw.length, tagFault(raw, tagOf(raw) !== undefined));
}

function reportTwin(walk: Walk, frame: Frame, event: ScalarEvent, text: string, first: string): void {
  if (walk.report.isFull()) return walk.report.at(event.valueStart, 1, twinFault(text, first));
  const before = findKey(walk, frame.index, first);
  const notes =
    before === undefined || before === event
      ? {}
      : {
          notes: [{ name: "first", text: "given here", at: walk.report.stretch(before.valueStart, lengthOf(before)) }],
        };
  walk.report.at(event.valueStart, lengthOf(event), { ...twinFault(text, first), ...notes });
}

/** The event of the first key of this text in the map that the event at `index` opens. */
function findKey(walk: Walk, index: number, text: string): ScalarEvent | undefined {
  let depth = 0;
  let nodes = 0;
  for (let i = index + 1; i < walk.events.length; i++) {
    const event = walk.events[i] as Event;
    if (event.type === POP) {
      if (depth-- === 0) return undefined;
      continue;
    }
    if (depth === 0) {
      const isKey = nodes++ % 2 === 0;
      if (isKey && event.type === SCALAR && getScalarValue(walk.source, event) === text) return event;
    }
    if (event.type === MAPPING || event.type === SEQUENCE) depth++;
  }
  return undefined;
}

function takeMergeKey(walk: Walk, frame: Frame, event: ScalarEvent): void {
  frame.fate = "drop";
  if (!walk.options.merge) walk.report.at(event.valueStart, lengthOf(event), mergeFault());
  else if (frame.merged !== undefined) reportTwin(walk, frame, event, "<<", "<<");
  else frame.fate = "merge";
}

/** Adds the entries of what `<<` names (a map, or a list of maps: the first wins), unless the map has them already. */
export function mergeInto(walk: Walk, frame: Frame, map: MutableMap, value: Plain): void {
  const merged = new Set<string>();
  frame.merged = merged;
  for (const source of Array.isArray(value) ? (value as readonly Plain[]) : [value]) {
    if (typeof source !== "object" || source === null || Array.isArray(source)) {
      walk.report.at(startOf(walk.events[frame.index]), 1, mergeSourceFault());
      return;
    }
    const entries = Object.entries(source);
    walk.merged += entries.length;
    if (walk.merged > LIMITS.mergedKeys) return tooManyNodes(walk, startOf(walk.events[frame.index]));
    for (const [key, item] of entries) {
      if (key in map) continue;
      map[key] = item;
      merged.add(key);
      countKey(walk, frame, startOf(walk.events[frame.index]));
    }
  }
}

/** Start of a key. An empty one (`: value`) stands nowhere: then what follows it does. */
function placeOf(walk: Walk, event: ScalarEvent): number {
  if (event.valueStart !== -1) return event.valueStart;
  const next = walk.events[walk.events.indexOf(event) + 1];
  if (next?.type === SCALAR) return Math.max(next.valueStart, 0);
  return next !== undefined && "start" in next ? next.start : 0;
}

function startOf(event: Event | undefined): number {
  return event?.type === MAPPING ? event.start : 0;
}

function lengthOf(event: ScalarEvent): number {
  return Math.max(event.valueEnd - event.valueStart, 1);
}
