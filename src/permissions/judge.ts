/** Reads a trust policy as an attacker would: which jobs of other people could take on the role? (security.md, IAM-07) */

export interface TrustFinding {
  readonly id:
    | "no-condition-on-aud"
    | "no-condition-on-sub"
    | "for-all-values"
    | "if-exists"
    | "wide-sub"
    | "wide-aud"
    | "anybody"
    | "unreadable";
  /** Index of the statement in the policy. */
  readonly statement: number;
  readonly message: string;
  readonly fix: string;
}

/** Findings of an assume-role policy, in order; empty if every Allow for GitHub tokens is pinned down. */
export function judgeTrustPolicy(policy: unknown): readonly TrustFinding[] {
  const statements = listOf(isMap(policy) ? policy["Statement"] : undefined);
  if (statements.length === 0)
    return [finding("unreadable", 0, "the policy has no statements", "print it again with trueup permissions")];
  return statements.flatMap((statement, index) => (isMap(statement) ? judge(statement, index) : []));
}

type Raw = Readonly<Record<string, unknown>>;

function judge(statement: Raw, index: number): TrustFinding[] {
  if (statement["Effect"] !== "Allow" || !assumesByToken(statement)) return [];
  if (isAnybody(statement))
    return [
      finding("anybody", index, "any principal may take on the role", "name the OIDC provider as Principal.Federated"),
    ];
  const tests = testsOf(statement["Condition"]);
  const found: TrustFinding[] = [];
  for (const { operator, claim } of tests) {
    if (claim !== "aud" && claim !== "sub") continue;
    if (operator.startsWith("forallvalues:"))
      found.push(
        finding(
          "for-all-values",
          index,
          `ForAllValues on ${claim} is true for a token without that claim`,
          "use StringEquals without ForAllValues",
        ),
      );
    if (operator.endsWith("ifexists"))
      found.push(
        finding("if-exists", index, `IfExists on ${claim} is true for a token without that claim`, "drop IfExists"),
      );
  }
  return [...found, ...judgeClaim("aud", tests, index), ...judgeClaim("sub", tests, index)];
}

interface Test {
  /** Lower case: `stringlike`, `forallvalues:stringequals`. */
  readonly operator: string;
  /** Last part of the condition key: `sub`. */
  readonly claim: string;
  readonly values: readonly string[];
}

/** Conditions of one block are united by AND: one that pins the claim down is enough. */
function judgeClaim(claim: "aud" | "sub", tests: readonly Test[], index: number): TrustFinding[] {
  const pins = tests.filter(
    (test) => test.claim === claim && /^(?:foranyvalue:)?string(?:equals|equalsignorecase|like)$/u.test(test.operator),
  );
  if (pins.length === 0) {
    const what = claim === "aud" ? "whatever it was made for" : "of any repository";
    const fix =
      claim === "aud" ? 'StringEquals aud: "sts.amazonaws.com"' : "StringEquals sub: the exact subject of the job";
    return [finding(`no-condition-on-${claim}`, index, `a token ${what} fits: nothing tests ${claim}`, fix)];
  }
  const open = pins.map((test) => test.values.filter((value) => isWide(claim, value, test.operator)));
  if (open.some((values) => values.length === 0)) return [];
  const values = [...new Set(open.flat())];
  return [
    finding(
      claim === "sub" ? "wide-sub" : "wide-aud",
      index,
      `${claim} may be ${values.join(", ")}, which fits jobs that nobody approved`,
      claim === "sub" ? "name repository and environment in full, with StringEquals" : "sts.amazonaws.com",
    ),
  ];
}

/**
 * True where a value leaves open the owner, the repository, the environment or the branch. Only StringLike has
 * wildcards. A whole repository (`repo:o/r:*`) is wide too: every branch and pull request of it fits.
 */
function isWide(claim: "aud" | "sub", value: string, operator: string): boolean {
  return operator.endsWith("like") ? /[*?]/u.test(value) : claim === "sub" && !/^repo:[^:]+:.+/u.test(value);
}

function assumesByToken(statement: Raw): boolean {
  if (statement["NotAction"] !== undefined) return true;
  return listOf(statement["Action"]).some(
    (action) => typeof action === "string" && matches(action.toLowerCase(), "sts:assumerolewithwebidentity"),
  );
}

/** IAM's wildcards, without a regular expression that could take for ever. */
function matches(pattern: string, text: string): boolean {
  const pieces = pattern.split("*");
  if (pieces.length === 1) return pattern === text;
  const [first = "", last = ""] = [pieces[0], pieces.at(-1)];
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const next = text.indexOf(piece, at);
    if (next < 0) return false;
    at = next + piece.length;
  }
  return at <= text.length - last.length;
}

function isAnybody(statement: Raw): boolean {
  if (statement["NotPrincipal"] !== undefined) return true;
  const principal = statement["Principal"];
  if (principal === "*") return true;
  if (!isMap(principal)) return false;
  return [...listOf(principal["Federated"]), ...listOf(principal["AWS"])].includes("*");
}

function testsOf(condition: unknown): readonly Test[] {
  if (!isMap(condition)) return [];
  return Object.entries(condition).flatMap(([operator, keys]) =>
    Object.entries(isMap(keys) ? keys : {}).map(([key, values]) => ({
      operator: operator.toLowerCase(),
      claim: key.slice(key.lastIndexOf(":") + 1).toLowerCase(),
      values: listOf(values).map(String),
    })),
  );
}

function finding(id: TrustFinding["id"], statement: number, message: string, fix: string): TrustFinding {
  return { id, statement, message, fix };
}

function isMap(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as readonly unknown[]) : [value];
}
