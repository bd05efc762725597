/** Payloads of events, with the fields that are read and some that are not. */
export interface PullRequestFacts {
  readonly head: string;
  readonly base: string;
  /** Of the branch; null if it is gone. */
  readonly repository?: string | null;
  readonly ref?: string;
  readonly labels?: readonly string[];
}

export function pullRequestPayload(
  facts: PullRequestFacts,
): { readonly pull_request: Readonly<Record<string, unknown>> } & Record<string, unknown> {
  const { head, base, repository = "example/shop-config", ref = "main", labels = [] } = facts;
  return {
    action: "synchronize",
    number: 7,
    pull_request: {
      number: 7,
      draft: false,
      title: 'x"; echo pwned; "',
      head: {
        sha: head,
        ref: 'zzz";echo${IFS}"hello";#',
        repo: repository === null ? null : { full_name: repository },
      },
      base: { sha: base, ref, repo: { full_name: "example/shop-config" } },
      labels: labels.map((name) => ({ name })),
      user: { login: "someone" },
    },
    repository: { full_name: "example/shop-config", default_branch: "main" },
    sender: { login: "someone" },
  };
}
