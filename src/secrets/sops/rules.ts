/** `.sops.yaml`: for whom a new file is encrypted (`creation_rules`, the first one whose path fits). */
import { CORE_SCHEMA, YAMLException, load } from "js-yaml";
import type { Plain, PlainMap, SourceFile } from "../../model.ts";
import type { Problem } from "../../problem.ts";
import { isPlainMap } from "../../tree.ts";
import { fault } from "./fault.ts";
import { goPattern } from "./pattern.ts";
import { SELECTORS } from "./selector.ts";
import type { Selector } from "./selector.ts";

export interface CreationRule {
  /** age recipients and ARNs of KMS keys. */
  readonly recipients: readonly string[];
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
  if (groups.length > 1) return "has several key groups; trueup writes files with one";
  const source = groups[0] ?? rule;
  const other = OTHER_KEYS.find((kind) => texts(source[kind]).length > 0 || isList(source[kind]));
  if (other !== undefined) return `names keys of kind ${other}; trueup can encrypt for age and AWS KMS`;
  const kms = isList(source.kms) ? source.kms.map((key) => (isPlainMap(key) ? key.arn : key)) : texts(source.kms);
  const bound =
    isList(source.kms) && source.kms.some((key) => isPlainMap(key) && (key.context ?? key.role) !== undefined);
  if (bound || kms.some((arn) => typeof arn !== "string" || arn.includes("+")))
    return "binds a KMS key to a role or context; write the first value with sops";
  const recipients = [...texts(source.age), ...kms.map(String)];
  const selectors = SELECTORS.flatMap((name): Selector[] => {
    const text = rule[name];
    return typeof text === "string" && text !== "" ? [{ name, text }] : [];
  });
  if (selectors.length > 1) return `has more than one of ${selectors.map((one) => one.name).join(", ")}`;
  if (rule.mac_only_encrypted === true) return "asks for mac_only_encrypted; write the first value with sops";
  return { recipients, selector: selectors[0] };
}

/** One text with commas, or a list of texts. */
function texts(value: Plain | undefined): string[] {
  const list =
    typeof value === "string" ? value.split(",") : isList(value) ? value.filter((one) => typeof one === "string") : [];
  return list.map((one) => one.trim()).filter((one) => one !== "");
}
