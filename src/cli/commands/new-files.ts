/** The files of a new app, from nothing or after the model of another one. Pure. */
import { checked } from "../../edit/edited.ts";
import { lineEnd, splice } from "../../edit/lines.ts";
import type { MapNode, Pair } from "../../edit/nodes.ts";
import { parseText } from "../../edit/parse.ts";
import { setValue } from "../../edit/set.ts";

/** The app whose files are copied. */
export interface Model {
  readonly name: string;
  readonly base: string;
  readonly schema: string | undefined;
  readonly secrets: string | undefined;
}

export interface NewFile {
  readonly path: string;
  readonly text: string;
  readonly note: string;
}

/** Files of the app `name` in `folder` (`apps/payments`). */
export function newAppFiles(folder: string, name: string, model?: Model): NewFile[] {
  if (model === undefined)
    return [
      { path: `${folder}/base.yaml`, text: emptyBase(name), note: "a first value, marked TODO" },
      { path: `${folder}/schema.yaml`, text: emptySchema(name), note: "what values are allowed" },
    ];
  const base = markTodo(model.base);
  const lines = base.replace(/\n$/u, "").split("\n").length;
  const files = [
    {
      path: `${folder}/base.yaml`,
      text: base,
      note: `${lines} lines, values copied from ${model.name} and marked TODO`,
    },
  ];
  if (model.schema !== undefined)
    files.push({
      path: `${folder}/schema.yaml`,
      text: renamed(model.schema, model.name, name),
      note: `copied from ${model.name}`,
    });
  // Without its names, "{{secret.…}}" in the copied values would mean nothing.
  if (model.secrets !== undefined && /\{\{[^}]*\bsecret\./u.test(base))
    files.push({
      path: `${folder}/secrets.yaml`,
      text: model.secrets,
      note: `names copied from ${model.name}, never a value`,
    });
  return files;
}

/** The same YAML with `# TODO` behind every value. Comes back as it is where that cannot be done safely. */
function markTodo(text: string): string {
  const parsed = parseText(text);
  if (!parsed.ok || parsed.root === undefined) return text;
  // From the back, so that offsets stay true.
  const draft = [...valuesOf(parsed.root)].reduceRight((before, pair) => mark(before, commentable(pair)), text);
  const marked = checked(draft, parsed.value);
  return marked.ok ? marked.text : text;
}

/** Pairs of block maps that hold a value: anything but another block map. */
function* valuesOf(map: MapNode): Generator<Pair> {
  if (map.flow) return;
  for (const pair of map.pairs)
    if (pair.value.kind === "map" && !pair.value.flow) yield* valuesOf(pair.value);
    else yield pair;
}

/** Where the rest of the line may be a comment: behind the key of a block scalar or list, else behind the value. */
function commentable({ key, value }: Pair): number {
  const isBlock = (value.kind === "scalar" && value.quotes === "block") || (value.kind === "list" && !value.flow);
  return isBlock ? key.end : value.end;
}

function mark(text: string, behind: number): string {
  const end = lineEnd(text, behind);
  return splice(text, end, end, /\s#/u.test(text.slice(behind, end)) ? " TODO" : " # TODO");
}

/** The schema with its title changed, if that was the model's name. */
function renamed(schema: string, from: string, to: string): string {
  const parsed = parseText(schema);
  if (!parsed.ok || parsed.value["title"] !== from) return schema;
  const edited = setValue(schema, ["title"], to);
  return edited.ok ? edited.text : schema;
}

function emptyBase(name: string): string {
  return `# yaml-language-server: $schema=./schema.yaml
# Every value of ${name}, with the value that most places use.

http:
  port: 8080 # TODO
`;
}

function emptySchema(name: string): string {
  return `$schema: http://json-schema.org/draft-07/schema#
title: ${JSON.stringify(name)}
type: object
additionalProperties: false
required: [http]
properties:
  http:
    type: object
    additionalProperties: false
    required: [port]
    properties:
      port: { type: integer, minimum: 1, maximum: 65535 }
`;
}
