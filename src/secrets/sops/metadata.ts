/** The `sops` section: who can open the file, which values are encrypted, and what authenticates it. */
import type { MapNode, YamlNode } from "../../edit/nodes.ts";
import type { Problem } from "../../problem.ts";
import { fault } from "./fault.ts";
import type { Span } from "./fault.ts";
import { parseEncrypted } from "./cipher.ts";
import { DEFAULT_SELECTOR, SELECTORS, selects } from "./selector.ts";
import type { Selector, Selects } from "./selector.ts";
import { keyText, scalarText } from "./tree.ts";
import type { SopsTree } from "./tree.ts";

export type RecipientKind = "age" | "kms" | "pgp" | "gcp_kms" | "azure_kv" | "hc_vault" | "hckms";

/** One master key and the data key (or its share) encrypted for it. Nothing of it is secret. */
export interface Recipient {
  readonly kind: RecipientKind;
  readonly id: string;
  readonly enc: string;
  /** KMS only: its encryption context, a role to take on, a profile of the AWS configuration files. */
  readonly context: Readonly<Record<string, string>>;
  readonly role: string | undefined;
  readonly profile: string | undefined;
}

export interface Metadata {
  /** One group: any recipient gives the data key. Several: each gives a share, and `threshold` shares are needed. */
  readonly groups: readonly (readonly Recipient[])[];
  readonly threshold: number;
  readonly lastModified: string;
  readonly mac: string;
  readonly version: string;
  readonly selector: Selector;
  readonly selects: Selects;
  readonly macOnlyEncrypted: boolean;
  readonly spans: { readonly mac: Span; readonly lastModified: Span };
  readonly flow: boolean;
}

/** Reads the section, or says everything that is wrong with it. */
export function readMetadata(tree: SopsTree): Metadata | { readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const wrong = (message: string, span?: Span): void => {
    problems.push(fault(tree.file, span ?? tree.metadata.key, message));
  };
  const section = tree.metadata.value;
  if (section.kind !== "map") return { problems: [fault(tree.file, section, "the sops section has to be a map")] };
  const read = reader(tree, section);
  for (const name of read.twice) wrong(`sops.${name} is given twice`);
  const groups = groupsOf(tree, read);
  const selector = selectorOf(read, wrong);
  const test = selects(selector);
  if (typeof test !== "function") wrong(`the pattern in sops.${selector.name} cannot be used: ${test.why}`);
  const [mac, lastModified] = [read.node("mac"), read.node("lastmodified")];
  const macText = read.text("mac") ?? "";
  if (mac === undefined || parseEncrypted(macText) === undefined)
    wrong("sops.mac is missing or damaged: nothing proves that the file is whole", mac);
  const modified = read.text("lastmodified") ?? "";
  if (lastModified === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)$/u.test(modified))
    wrong("sops.lastmodified is missing or no time", lastModified);
  if (groups.flat().length === 0) wrong("the sops section names no recipient: nobody can open the file");
  const macOnlyEncrypted = read.text("mac_only_encrypted") === "true";
  if (macOnlyEncrypted && selector.name.endsWith("_comment_regex"))
    wrong(`mac_only_encrypted together with ${selector.name} is not supported: the MAC would not cover comments`);
  if (problems.length > 0 || typeof test !== "function" || mac === undefined || lastModified === undefined)
    return { problems };
  return {
    groups,
    threshold: Number(read.text("shamir_threshold") ?? groups.length) || groups.length,
    lastModified: modified,
    mac: macText,
    version: read.text("version") ?? "",
    selector,
    selects: test,
    macOnlyEncrypted,
    spans: { mac, lastModified },
    flow: tree.root.flow || section.flow,
  };
}

function selectorOf(read: Reader, wrong: (message: string) => void): Selector {
  const given = SELECTORS.flatMap((name) => {
    const text = read.text(name) ?? "";
    return text === "" ? [] : [{ name, text }];
  });
  if (given.length > 1) wrong(`the sops section has more than one rule: ${given.map((one) => one.name).join(", ")}`);
  return given[0] ?? DEFAULT_SELECTOR;
}

function groupsOf(tree: SopsTree, read: Reader): Recipient[][] {
  const single = recipientsOf(tree, read);
  if (single.length > 0) return [single];
  return read.maps("key_groups").map((group) => recipientsOf(tree, reader(tree, group)));
}

/** Fields that together name a master key, by kind; the first one that is there is the name of the list. */
const FIELDS: readonly (readonly [RecipientKind, readonly string[]])[] = [
  ["age", ["recipient"]],
  ["kms", ["arn"]],
  ["pgp", ["fp"]],
  ["gcp_kms", ["resource_id"]],
  ["azure_kv", ["vault_url", "name", "version"]],
  ["hc_vault", ["vault_address", "engine_path", "key_name"]],
  ["hckms", ["key_id"]],
];

function recipientsOf(tree: SopsTree, group: Reader): Recipient[] {
  return FIELDS.flatMap(([kind, fields]) =>
    group.maps(kind).map((map) => {
      const read = reader(tree, map);
      const context = read.map("context");
      return {
        kind,
        id: fields.map((field) => read.text(field) ?? "").join("/"),
        enc: read.text("enc") ?? "",
        context: context === undefined ? {} : textsOf(tree, context),
        role: read.text("role") || undefined,
        profile: read.text("aws_profile") || undefined,
      };
    }),
  );
}

function textsOf(tree: SopsTree, map: MapNode): Record<string, string> {
  const read = reader(tree, map);
  return Object.fromEntries(read.names.map((name) => [name, read.text(name) ?? ""]));
}

interface Reader {
  readonly names: readonly string[];
  readonly twice: readonly string[];
  node(name: string): YamlNode | undefined;
  /** Text of a scalar; undefined where there is none, or null. */
  text(name: string): string | undefined;
  map(name: string): MapNode | undefined;
  /** Maps in a list; none where there is no list. */
  maps(name: string): readonly MapNode[];
}

function reader(tree: SopsTree, map: MapNode): Reader {
  const nodes = new Map<string, YamlNode>();
  const twice: string[] = [];
  for (const pair of map.pairs) {
    const name = keyText(pair, tree);
    if (name === undefined) continue;
    if (nodes.has(name)) twice.push(name);
    nodes.set(name, pair.value);
  }
  return {
    names: [...nodes.keys()],
    twice,
    node: (name) => nodes.get(name),
    text: (name) => {
      const node = nodes.get(name);
      if (node?.kind !== "scalar" || (node.quotes === "plain" && /^(?:|~|null)$/u.test(node.text))) return undefined;
      return scalarText(node, tree);
    },
    map: (name) => {
      const node = nodes.get(name);
      return node?.kind === "map" ? node : undefined;
    },
    maps: (name) => {
      const node = nodes.get(name);
      return node?.kind === "list" ? node.items.filter((item) => item.kind === "map") : [];
    },
  };
}
