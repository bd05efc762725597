/** `.sops.yaml`: for whom a new file is encrypted (`creation_rules`, the first one whose path fits). */
import { CORE_SCHEMA, YAMLException, load } from "js-yaml";
import type { Plain, PlainMap, SourceFile } from "../../model.ts";
import type { Problem } from "../../problem.ts";
import { isPlainMap } from "../../tree.ts";
import { fault } from "./fault.ts";
import type { KeyGroups, RecipientName } from "./new-file.ts";
import { goPattern } from "./pattern.ts";
import { SELECTORS } from "./selector.ts";
import type { Selector } from "./selector.ts";

export interface CreationRule {
  /** age recipients and KMS keys; in groups where the data key is to be shared out. */
  readonly recipients: readonly RecipientName[] | KeyGroups;
  /** Undefined: the default rule of SOPS. */
  readonly selector: Selector | undefined;
}

/**
 * The rule for a new file, whose path is relative to the folder of `.sops.yaml`; undefined if none fits. Problems: a
 * file that is not understood, and keys of kinds that trueup cannot encrypt for: leaving one out would lock people out.
 */
export function creationRule(
  rules: SourceFile,
  path: string,
): { readonly rule: CreationRule | undefined } | { readonly problems: readonly Problem[] } {
  const wrong = (message: string): { problems: Problem[] } => ({ problems: [fault(rules, undefined, message)] });
  const parsed = parse(rules.text);
  const list = isPlainMap(parsed) ? parsed.creation_rules : undefined;
  if (!isList(list)) return wrong("the file has no list creation_rules");
  for (const [index, rule] of list.entries()) {
    const name = `creation_rules[${index}]`;
    if (!isPlainMap(rule)) return wrong(`${name} is not a map`);
    const fits = pathFits(rule, path);
    if (typeof fits === "string") return wrong(`${name}.path_regex cannot be used: ${fits}`);
    if (!fits) continue;
    const read = readRule(rule);
    return typeof read === "string" ? wrong(`${name} ${read}`) : { rule: read };
  }
  return { rule: undefined };
}

function parse(text: string): Plain | undefined {
  try {
    return load(text, { schema: CORE_SCHEMA, maxAliases: 100 }) as Plain;
  } catch (error) {
    if (error instanceof YAMLException) return undefined;
    throw error;
  }
}

function isList(value: Plain | undefined): value is readonly Plain[] {
  return Array.isArray(value);
}

function pathFits(rule: PlainMap, path: string): boolean | string {
  if (typeof rule.path_regex !== "string" || rule.path_regex === "") return true;
  const test = goPattern(rule.path_regex);
  return typeof test === "function" ? test(path) : test.why;
}

const OTHER_KEYS = ["pgp", "gcp_kms", "azure_keyvault", "hc_vault_transit_uri", "hckms"];

function readRule(rule: PlainMap): CreationRule | string {
  const groups = isList(rule.key_groups) ? rule.key_groups.filter(isPlainMap) : [];
  const read = (groups.length === 0 ? [rule] : groups).map((group) => readGroup(group, rule));
  const wrong = read.find((one) => typeof one === "string");
  if (wrong !== undefined) return wrong;
  const lists = read.filter((one) => typeof one !== "string");
  const selectors = SELECTORS.flatMap((name): Selector[] => {
    const text = rule[name];
    return typeof text === "string" && text !== "" ? [{ name, text }] : [];
  });
  if (selectors.length > 1) return `has more than one of ${selectors.map((one) => one.name).join(", ")}`;
  if (rule.mac_only_encrypted === true) return "asks for mac_only_encrypted; write the first value with sops";
  const [selector] = selectors;
  if (lists.length === 1) return { recipients: lists[0] ?? [], selector };
  const threshold = rule.shamir_threshold ?? lists.length;
  if (typeof threshold !== "number" || !Number.isInteger(threshold) || threshold < 2 || threshold > lists.length)
    return `has a shamir_threshold that is not from 2 to ${lists.length}, the number of its key groups`;
  return { recipients: { groups: lists, threshold }, selector };
}

function readGroup(group: PlainMap, rule: PlainMap): readonly RecipientName[] | string {
  const other = OTHER_KEYS.find((kind) => texts(group[kind]).length > 0 || isList(group[kind]));
  if (other !== undefined) return `names keys of kind ${other}; trueup can encrypt for age and AWS KMS`;
  if (group.merge !== undefined) return "merges key groups; write the first value with sops";
  const profile = typeof rule.aws_profile === "string" ? rule.aws_profile : undefined;
  const kms = isList(group.kms)
    ? group.kms.map((key) => kmsKey(key, profile))
    : texts(group.kms).map((arn) => kmsKey(arn, profile));
  if (kms.includes(undefined))
    return "has a KMS key that is neither an ARN nor a map with arn, role, context and aws_profile";
  return [...texts(group.age), ...kms.flatMap((key) => key ?? [])];
}

/** `arn`, `arn+role`, or a map. */
function kmsKey(key: Plain, profile: string | undefined): RecipientName | undefined {
  const map: PlainMap = isPlainMap(key) ? key : { arn: key };
  const [arn = "", role] = typeof map.arn === "string" ? map.arn.replaceAll(" ", "").split("+arn:") : [];
  const context = isPlainMap(map.context) ? Object.entries(map.context) : [];
  if (arn === "" || context.some(([, value]) => typeof value !== "string")) return undefined;
  const as = {
    role: role === undefined ? map.role : `arn:${role}`,
    profile: map.aws_profile ?? profile,
  };
  const given = Object.entries(as).filter(([, text]) => typeof text === "string" && text !== "");
  if (given.length === 0 && context.length === 0) return arn;
  return {
    arn,
    ...Object.fromEntries(given),
    ...(context.length === 0 ? {} : { context: Object.fromEntries(context) as Record<string, string> }),
  };
}

/** One text with commas, or a list of texts. */
function texts(value: Plain | undefined): string[] {
  const list =
    typeof value === "string" ? value.split(",") : isList(value) ? value.filter((one) => typeof one === "string") : [];
  return list.map((one) => one.trim()).filter((one) => one !== "");
}
