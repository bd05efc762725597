/** IAM policy documents, as far as trueup writes them. */

export type Conditions = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

export interface Statement {
  readonly Sid?: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  /** Absent in trust policies. */
  readonly Resource?: readonly string[];
  readonly Principal?: { readonly Federated: string };
  readonly Condition?: Conditions;
}

export interface Policy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly Statement[];
}

/** Characters of one managed policy, white space not counted (IAM quotas, seen 2026-08). */
export const POLICY_LIMIT = 6144;

/** As few documents as hold the statements, each within the limit. Long lists are cut: an IAM role unites its policies. */
export function documentsOf(statements: readonly Statement[], limit = POLICY_LIMIT): readonly Policy[] {
  const room = limit - JSON.stringify(documentOf([])).length;
  const documents: Statement[][] = [];
  let used = room;
  for (const statement of statements.flatMap((each) => pieces(each, room))) {
    const size = sizeOf(statement);
    if (used + size > room) {
      documents.push([]);
      used = 0;
    }
    documents.at(-1)?.push(statement);
    used += size;
  }
  return documents.map(documentOf);
}

function documentOf(statements: readonly Statement[]): Policy {
  const seen = new Map<string, number>();
  const named = statements.map((statement): Statement => {
    if (statement.Sid === undefined) return statement;
    // Sids are unique within a document.
    const count = (seen.get(statement.Sid) ?? 0) + 1;
    seen.set(statement.Sid, count);
    return count === 1 ? statement : { ...statement, Sid: `${statement.Sid}${count}` };
  });
  return { Version: "2012-10-17", Statement: named };
}

/** With a comma, and room for the number that a Sid may get. */
function sizeOf(statement: Statement): number {
  return JSON.stringify(statement).length + 4;
}

/** The statement, its resources (or values of its longest condition) spread over as many as it needs. */
function pieces(statement: Statement, room: number): readonly Statement[] {
  if (sizeOf(statement) <= room) return [statement];
  const { Resource: resources = [] } = statement;
  if (resources.length > 1) return halves(resources).flatMap((half) => pieces({ ...statement, Resource: half }, room));
  for (const [operator, keys] of Object.entries(statement.Condition ?? {})) {
    for (const [key, values] of Object.entries(keys)) {
      if (values.length < 2) continue;
      return halves(values).flatMap((half) => {
        const condition = { ...statement.Condition, [operator]: { ...keys, [key]: half } };
        return pieces({ ...statement, Condition: condition }, room);
      });
    }
  }
  return [statement];
}

function halves<T>(list: readonly T[]): readonly (readonly T[])[] {
  const middle = Math.ceil(list.length / 2);
  return [list.slice(0, middle), list.slice(middle)];
}
