/** Events as GitHub describes them, and as somebody hostile would. */
import { assert, json, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { type RunEvent, eventOf } from "../../src/actions/event.ts";
import { readInputs } from "../../src/actions/inputs.ts";
import { requireTrusted } from "../../src/actions/trigger.ts";
import { pullRequestPayload } from "./payloads.ts";

const [HEAD, BASE, MERGE] = ["a", "b", "c"].map((digit) => digit.repeat(40)) as [string, string, string];
const variables = (name: string) => ({
  GITHUB_EVENT_NAME: name,
  GITHUB_SHA: MERGE,
  GITHUB_REF: "refs/pull/7/merge",
  GITHUB_REPOSITORY: "example/shop-config",
  GITHUB_SERVER_URL: "https://github.example.com",
  GITHUB_RUN_ID: "123",
});
const of = (name: string, payload: unknown): RunEvent => eventOf(variables(name), JSON.stringify(payload));

describe("an event", () => {
  it("pull_request of the same repository", () => {
    expect(of("pull_request", pullRequestPayload({ head: HEAD, base: BASE, labels: ["trueup:delete"] }))).toEqual({
      name: "pull_request",
      sha: MERGE,
      ref: "refs/pull/7/merge",
      repository: "example/shop-config",
      run: "https://github.example.com/example/shop-config/actions/runs/123",
      fork: false,
      base: BASE,
      pullRequest: {
        number: 7,
        head: { sha: HEAD, repository: "example/shop-config" },
        base: { sha: BASE, ref: "main" },
        labels: ["trueup:delete"],
        draft: false,
        state: "open",
        merged: false,
      },
      queued: undefined,
      server: "https://github.example.com",
      runId: 123,
    });
  });

  it.each([["stranger/shop-config"], [null]])("pull_request of the fork %j", (repository) => {
    const event = of("pull_request", pullRequestPayload({ head: HEAD, base: BASE, repository }));
    expect([event.fork, event.pullRequest?.head.repository]).toEqual([true, repository ?? undefined]);
  });

  it("knows what is closed, merged or in a queue, and takes no number from a branch of another name", () => {
    const payload = pullRequestPayload({ head: HEAD, base: BASE });
    const closed = { ...payload, pull_request: { ...payload.pull_request, state: "closed", merged: true } };
    expect(of("pull_request", closed).pullRequest).toMatchObject({ state: "closed", merged: true });
    const group = (ref: string) => of("merge_group", { merge_group: { head_ref: ref, base_sha: BASE } }).queued;
    expect(group(`refs/heads/gh-readonly-queue/main/pr-7-${HEAD}`)).toBe(7);
    expect(group(`refs/heads/gh-readonly-queue/release/1/pr-12-${HEAD}`)).toBe(12);
    expect(group(`refs/heads/pr-7-${HEAD}`)).toBeUndefined();
    expect(group(`refs/heads/gh-readonly-queue/main/pr-7-x`)).toBeUndefined();
  });

  it("names of repositories are the same in any case", () => {
    expect(
      of("pull_request", pullRequestPayload({ head: HEAD, base: BASE, repository: "Example/Shop-Config" })).fork,
    ).toBe(false);
  });

  it("push, merge_group, workflow_run, schedule, workflow_dispatch, and none at all", () => {
    expect(of("push", { before: BASE, after: HEAD }).base).toBe(BASE);
    expect(of("push", { before: "0".repeat(40) }).base).toBeUndefined();
    expect(of("merge_group", { merge_group: { base_sha: BASE, head_sha: HEAD } }).base).toBe(BASE);
    const run = (name: string) => of("workflow_run", { workflow_run: { head_repository: { full_name: name } } });
    expect([run("example/shop-config").fork, run("stranger/x").fork]).toEqual([false, true]);
    for (const name of ["schedule", "workflow_dispatch"])
      expect(of(name, {})).toMatchObject({ name, base: undefined, fork: false });
    expect(eventOf({}, undefined)).toMatchObject({ name: "", sha: undefined, fork: false });
  });

  it.each([
    ["number", { number: "7" }],
    ["number", { number: 1e99 }],
    ["head", { head: { sha: `${HEAD}\n::error::x` } }],
    ["head", { head: { sha: "--output=/tmp/x" } }],
    ["base", { base: { sha: "HEAD" } }],
    ["all", null],
  ])("a pull request with a wrong %s is refused", (_, broken) => {
    const payload = pullRequestPayload({ head: HEAD, base: BASE });
    expect(() =>
      of("pull_request", { pull_request: broken === null ? null : { ...payload.pull_request, ...broken } }),
    ).toThrow(/does not describe a pull request/u);
  });

  it("is refused if it is not JSON", () => {
    expect(() => eventOf(variables("push"), "{")).toThrow(/not JSON/u);
  });

  it("INJ-01, -02, -04: lets nothing out that has not the shape of what it is", () => {
    assert(
      property(json(), string({ unit: "binary" }), (payload, text) => {
        const hostile = pullRequestPayload({ head: HEAD, base: BASE, ref: text, labels: [text], repository: text });
        const event = eventOf(
          { ...variables("pull_request"), GITHUB_REF: text, GITHUB_REPOSITORY: text, GITHUB_RUN_ID: text },
          JSON.stringify(hostile),
        );
        for (const leaf of [
          event.ref,
          event.repository,
          event.run,
          event.pullRequest?.base.ref,
          event.pullRequest?.head.repository,
          ...(event.pullRequest?.labels ?? []),
        ])
          expect(leaf ?? "").not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u);
        expect(eventOf(variables("push"), payload).base ?? "").toMatch(/^[0-9a-f]*$/u);
      }),
    );
  });

  it("does not look up names that every object has", () => {
    expect(of("push", JSON.parse('{"__proto__": {"before": "x"}}')).base).toBeUndefined();
    expect(of("merge_group", { merge_group: [] }).base).toBeUndefined();
  });
});

describe("what may run where", () => {
  const inputs = (action: "apply" | "diff", given: Record<string, string> = {}) =>
    readInputs(action, (name) => ({ env: "dev", ...given })[name] ?? "");
  const pull = of("pull_request", pullRequestPayload({ head: HEAD, base: BASE }));

  it.each(["pull_request_target", "issue_comment"])("nothing runs on %s", (name) => {
    const event = of(name, pullRequestPayload({ head: HEAD, base: BASE }));
    expect(() => requireTrusted(inputs("diff"), event)).toThrow(`trueup does not run on ${name}`);
  });

  it("apply runs on what is merged", () => {
    expect(() => requireTrusted(inputs("apply"), pull)).toThrow("apply does not run on pull_request");
    expect(() => requireTrusted(inputs("apply"), of("merge_group", {}))).toThrow("apply does not run on merge_group");
    expect(() => requireTrusted(inputs("apply", { "dry-run": "true" }), pull)).not.toThrow();
    expect(() => requireTrusted(inputs("diff"), pull)).not.toThrow();
    for (const name of ["push", "workflow_dispatch", "schedule"])
      expect(() => requireTrusted(inputs("apply"), of(name, {}))).not.toThrow();
    expect(() => requireTrusted(inputs("apply"), of("workflow_run", {}))).toThrow(
      "apply does not run on workflow_run of a fork",
    );
  });
});
