/** What a test forge holds, and how tests put it there. */
export type Level = "read" | "write";

export interface Person {
  readonly id: number;
  readonly login: string;
  readonly isBot: boolean;
  /** Role in the repository; a role of the organisation's own making has any other name. */
  role: string;
  /** What the role is based on. */
  permission: string;
}

export interface Item {
  readonly number: number;
  readonly author: string;
  title: string;
  body: string;
  state: "open" | "closed";
  /** Of a pull request. */
  pull?: {
    readonly head: string;
    readonly base: string;
    readonly fork?: boolean;
    merged?: string;
    readonly draft?: boolean;
    readonly commits?: readonly string[];
    readonly files?: readonly {
      readonly filename: string;
      readonly status: string;
      readonly previous_filename?: string;
    }[];
    /** As many as the forge says there are; more than `files` where it stops listing. */
    readonly fileCount?: number;
  };
  labels: string[];
}

export interface CommentState {
  readonly id: number;
  readonly item: number;
  readonly author: string;
  body: string;
}

export interface EventState {
  readonly id: number;
  readonly item: number;
  readonly kind: "labeled" | "unlabeled" | "renamed";
  /** Null: the account is gone. */
  readonly actor: string | null;
  readonly label: string;
  /** Gitea leaves it out of the list: it happened where this token may not look. */
  readonly isHidden?: boolean;
}

export interface ReviewState {
  readonly id: number;
  readonly item: number;
  readonly author: string | null;
  /** In GitHub's words; the test forge says it in Gitea's where it plays that. */
  readonly state: "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED" | "DISMISSED";
  readonly commit: string;
}

export interface CheckState {
  readonly id: number;
  readonly sha: string;
  readonly name: string;
  readonly externalId: string;
  readonly conclusion: string;
  readonly output: { readonly title: string; readonly summary: string };
  /** Slug of the app that made it. */
  readonly app: string;
}

export interface StatusState {
  readonly id: number;
  readonly sha: string;
  readonly context: string;
  readonly state: string;
  readonly description: string;
  readonly creator: string;
}

export interface RunApprovalState {
  readonly run: number;
  readonly user: string;
  readonly environment: string;
}

export interface Caller {
  readonly login: string;
  /** Scope of `permissions:` and what it is set to. */
  readonly grants: Readonly<Record<string, Level>>;
  /** A forge hides from some tokens that a thing exists, rather than say that they may not. */
  readonly hides: boolean;
}

export interface State {
  /** The next number of whatever is numbered. */
  next(): number;
  readonly people: Map<string, Person>;
  readonly callers: Map<string, Caller>;
  readonly items: Map<number, Item>;
  readonly labels: Map<string, number>;
  comments: CommentState[];
  readonly events: EventState[];
  readonly reviews: ReviewState[];
  readonly checks: CheckState[];
  readonly statuses: StatusState[];
  readonly approvals: RunApprovalState[];
}

export function emptyState(): State {
  let last = 100;
  return {
    next: () => (last += 1),
    people: new Map(),
    callers: new Map(),
    items: new Map(),
    labels: new Map(),
    comments: [],
    events: [],
    reviews: [],
    checks: [],
    statuses: [],
    approvals: [],
  };
}

/** A time that is later for whatever was numbered later. */
export function timeOf(id: number): string {
  return new Date(Date.UTC(2026, 10, 1) + id * 1000).toISOString().replace(".000", "");
}
