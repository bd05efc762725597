/**
 * From the parser's events to a value, in one walk that also collects every problem with its place.
 *
 * Building the value here costs less than js-yaml's constructor does and never stops at the first fault. The walk is
 * iterative: depth is a budget, not a stack overflow.
 */
import { COLLECTION_STYLE, EVENT_ID, getScalarValue } from "js-yaml";
import type { Event, MappingEvent, ScalarEvent, SequenceEvent } from "js-yaml";
import type { Plain } from "../model.ts";
import { leadBefore, templateSpan, unquotedFault } from "./braces.ts";
import { mergeInto, takeKey } from "./entries.ts";
import { aliasFault, complexKeyFault, documentsFault, tagFault, templateKeyFault } from "./faults.ts";
import { LIMITS } from "./limits.ts";
import type { Report } from "./report.ts";
import { valueOf } from "./scalars.ts";
import { tagOf } from "./tags.ts";
import { countNodes, tooDeep, tooManyNodes } from "./walk.ts";
import type { ComposeOptions, Frame, MutableMap, Walk } from "./walk.ts";

const { DOCUMENT, SEQUENCE, MAPPING, SCALAR, ALIAS, POP } = EVENT_ID;
const { FLOW } = COLLECTION_STYLE;

/** Value of the first document. Only to be used if nothing was reported as an error. */
export function compose(source: string, events: readonly Event[], options: ComposeOptions, report: Report): Plain {
  const walk: Walk = {
    source,
    events,
    options,
    report,
    anchors: new Map(),
    frame: undefined,
    depth: 0,
    nodes: 0,
    borrowed: 0,
    merged: 0,
    root: null,
    stopped: false,
  };
  let documents = 0;
  for (let i = 0; i < events.length && !walk.stopped; i++) {
    const event = events[i] as Event;
    if (event.type === SCALAR) readScalar(walk, event);
    else if (event.type === POP) close(walk);
    else if (event.type === MAPPING || event.type === SEQUENCE) i = open(walk, event, i);
    else if (event.type === ALIAS) readAlias(walk, event.anchorStart, event.anchorEnd);
    else if (event.type === DOCUMENT && ++documents > 1) {
      reportDocuments(walk, i);
      break;
    }
  }
  return walk.root;
}

function readScalar(walk: Walk, event: ScalarEvent): void {
  const { frame, source } = walk;
  const text = event.fast ? source.slice(event.valueStart, event.valueEnd) : getScalarValue(source, event);
  const isKey = frame?.map !== undefined && frame.key === undefined;
  const value = isKey ? text : valueOf(walk, event, text);
  if (event.anchorStart !== -1)
    walk.anchors.set(source.slice(event.anchorStart, event.anchorEnd), { value, nodes: 1, height: 0, closed: true });
  if (isKey) takeKey(walk, frame, frame.map, event, text);
  else {
    countNodes(walk, event.valueStart, 1);
    addValue(walk, value, 0);
  }
}

/** Puts a value where it belongs. `height`: levels of maps and lists in it. */
function addValue(walk: Walk, value: Plain, height: number): void {
  const { frame } = walk;
  if (frame === undefined) {
    walk.root = value;
    return;
  }
  if (height >= frame.height) frame.height = height + 1;
  if (frame.map === undefined) {
    frame.list?.push(value);
    return;
  }
  const { key = "", fate } = frame;
  frame.key = undefined;
  frame.fate = "keep";
  if (fate === "keep") frame.map[key] = value;
  else if (fate === "merge") mergeInto(walk, frame, frame.map, value);
}

/** Opens a map or list; returns the index of the last event dealt with (its end, if it can be no value). */
function open(walk: Walk, event: MappingEvent | SequenceEvent, index: number): number {
  const { source, frame } = walk;
  const isMap = event.type === MAPPING;
  const isKey = frame?.map !== undefined && frame.key === undefined;
  const isTemplate = isMap && event.style === FLOW && startsWithMap(walk.events, index, event.start);
  if (isKey || isTemplate) {
    if (isTemplate) reportTemplate(walk, event.start, isKey);
    else walk.report.at(event.start, 1, complexKeyFault());
    if (isKey) dropEntry(frame);
    else addValue(walk, null, 0);
    return closing(walk.events, index);
  }
  if (event.tagStart !== -1) checkTag(walk, event, isMap ? "map" : "list");
  countNodes(walk, event.start, 1);
  if (++walk.depth > LIMITS.depth) tooDeep(walk, event.start);
  const map: MutableMap | undefined = isMap ? (Object.create(null) as MutableMap) : undefined;
  const list: Plain[] | undefined = isMap ? undefined : [];
  const anchor = event.anchorStart === -1 ? undefined : source.slice(event.anchorStart, event.anchorEnd);
  if (anchor !== undefined) walk.anchors.set(anchor, { value: null, nodes: 0, height: 0, closed: false });
  walk.frame = {
    parent: frame,
    map,
    list,
    index,
    flow: event.style === FLOW,
    anchor,
    nodes: walk.nodes,
    key: undefined,
    fate: "keep",
    count: 0,
    height: 0,
    merged: undefined,
    normal: undefined,
  };
  return index;
}

/** `{{x}}`: a flow map whose first key is a flow map that starts right at the next character. */
function startsWithMap(events: readonly Event[], index: number, start: number): boolean {
  const next = events[index + 1];
  return next?.type === MAPPING && next.style === FLOW && next.start === start + 1;
}

function dropEntry(frame: Frame): void {
  frame.key = "";
  frame.fate = "drop";
}

/** End of a map or list, or of the document: then no frame is open. */
function close(walk: Walk): void {
  const { frame } = walk;
  if (frame === undefined) return;
  walk.frame = frame.parent;
  walk.depth--;
  const value = frame.map ?? frame.list ?? null;
  const { anchor, height } = frame;
  if (anchor !== undefined)
    walk.anchors.set(anchor, { value, nodes: walk.nodes - frame.nodes + 1, height, closed: true });
  addValue(walk, value, height);
}

function readAlias(walk: Walk, start: number, end: number): void {
  const { frame, source } = walk;
  const name = source.slice(start, end);
  const anchor = walk.anchors.get(name);
  if (frame?.map !== undefined && frame.key === undefined) {
    walk.report.at(start - 1, end - start + 1, complexKeyFault());
    dropEntry(frame);
  } else if (anchor === undefined || !anchor.closed) {
    walk.report.at(start - 1, end - start + 1, aliasFault(name, anchor !== undefined, walk.anchors.keys()));
    addValue(walk, null, 0);
  } else {
    walk.borrowed += anchor.nodes;
    if (walk.depth + anchor.height > LIMITS.depth) tooDeep(walk, start - 1);
    if (walk.borrowed > LIMITS.aliasFactor * walk.events.length) tooManyNodes(walk, start - 1);
    countNodes(walk, start - 1, anchor.nodes);
    addValue(walk, anchor.value, anchor.height);
  }
}

function checkTag(walk: Walk, event: MappingEvent | SequenceEvent, wanted: "map" | "list"): void {
  const raw = walk.source.slice(event.tagStart, event.tagEnd);
  const tag = tagOf(raw);
  if (raw !== "!" && tag !== wanted) walk.report.at(event.tagStart, raw.length, tagFault(raw, tag !== undefined));
}

function reportTemplate(walk: Walk, start: number, isKey: boolean): void {
  if (walk.report.isFull()) return walk.report.at(start, 2, templateKeyFault());
  let inFlow = false;
  for (let at = walk.frame; at !== undefined; at = at.parent) inFlow ||= at.flow;
  const span = templateSpan(walk.source, start, inFlow);
  const fault = isKey ? templateKeyFault() : unquotedFault(walk.source, span, leadBefore(walk.source, start));
  walk.report.at(span.start, isKey ? 2 : span.end - span.start, fault);
}

function reportDocuments(walk: Walk, index: number): void {
  const next = walk.events[index + 1];
  const offset = next?.type === SCALAR ? next.valueStart : next !== undefined && "start" in next ? next.start : -1;
  const mark = walk.source.lastIndexOf("---", offset < 0 ? walk.source.length : offset);
  walk.report.at(mark < 0 ? Math.max(offset, 0) : mark, 3, documentsFault());
}

/** Index of the event that closes the collection opened at `index`. */
function closing(events: readonly Event[], index: number): number {
  let depth = 0;
  for (let i = index; i < events.length; i++) {
    const type = events[i]?.type;
    if (type === MAPPING || type === SEQUENCE) depth++;
    else if (type === POP && --depth === 0) return i;
  }
  return events.length - 1;
}
