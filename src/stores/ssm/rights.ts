/**
 * What these credentials may do in SSM, action by action. Every question is a call that changes nothing, whatever the
 * answer: reads; a put of a name that exists without leave to overwrite (and with a value that its own pattern forbids,
 * should the name be gone meanwhile); deletes, tags and history of a name that nobody has. AWS looks at rights before it
 * looks at the parameter: a caller without the right is told AccessDenied, whether the name exists or not.
 */
import { isFailure } from "../../failure.ts";
import type { Key } from "../../model.ts";
import type { Right, RightsQuery } from "../store.ts";
import { parameterArn } from "./arn.ts";
import type { Client, Operation } from "./client.ts";
import { isName } from "./limits.ts";
import type { Options } from "./options.ts";

type Role = NonNullable<Right["role"]>;
type Verdict = "granted" | "missing" | "unchecked";
interface Area {
  /** A prefix that ends with a slash, or one exact key. */
  readonly name: Key;
  readonly isPrefix: boolean;
}

/** Areas asked about in one destination: each costs some calls of the slow sort. */
const AREAS = 6;
/** Errors that only somebody hears who has the right. */
const ALLOWED = new Set([
  "ParameterAlreadyExists",
  "ParameterNotFound",
  "HierarchyTypeMismatchException",
  "InvalidResourceId",
]);

/** `writer` is undefined where one role does everything. */
export async function rightsOf(
  reader: Client,
  writer: Client | undefined,
  query: RightsQuery,
  signal?: AbortSignal,
): Promise<readonly Right[]> {
  const areas = areasOf(query);
  const plan: Role | undefined = writer === undefined ? undefined : "plan";
  const rights = await reads(reader, plan, areas, query, signal);
  if (writer === undefined) return [...rights, ...(await writes(reader, undefined, areas, query, signal))];
  try {
    const more = await reads(writer, "apply", areas, query, signal);
    return [...rights, ...more, ...(await writes(writer, "apply", areas, query, signal))];
  } catch (error) {
    // A job that plans may not take on the role for applies, and should not.
    if (!isFailure(error) || (error.code !== "DENIED" && error.code !== "MISSING")) throw error;
    const message = `what the role for applies may do was not checked: ${error.message}`;
    const fix = "run trueup doctor in a job that may take it on; for a plan nothing is missing";
    return [...rights, { action: "apply", role: "apply", state: "unchecked", message, fix }];
  }
}

function areasOf({ prefixes, keys }: RightsQuery): readonly Area[] {
  const all = [
    ...[...new Set(prefixes)].map((name) => ({ name, isPrefix: true })),
    ...[...new Set(keys)].map((name) => ({ name, isPrefix: false })),
  ];
  return all.filter(({ name }) => isName(name.replace(/\/$/u, ""))).slice(0, AREAS);
}

type Ask = (area: Area) => Promise<Verdict>;

async function reads(
  client: Client,
  role: Role | undefined,
  areas: readonly Area[],
  { nobody }: RightsQuery,
  signal?: AbortSignal,
): Promise<Right[]> {
  const byPath: Ask = ({ name }) =>
    probe(
      client,
      "GetParametersByPath",
      { Path: name.slice(0, -1), MaxResults: 1, WithDecryption: false },
      name,
      signal,
    );
  const byName: Ask = (area) =>
    probe(client, "GetParameters", { Names: [within(area, nobody)], WithDecryption: false }, area.name, signal);
  const prefixes = areas.filter(({ isPrefix }) => isPrefix);
  return [
    ...(prefixes.length === 0 ? [] : [await right("ssm:GetParametersByPath", role, prefixes, byPath, client.options)]),
    await right("ssm:GetParameters", role, areas, byName, client.options),
  ];
}

async function writes(
  client: Client,
  role: Role | undefined,
  areas: readonly Area[],
  query: RightsQuery,
  signal?: AbortSignal,
): Promise<Right[]> {
  const { nobody } = query;
  const { options } = client;
  // The right to delete or tag one exact name cannot be asked about without doing it.
  const onlyBelow =
    (ask: Ask): Ask =>
    (area) =>
      area.isPrefix ? ask(area) : Promise.resolve("unchecked");
  const put: Ask = (area) => askPut(client, area, query, signal);
  const remove: Ask = (area) => probe(client, "DeleteParameters", { Names: [within(area, nobody)] }, area.name, signal);
  const history: Ask = (area) =>
    probe(client, "GetParameterHistory", { Name: within(area, nobody), MaxResults: 1 }, area.name, signal);
  const tag: Ask = (area) => {
    const ResourceType = "Parameter" as const;
    const input = { ResourceType, ResourceId: within(area, nobody), Tags: [{ Key: nobody, Value: "x" }] };
    return probe(client, "AddTagsToResource", input, area.name, signal);
  };
  // Ledger and head get no tags, so the printed policy does not allow it there.
  const tagged = areas.filter(({ name, isPrefix }) =>
    query.wanted.some(({ key }) => (isPrefix ? key.startsWith(name) : key === name)),
  );
  return [
    await right("ssm:PutParameter", role, areas, put, options),
    await right("ssm:DeleteParameters", role, areas, onlyBelow(remove), options),
    await right("ssm:GetParameterHistory", role, areas, history, options),
    ...(Object.keys(options.tags).length === 0 || tagged.length === 0
      ? []
      : [await right("ssm:AddTagsToResource", role, tagged, onlyBelow(tag), options)]),
    ...(await keyRights(client, role, query, signal)),
  ];
}

/** A name that nobody has below a prefix; an exact key itself. */
function within({ name, isPrefix }: Area, nobody: string): Key {
  return isPrefix ? `${name}trueup-doctor-${nobody}` : name;
}

/** Only of a name that exists: an emulator that forgets about patterns must not make one. */
async function askPut(client: Client, area: Area, { present }: RightsQuery, signal?: AbortSignal): Promise<Verdict> {
  const isHere = (key: Key): boolean => (area.isPrefix ? key.startsWith(area.name) : key === area.name);
  const here = [...present.keys()].filter(isHere);
  const name = here.find((key) => present.get(key) === false) ?? here[0];
  if (name === undefined) return "unchecked";
  const input = { Name: name, Value: "trueup doctor", Type: "String", AllowedPattern: "^$", Overwrite: false } as const;
  return probe(client, "PutParameter", input, name, signal);
}

/** Whether secrets can be decrypted is only asked of the role that applies; the text is dropped. */
async function keyRights(
  client: Client,
  role: Role | undefined,
  { wanted, present }: RightsQuery,
  signal?: AbortSignal,
): Promise<Right[]> {
  const { kmsKey } = client.options;
  if (!wanted.some(({ secret }) => secret)) return [];
  const sample = wanted.find(({ key, secret }) => secret && present.has(key));
  const decrypt = "kms:Decrypt";
  const how = `check: aws kms describe-key --key-id ${kmsKey ?? "alias/aws/ssm"}, and that its key policy names the role`;
  const unchecked = (action: string, why: string): Right => ({
    action,
    role,
    state: "unchecked",
    message: `${action} was not checked: ${why}`,
    fix: how,
  });
  const encrypt =
    kmsKey === undefined ? [] : [unchecked("kms:GenerateDataKey", "no call can ask for it without writing a secret")];
  if (sample === undefined) return [unchecked(decrypt, "no secret is stored yet"), ...encrypt];
  const ask = (WithDecryption: boolean): Promise<Verdict> =>
    probe(client, "GetParameters", { Names: [sample.key], WithDecryption }, sample.key, signal);
  const verdict = (await ask(false)) === "granted" ? await ask(true) : "unchecked";
  if (verdict === "granted") return [{ action: decrypt, role, state: "granted" }, ...encrypt];
  if (verdict === "unchecked") return [unchecked(decrypt, `${sample.key} could not be read`), ...encrypt];
  const missing: Right = {
    action: decrypt,
    role,
    state: "missing",
    message: `${decrypt} is missing${forRole(role)}: ${sample.key} cannot be decrypted`,
    fix: `allow it on the key ${kmsKey ?? "alias/aws/ssm"}, in the role's policy and in the key's policy (trueup permissions prints them)`,
  };
  return [missing, ...encrypt];
}

async function right(
  action: string,
  role: Role | undefined,
  areas: readonly Area[],
  ask: Ask,
  options: Options,
): Promise<Right> {
  const verdicts: { readonly area: Area; readonly verdict: Verdict }[] = [];
  for (const area of areas) verdicts.push({ area, verdict: await ask(area) });
  const of = (wanted: Verdict): Area[] => verdicts.filter(({ verdict }) => verdict === wanted).map(({ area }) => area);
  const [missing, unchecked] = [of("missing"), of("unchecked")];
  const names = (list: readonly Area[]): string => list.map(({ name }) => name).join(", ");
  if (missing.length > 0)
    return {
      action,
      role,
      state: "missing",
      message: `${action} is missing${forRole(role)} on ${names(missing)}`,
      fix: `add to the role's policy: ${policyLine(action, missing, options, role)}`,
    };
  // What was granted in one place is granted: roles are made for a whole destination.
  if (unchecked.length < areas.length) return { action, role, state: "granted" };
  const arn = options.role[role ?? "apply"] ?? "<role>";
  const resource = arnsOf(unchecked.slice(0, 1), options, role, action).slice(0, 1).join("");
  return {
    action,
    role,
    state: "unchecked",
    message: `${action} was not checked on ${names(unchecked)}: no call can ask for it there without writing`,
    fix: `aws iam simulate-principal-policy --policy-source-arn ${arn} --action-names ${action} --resource-arns ${resource}`,
  };
}

function forRole(role: Role | undefined): string {
  return role === undefined ? "" : ` for the role of ${role === "plan" ? "plans" : "applies"}`;
}

function policyLine(action: string, areas: readonly Area[], options: Options, role: Role | undefined): string {
  const resources = arnsOf(areas, options, role, action);
  return JSON.stringify({
    Effect: "Allow",
    Action: action,
    Resource: resources.length === 1 ? resources[0] : resources,
  });
}

/** Reading by path is asked of the path itself, too. */
function arnsOf(areas: readonly Area[], options: Options, role: Role | undefined, action: string): string[] {
  const account = /^arn:[^:]+:iam::(\d{12}):/u.exec(options.role[role ?? "apply"] ?? "")?.[1] ?? "*";
  const where = { region: options.region ?? "*", account };
  return areas.flatMap(({ name, isPrefix }) => [
    ...(isPrefix && action.endsWith("ByPath") ? [parameterArn(where, name.slice(0, -1))] : []),
    parameterArn(where, isPrefix ? `${name}*` : name),
  ]);
}

async function probe(
  client: Client,
  operation: Operation,
  input: Parameters<Client["tell"]>[1],
  subject: string,
  signal?: AbortSignal,
): Promise<Verdict> {
  const told = await client.tell(operation, input, `ask about ${subject}`, signal);
  if (told.kind === "done") return "granted";
  const { name } = told.trouble;
  if (name.startsWith("AccessDenied")) return "missing";
  if (ALLOWED.has(name)) return "granted";
  if (told.kind === "unknown" || name === "NoCredentials" || name === "NoRegion")
    throw client.failure(told.trouble, operation, `ask about ${subject}`);
  return "unchecked";
}
