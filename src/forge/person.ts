/** Accounts, as forges write them. */

export interface WirePerson {
  readonly login: string;
  /** Gitea's own accounts for jobs have negative numbers (Gitea 1.27, models/user/user_system.go). */
  readonly id?: number;
  readonly type?: string;
}

/** Accounts of jobs on forges that do not mark bots. */
const JOBS: ReadonlySet<string> = new Set(["gitea-actions", "forgejo-actions"]);

export function isBot({ login, id = 1, type = "User" }: WirePerson): boolean {
  return type === "Bot" || id < 0 || login.endsWith("[bot]") || JOBS.has(login.toLowerCase());
}
