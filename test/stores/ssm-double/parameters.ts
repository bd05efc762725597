/** The parameters of the double: every version of each, who wrote it, and from when on a read sees it. */
import { createHash } from "node:crypto";
import { checkBatch, checkName, checkPut, downgrade, Refusal } from "./rules.ts";
import type { PutInput } from "./rules.ts";

export interface ParameterVersion {
  readonly number: number;
  readonly text: string;
  readonly type: string;
  /** Seconds since 1970, with fractions, as SSM sends them. */
  readonly at: number;
  readonly user: string;
  readonly description: string | undefined;
  readonly keyId: string | undefined;
  readonly tier: string;
  readonly visibleAt: number;
  readonly labels: Set<string>;
}

export interface Parameter {
  readonly name: string;
  readonly versions: ParameterVersion[];
  readonly tags: ReadonlyMap<string, string>;
}

export interface Rules {
  /** Milliseconds of the clock that quotas, delays and dates go by. */
  now(): number;
  /** From 0 to 1, the same for one seed. */
  random(): number;
  /** A read is behind a write by up to that many milliseconds. */
  readonly staleMs: number;
  /** A name is not free for that long after it was deleted. */
  readonly recreateMs: number;
  /** Pages are short or empty now and then. */
  readonly oddPages: boolean;
  /** Parameters in the account, at most. */
  readonly room: number;
}

const KEPT_VERSIONS = 100;
const PAGE = 10;
const ARN = "arn:aws:ssm:us-east-2:111122223333:parameter";

export function parametersOf(rules: Rules) {
  const live = new Map<string, Parameter>();
  const graves = new Map<string, { readonly parameter: Parameter; readonly at: number; readonly goneAt: number }>();
  const began = Date.now() - rules.now();

  function put(input: PutInput, user: string, staleMs = rules.staleMs): { Version: number; Tier: string } {
    checkPut(input);
    const old = live.get(input.Name);
    const last = old?.versions.at(-1);
    if (last !== undefined && input.Overwrite !== true)
      throw new Refusal(
        "ParameterAlreadyExists",
        "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
      );
    if (last === undefined && input.Type === undefined)
      throw new Refusal("ValidationException", "A parameter type is required when you create a parameter.");
    if (input.AllowedPattern !== undefined && !new RegExp(input.AllowedPattern, "u").test(input.Value))
      throw new Refusal(
        "ParameterPatternMismatchException",
        "Parameter value, cannot be validated against allowedPattern",
      );
    const grave = graves.get(input.Name);
    if (last === undefined && grave !== undefined && rules.now() - grave.at < rules.recreateMs)
      throw new Refusal("ParameterAlreadyExists", "The parameter was deleted less than 30 seconds ago.");
    if (last === undefined && live.size >= rules.room)
      throw new Refusal("ParameterLimitExceeded", "You have exceeded the number of parameters for this account.");
    const type = input.Type ?? last?.type ?? "String";
    if (last !== undefined && last.type !== type)
      throw new Refusal(
        "HierarchyTypeMismatchException",
        `Parameter type can't be changed from ${last.type} to ${type}.`,
      );
    if (last?.tier === "Advanced" && input.Tier === "Standard") throw downgrade();
    const versions = old?.versions ?? [];
    if (versions.length >= KEPT_VERSIONS) {
      if ((versions[0]?.labels.size ?? 0) > 0)
        throw new Refusal(
          "ParameterMaxVersionLimitExceeded",
          `Version ${versions[0]?.number}, the oldest version, can't be deleted because it has a label.`,
        );
      versions.shift();
    }
    const now = rules.now();
    const version: ParameterVersion = {
      number: (last?.number ?? 0) + 1,
      text: input.Value,
      type,
      at: Math.round(began + now) / 1000,
      user,
      description: input.Description ?? last?.description,
      keyId: type === "SecureString" ? (input.KeyId ?? last?.keyId ?? "alias/aws/ssm") : undefined,
      tier: input.Tier ?? last?.tier ?? "Standard",
      visibleAt: now + rules.random() * staleMs,
      labels: new Set(),
    };
    versions.push(version);
    if (old === undefined) {
      const tags = new Map((input.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
      live.set(input.Name, { name: input.Name, versions, tags });
    }
    return { Version: version.number, Tier: version.tier };
  }

  function remove(
    names: readonly string[],
    staleMs = rules.staleMs,
  ): { DeletedParameters: string[]; InvalidParameters: string[] } {
    checkBatch(names);
    const deleted: string[] = [];
    for (const name of names) {
      const parameter = live.get(name);
      if (parameter === undefined) continue;
      const now = rules.now();
      graves.set(name, { parameter, at: now, goneAt: now + rules.random() * staleMs });
      live.delete(name);
      deleted.push(name);
    }
    return { DeletedParameters: deleted, InvalidParameters: names.filter((name) => !deleted.includes(name)) };
  }

  /** Tags are not kept: trueup only asks whether it might. */
  function tag(name: string): object {
    if (!live.has(name)) throw new Refusal("InvalidResourceId", "");
    return {};
  }

  /** What a read sees of a name at this moment. */
  function visible(name: string): ParameterVersion | undefined {
    const now = rules.now();
    const seen = live.get(name)?.versions.findLast((version) => version.visibleAt <= now);
    const grave = graves.get(name);
    return seen ?? (grave !== undefined && grave.goneAt > now ? grave.parameter.versions.at(-1) : undefined);
  }

  function get(names: readonly string[], decrypt: boolean) {
    checkBatch(names);
    const parameters = [];
    const missing = [];
    for (const asked of names) {
      const [name = "", selector] = asked.split(":");
      const now = rules.now();
      const found =
        selector === undefined
          ? visible(name)
          : live
              .get(name)
              ?.versions.find(
                (each) => each.visibleAt <= now && (String(each.number) === selector || each.labels.has(selector)),
              );
      if (found === undefined) missing.push(asked);
      else
        parameters.push({
          ...shown(name, found, decrypt),
          ...(selector === undefined ? {} : { Selector: `:${selector}` }),
        });
    }
    return { Parameters: parameters.toSorted((a, b) => (a.Name < b.Name ? -1 : 1)), InvalidParameters: missing };
  }

  function byPath(input: {
    Path: string;
    Recursive?: boolean;
    WithDecryption?: boolean;
    MaxResults?: number;
    NextToken?: string;
  }) {
    if (input.Path !== "/") checkName(input.Path);
    if ((input.MaxResults ?? PAGE) > PAGE)
      throw new Refusal("ValidationException", "Member must have value less than or equal to 10");
    const prefix = input.Path === "/" ? "/" : `${input.Path}/`;
    const after = input.NextToken === undefined ? "" : afterOf(input.NextToken, prefix);
    const names = [...new Set([...live.keys(), ...graves.keys()])]
      .filter(
        (name) =>
          name.startsWith(prefix) &&
          name > after &&
          (input.Recursive === true || !name.slice(prefix.length).includes("/")),
      )
      .toSorted();
    const size = Math.min(pageSize(), input.MaxResults ?? PAGE);
    const page = names.slice(0, size);
    const isLast = names.length <= page.length;
    const token = isLast ? lastToken() : { NextToken: tokenOf(prefix, page.at(-1) ?? after) };
    const parameters = page.flatMap((name) => {
      const found = visible(name);
      return found === undefined ? [] : [shown(name, found, input.WithDecryption === true)];
    });
    return { Parameters: parameters, ...token };
  }

  function history(input: { Name: string; WithDecryption?: boolean; MaxResults?: number; NextToken?: string }) {
    const versions = live.get(input.Name)?.versions;
    if (versions === undefined) throw new Refusal("ParameterNotFound", "");
    const start = input.NextToken === undefined ? 0 : Number(input.NextToken);
    const page = versions.slice(start, start + (input.MaxResults ?? 50));
    const end = start + page.length;
    const shownPage = page.map((version) => ({
      ...shown(input.Name, version, input.WithDecryption === true),
      LastModifiedUser: version.user,
      Description: version.description,
      KeyId: version.keyId,
      Labels: [...version.labels],
      Tier: version.tier,
    }));
    return { Parameters: shownPage, NextToken: end < versions.length ? String(end) : "" };
  }

  const pageSize = (): number => {
    if (!rules.oddPages) return PAGE;
    const dice = rules.random();
    if (dice < 0.15) return 0;
    return dice < 0.5 ? 1 + Math.floor(rules.random() * PAGE) : PAGE;
  };
  const lastToken = (): { NextToken?: string } => (rules.oddPages && rules.random() < 0.5 ? { NextToken: "" } : {});
  let empty = 0;
  const tokenOf = (prefix: string, after: string): string =>
    Buffer.from(JSON.stringify([prefix, after, empty++])).toString("base64");

  return { live, put, tag, remove, get, byPath, history };
}

function afterOf(token: string, prefix: string): string {
  try {
    const [of, after] = JSON.parse(Buffer.from(token, "base64").toString()) as [string, string];
    if (of === prefix) return after;
  } catch {
    // Falls through: not a token of ours.
  }
  throw new Refusal("InvalidNextToken", "The specified token isn't valid.");
}

function shown(name: string, version: ParameterVersion, decrypt: boolean) {
  const isHidden = version.type === "SecureString" && !decrypt;
  // Nothing that could be undone or compared, and different for every version.
  const cipher = (): string => createHash("sha512").update(`${name} ${version.number} ${version.at}`).digest("base64");
  return {
    Name: name,
    Type: version.type,
    Value: isHidden ? cipher() : version.text,
    Version: version.number,
    LastModifiedDate: version.at,
    ARN: `${ARN}${name}`,
    DataType: "text",
  };
}
