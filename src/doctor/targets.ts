/** Can every destination be reached and read, and what is live there? */
import { groupBy } from "../group.ts";
import type { Head, Live } from "../model.ts";
import type { Check, CheckStatus } from "../report/look/doctor.ts";
import { count, listed, shortCommit } from "../report/words.ts";
import type { DestinationFacts, Relation } from "./facts.ts";
import { rightsFindings } from "./rights.ts";
import { troubleText } from "./trouble.ts";

export interface Finding {
  readonly status: CheckStatus;
  readonly message: string;
  readonly fix?: string;
}

/** Access of every destination, rights, then what is live. Destinations of one target with the same finding share a line. */
export function checkTargets(facts: readonly DestinationFacts[]): Check[] {
  return [
    ...fold(facts, (one) => [access(one)]),
    ...fold(facts, rightsFindings),
    ...fold(facts, state),
    ...quotas(facts),
  ];
}

function fold(facts: readonly DestinationFacts[], judge: (facts: DestinationFacts) => readonly Finding[]): Check[] {
  const found = facts.flatMap((one) => judge(one).map((finding) => ({ one, finding })));
  const same = groupBy(found, ({ one, finding }) =>
    JSON.stringify([one.destination.target.name, finding.status, finding.message, finding.fix ?? ""]),
  );
  return [...same.values()].flatMap((group): Check[] => {
    const [first] = group;
    if (first === undefined) return [];
    const { name } = first.one.destination.target;
    const places = placesText(
      group.map(({ one }) => one),
      facts.filter(({ destination }) => destination.target.name === name),
    );
    return [{ group: "targets", name: `${name} ${places}`, ...first.finding }];
  });
}

/** Environments by name where all their places are meant, else place by place. */
function placesText(some: readonly DestinationFacts[], all: readonly DestinationFacts[]): string {
  const byEnv = groupBy(some, ({ destination }) => destination.place.env);
  const names = [...byEnv].flatMap(([env, own]) =>
    own.length === all.filter(({ destination }) => destination.place.env === env).length
      ? [env]
      : own.map(({ destination }) => destination.place.id),
  );
  return names.join(", ");
}

function access({ destination, outcome }: DestinationFacts): Finding {
  if (outcome.kind === "failed") return { status: "problem", ...troubleText(outcome.trouble) };
  if (outcome.kind === "read")
    return { status: "ok", message: `${destination.target.type}: reachable; settings, ledger and head can be read` };
  const variables = outcome.credentials.map(({ variable }) => variable);
  const names = outcome.credentials.map(({ name }) => `connection.${name}`);
  return {
    status: "problem",
    message: `${variables.length === 1 ? "the environment variable" : "the environment variables"} ${listed(variables)} ${
      variables.length === 1 ? "is" : "are"
    } not set (${listed(names)}), so nothing was tried`,
    fix: `set ${listed(variables)}; in CI, hand over a secret in the step's env`,
  };
}

function state({ outcome }: DestinationFacts): Finding[] {
  if (outcome.kind !== "read") return [];
  const { live, relation } = outcome;
  const head = live.head?.head;
  if (head === undefined)
    return [{ status: "warning", message: "nothing was ever applied here", fix: "trueup apply, after trueup diff" }];
  return [interrupted(head, live) ?? uncommitted(head) ?? commitFinding(head.commit, relation)];
}

function interrupted(head: Head, live: Live): Finding | undefined {
  const open = [...live.ledger.values()].some(({ record }) => record.pending !== undefined);
  if (head.state === "ready" && !open) return undefined;
  const commit = head.commit === null ? "an apply outside Git" : `the apply of commit ${shortCommit(head.commit)}`;
  const by = head.by === "" ? "" : ` by ${head.by}`;
  const running = head.state === "applying";
  return {
    status: "problem",
    message: `${commit}${by}, ${head.at}, ${running ? "is still running or was interrupted" : "was not finished"}`,
    fix: running
      ? "if no apply is running, run trueup apply again: it finishes what is left"
      : "run trueup apply again: it finishes what is left",
  };
}

function uncommitted({ commit, dirty }: Head): Finding | undefined {
  if (dirty !== true || commit === null) return undefined;
  return {
    status: "warning",
    message: `commit ${shortCommit(commit)} is live together with changes that were in no commit`,
    fix: "commit what is meant, then trueup apply: it takes back the rest",
  };
}

/** What each relation says of the live commit. */
const RELATIONS: Readonly<
  Record<Relation, { readonly status: CheckStatus; readonly rest: string; readonly fix?: string }>
> = {
  same: { status: "ok", rest: ", the one at hand" },
  ahead: { status: "ok", rest: ", older than the one at hand" },
  behind: {
    status: "warning",
    rest: " and newer than the one at hand: an apply from here would do nothing",
    fix: "git pull",
  },
  diverged: {
    status: "problem",
    rest: " and not in the history of the one at hand, so apply refuses",
    fix: "apply a commit that contains it; if history was rewritten on purpose, trueup apply --accept-rewrite",
  },
  unknown: {
    status: "problem",
    rest: " and not in this clone, so apply cannot tell which of the two is newer",
    fix: "fetch the whole history: fetch-depth: 0 in actions/checkout, git fetch --unshallow, or git fetch origin",
  },
};

function commitFinding(commit: string | null, relation: Relation | undefined): Finding {
  if (commit === null) return { status: "ok", message: "live was applied outside Git" };
  const name = `commit ${shortCommit(commit)} is live`;
  if (relation === undefined) return { status: "ok", message: name };
  const { rest, ...finding } = RELATIONS[relation];
  return { ...finding, message: name + rest };
}

/** Standard parameters of one account and region (AWS General Reference, Systems Manager quotas; facts.md 1). */
const SSM_QUOTA = 10_000;
const NEARLY = 0.8;

/**
 * Parameters that were read in each account and region, and those that an apply would add. Counting the others takes a
 * call for every 50 of them and a right on the whole account, so they are not known.
 */
function quotas(facts: readonly DestinationFacts[]): Check[] {
  const ours = facts.filter(({ destination }) => destination.target.type === "aws-ssm");
  return [...groupBy(ours, ({ destination }) => destination.storeId).values()].flatMap((group): Check[] => {
    const keys = new Set<string>();
    const toCome = group.reduce((sum, one) => sum + (one.toCome ?? 0), 0);
    for (const { destination, outcome } of group) {
      // A number that leaves out what could not be read would mislead.
      if (outcome.kind !== "read") return [];
      for (const key of outcome.live.entries.keys()) keys.add(key);
      for (const unit of outcome.live.ledger.keys()) keys.add(`${destination.id} ${unit}`);
      if (outcome.live.head !== undefined) keys.add(`${destination.id} head`);
    }
    const name = [...new Set(group.map(({ destination }) => destination.target.name))].join(", ");
    const places = placesText(group, group);
    const check = { group: "targets", name: `${name} ${places}` } as const;
    const more = toCome === 0 ? "" : `, ${count(keys.size + toCome)} after an apply`;
    const message = `${count(keys.size)} of ${count(SSM_QUOTA)} standard parameters of the account and region are below trueup's prefixes${more}; what others keep there is not counted`;
    if (keys.size + toCome < SSM_QUOTA * NEARLY) return [{ ...check, status: "ok", message }];
    return [
      {
        ...check,
        status: "warning",
        message,
        fix: "layout: groups or blob needs fewer parameters; connection.tier: advanced raises the quota to 100,000 (at a price)",
      },
    ];
  });
}
