/** The text of a SOPS file as a tree: every value with its place, and the metadata beside them. */
import { EVENT_ID, YAMLException, parseEvents } from "js-yaml";
import type { Event } from "js-yaml";
import { formatPath } from "../../address.ts";
import { buildNodes } from "../../edit/nodes.ts";
import type { MapNode, Pair, YamlNode } from "../../edit/nodes.ts";
import type { KeyPath, SourceFile } from "../../model.ts";
import type { Problem } from "../../problem.ts";
import { parseEncrypted } from "./cipher.ts";
import { fault } from "./fault.ts";
import type { Span } from "./fault.ts";
import { isYamlString } from "./values.ts";

export interface Leaf extends Span {
  /** Map keys and list positions. */
  readonly path: KeyPath;
  /** Map keys alone: what the cipher binds a value to. */
  readonly keys: readonly string[];
  readonly text: string;
  /** Written without quotes. */
  readonly bare: boolean;
  /** Inside `{}` or `[]`: a new value there needs quotes. */
  readonly flow: boolean;
  /** An encrypted comment in a list. Its path is that of the value below it. */
  readonly comment: boolean;
}

export interface SopsTree {
  readonly file: SourceFile;
  readonly json: boolean;
  readonly root: MapNode;
  /** In the order of the file, without those of the metadata. */
  readonly leaves: readonly Leaf[];
  /** The pair `sops: …` of the top level. */
  readonly metadata: Pair;
}

/** Maps and lists inside each other; as for every other file. */
const MAX_DEPTH = 64;

/** Reads YAML, or JSON if the name ends in `.json`. Gives problems instead of a tree, never throws for bad text. */
export function parseTree(file: SourceFile): SopsTree | { readonly problems: readonly Problem[] } {
  const json = file.path.endsWith(".json");
  const root = parseRoot(file, json);
  if ("problems" in root) return root;
  const problems: Problem[] = [];
  const walk: Walk = { file, json, problems, leaves: [] };
  const metadata = root.pairs.find((pair) => keyText(pair, walk) === "sops");
  walkMap(root, { path: [], keys: [], flow: root.flow }, walk, metadata);
  if (metadata === undefined) problems.push(noMetadata(walk));
  if (metadata === undefined || problems.length > 0) return { problems };
  return { file, json, root, leaves: walk.leaves, metadata };
}

function parseRoot(file: SourceFile, json: boolean): MapNode | { readonly problems: readonly Problem[] } {
  if (json && !isJson(file.text)) return { problems: [fault(file, undefined, "the file is not valid JSON")] };
  try {
    const events = parseEvents(file.text, { maxDepth: MAX_DEPTH });
    const refused = refusedFeature(file, events);
    if (refused !== undefined) return { problems: [refused] };
    const root = buildNodes(file.text, events);
    if (root?.kind === "map") return root;
    return { problems: [fault(file, undefined, "the top level of an encrypted file has to be a map")] };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const at = error.mark?.position ?? 0;
    // The parser's own words may quote the file.
    return { problems: [fault(file, { start: at, end: at + 1 }, "the file is not valid YAML", { code: "TU1001" })] };
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** SOPS writes none of these; what they mean would not be authenticated. */
function refusedFeature(file: SourceFile, events: readonly Event[]): Problem | undefined {
  if (events.filter((event) => event.type === EVENT_ID.DOCUMENT).length > 1)
    return fault(file, undefined, "the file holds several YAML documents; trueup reads encrypted files with one", {
      fix: "split it: one file per app and environment",
    });
  for (const event of events) {
    if ("anchorStart" in event && event.anchorStart >= 0)
      return fault(file, { start: event.anchorStart, end: event.anchorEnd }, "anchors and aliases cannot be used here");
    if ("tagStart" in event && event.tagStart >= 0)
      return fault(file, { start: event.tagStart, end: event.tagEnd }, "tags cannot be used in an encrypted file");
  }
  return undefined;
}

function noMetadata({ file, leaves }: Walk): Problem {
  const copied = leaves.some((leaf) => leaf.text.startsWith("ENC["));
  return fault(
    file,
    undefined,
    copied
      ? "the file holds encrypted values, but no sops section: it was copied in part, and nobody can decrypt it"
      : "the file has no sops section: it is not encrypted",
    { fix: copied ? "restore the whole file from Git" : "trueup secrets set, or sops -e -i" },
  );
}

interface Walk {
  readonly file: SourceFile;
  readonly json: boolean;
  readonly problems: Problem[];
  readonly leaves: Leaf[];
}
interface Here {
  readonly path: KeyPath;
  readonly keys: readonly string[];
  readonly flow: boolean;
}

function walkMap(map: MapNode, here: Here, walk: Walk, skipped?: Pair): void {
  const seen = new Set<string>();
  for (const pair of map.pairs) {
    const key = keyText(pair, walk);
    if (key === undefined) {
      walk.problems.push(fault(walk.file, pair.key, "a key that is not text cannot stand in an encrypted file"));
      continue;
    }
    if (seen.has(key))
      walk.problems.push(
        fault(walk.file, pair.key, `${formatPath([...here.path, key])} is given twice`, { code: "TU1002" }),
      );
    seen.add(key);
    if (pair === skipped) continue;
    walkNode(pair.value, { ...here, path: [...here.path, key], keys: [...here.keys, key] }, walk);
  }
}

function walkNode(node: YamlNode, here: Here, walk: Walk): void {
  if (node.kind === "map") walkMap(node, { ...here, flow: here.flow || node.flow }, walk);
  else if (node.kind === "list") walkList(node, here, walk);
  else if (node.kind === "scalar") {
    const text = scalarText(node, walk);
    const comment = parseEncrypted(text)?.type === "comment";
    const { start, end } = node;
    walk.leaves.push({ ...here, start, end, text, comment, bare: node.quotes === "plain" });
  }
}

/** Encrypted comments stand in lists like values; they take no position, because `sops -d` makes comments of them. */
function walkList(list: Extract<YamlNode, { kind: "list" }>, here: Here, walk: Walk): void {
  let index = 0;
  for (const item of list.items) {
    walkNode(item, { ...here, path: [...here.path, String(index)], flow: here.flow || list.flow }, walk);
    const last = walk.leaves.at(-1);
    if (last?.comment !== true || last.start !== item.start) index++;
  }
}

/** The value at a path; undefined if there is none, or a map or list. */
export function leafAt(tree: SopsTree, path: KeyPath): Leaf | undefined {
  const name = formatPath(path);
  return tree.leaves.find((leaf) => !leaf.comment && formatPath(leaf.path) === name);
}

/** Text of a scalar. JSON strings are read by the JSON reader, because YAML knows other escapes. */
export function scalarText(
  node: Extract<YamlNode, { kind: "scalar" }>,
  source: { readonly file: SourceFile; readonly json: boolean },
): string {
  if (!source.json || node.quotes !== "double") return node.text;
  return String(JSON.parse(source.file.text.slice(node.start, node.end)));
}

/** Name of a pair; undefined if SOPS would not take it for text (`1: …`, `null: …`, `<<: …`). */
export function keyText(pair: Pair, source: { readonly file: SourceFile; readonly json: boolean }): string | undefined {
  if (pair.key.kind !== "scalar") return undefined;
  const text = scalarText(pair.key, source);
  if (pair.key.quotes !== "plain") return text;
  return text !== "<<" && isYamlString(text) ? text : undefined;
}
