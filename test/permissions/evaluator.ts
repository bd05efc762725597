/**
 * A small IAM, for tests: what do these policies allow? After the evaluation logic and condition operators of the IAM
 * User Guide (seen 2026-08): an explicit Deny wins, then any Allow, else no. Keys of conditions are not case-sensitive.
 */
export interface Request {
  readonly action: string;
  readonly resource?: string;
  readonly principal?: string;
  /** Condition keys with their values; an absent key is missing, an empty list is a key with no values. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

type Raw = Readonly<Record<string, unknown>>;

export function isAllowed(policies: readonly unknown[], request: Request): boolean {
  const applying = policies
    .flatMap((policy) => listOf((policy as Raw)["Statement"]) as Raw[])
    .filter((statement) => applies(statement, request));
  return (
    applying.some((statement) => statement["Effect"] === "Allow") &&
    !applying.some((statement) => statement["Effect"] === "Deny")
  );
}

function applies(statement: Raw, request: Request): boolean {
  const { Action, NotAction, Resource, NotResource, Principal, Condition } = statement;
  const fits = (patterns: unknown, text: string, anyCase = false): boolean =>
    listOf(patterns).some((pattern) => wild(String(pattern), text, anyCase));
  const action = Action === undefined ? !fits(NotAction, request.action, true) : fits(Action, request.action, true);
  const resource =
    request.resource === undefined ||
    (Resource === undefined
      ? NotResource !== undefined && !fits(NotResource, request.resource)
      : fits(Resource, request.resource));
  const principal =
    request.principal === undefined ||
    Principal === "*" ||
    Object.values((Principal ?? {}) as Raw).some((names) =>
      listOf(names).some((name) => name === "*" || name === request.principal),
    );
  return action && resource && principal && holds(Condition, request.context ?? {});
}

function holds(condition: unknown, context: NonNullable<Request["context"]>): boolean {
  const given = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), listOf(value).map(String)]));
  return Object.entries((condition ?? {}) as Raw).every(([operator, keys]) =>
    Object.entries(keys as Raw).every(([key, wanted]) =>
      test(operator, given.get(key.toLowerCase()), listOf(wanted).map(String)),
    ),
  );
}

function test(operator: string, given: readonly string[] | undefined, wanted: readonly string[]): boolean {
  const [, set, base = "", ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/u.exec(operator) ?? [];
  if (base === "Null") return wanted.includes(String(given === undefined || given.length === 0));
  if (ifExists !== undefined && given === undefined) return true;
  const negated = base.includes("Not");
  const one = (value: string): boolean => matchesAny(base.replace("Not", ""), value, wanted) !== negated;
  // The trap: "all values of nothing" is true, so a token without the claim passes.
  if (set === "ForAllValues") return (given ?? []).every(one);
  if (set === "ForAnyValue") return (given ?? []).some(one);
  if (given === undefined) return negated;
  return negated ? given.every(one) : given.some(one);
}

function matchesAny(operator: string, value: string, wanted: readonly string[]): boolean {
  if (operator === "StringEquals") return wanted.includes(value);
  if (operator === "StringEqualsIgnoreCase") return wanted.some((each) => each.toLowerCase() === value.toLowerCase());
  if (operator === "StringLike") return wanted.some((each) => wild(each, value, false));
  if (operator === "ArnEquals" || operator === "ArnLike") return wanted.some((each) => arnLike(each, value));
  if (operator === "Bool") return wanted.some((each) => each.toLowerCase() === value.toLowerCase());
  throw new Error(`this evaluator does not know ${operator}`);
}

/** Six parts, each with its own wildcards. */
function arnLike(pattern: string, value: string): boolean {
  const parts = (text: string): string[] => {
    const all = text.split(":");
    return [...all.slice(0, 5), all.slice(5).join(":")];
  };
  const [left, right] = [parts(pattern), parts(value)];
  return left.every((part, index) => wild(part, right[index] ?? "", false));
}

/** `*` is any text, slashes and colons too; `?` is one character. */
function wild(pattern: string, text: string, anyCase: boolean): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/gu, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, anyCase ? "isu" : "su").test(text);
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly unknown[]) : [value];
}
