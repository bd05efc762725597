/** What goes wrong between here and a forge, and what people are told. */
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { isFailure } from "../../src/failure.ts";
import type { Failure } from "../../src/failure.ts";
import { hostOf } from "../../src/forge/host.ts";
import { openForge } from "../../src/forge/open.ts";
import { PULL, scene, TOKEN } from "./open.ts";
import { RESET } from "./server.ts";
import type { Fault } from "./server.ts";

const MARKER = "trueup:plan root=.";
const LIST = "GET /repos/{owner}/{repo}/issues/{}/comments";
const ADD = "POST /repos/{owner}/{repo}/issues/{}/comments";
const BODY = "<!-- trueup:plan root=. -->\nplan";

/** Milliseconds for one request: only where nothing answers are they all waited for. */
function patienceFor(fault: Fault): number {
  return fault === "hang" ? 1000 : 10_000;
}

async function failureOf(asked: Promise<unknown>): Promise<Failure> {
  const error: unknown = await asked.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isFailure(error)) throw new Error(`not a failure: ${String(error)}`);
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(TOKEN);
  expect(error.fix).toBeTruthy();
  return error;
}

describe("rate limits", () => {
  it.each<Fault>(["primary", "secondary", "secondary-mute"])(
    "are waited for as the forge says, also by writes: %s",
    async (fault) => {
      const s = await scene();
      s.server.fault = ({ route }) => (route === ADD && s.server.count(ADD) === 1 ? fault : undefined);
      expect((await (await s.open()).saveComment(PULL, undefined, BODY)).kind).toBe("done");
      expect(s.state.comments).toHaveLength(1);
      const [wait = 0] = s.waits;
      // A second's difference between the clocks of header and reset.
      if (fault === "secondary-mute") expect(wait).toBe(60_000);
      else expect(Math.abs(wait - RESET * 1000)).toBeLessThanOrEqual(1000);
    },
  );

  it("are not waited for longer than our patience", async () => {
    const s = await scene();
    s.server.fault = () => "primary";
    const failure = await failureOf((await s.open()).labels(PULL));
    expect(failure.code).toBe("TIMEOUT");
    expect(s.waits.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(120_000);
  });
});

describe("reads", () => {
  it.each<Fault>(["502", "lose-request", "lose-reply", "half", "page", "hang"])(
    "are tried again after %s",
    async (fault) => {
      const s = await scene();
      s.comment(s.own, BODY);
      s.server.fault = ({ route }) => (route === LIST && s.server.count(LIST) < 3 ? fault : undefined);
      expect(await (await s.open(TOKEN, patienceFor(fault))).stickyComment(PULL, MARKER)).toBeDefined();
      expect(s.server.count(LIST)).toBe(3);
      expect(s.waits).toEqual([500, 1000]);
    },
  );

  it.each<Fault>(["502", "lose-reply", "half", "page", "hang", "redirect"])(
    "that never succeed end, and are no empty list: %s",
    async (fault) => {
      const s = await scene();
      s.server.fault = ({ route }) => (route === LIST ? fault : undefined);
      const failure = await failureOf((await s.open(TOKEN, patienceFor(fault))).stickyComment(PULL, MARKER));
      expect(failure.code).toBe(fault === "hang" ? "TIMEOUT" : "UNREACHABLE");
      expect(s.server.count(LIST)).toBe(4);
    },
  );

  it("that are refused half-way are no shorter list", async () => {
    const s = await scene();
    for (let n = 0; n < 120; n += 1) s.comment("alice", "talk");
    s.server.fault = ({ route, query }) => (route === LIST && query.get("page") === "2" ? "409" : undefined);
    expect((await failureOf((await s.open()).stickyComment(PULL, MARKER))).code).toBe("LIMIT");
  });

  it("never follow a link to another host", async () => {
    const s = await scene();
    for (let n = 0; n < 120; n += 1) s.comment("alice", "talk");
    s.server.fault = ({ route }) => (route === LIST ? "foreign-link" : undefined);
    const failure = await failureOf((await s.open()).stickyComment(PULL, MARKER));
    expect(failure.code).toBe("INCOMPLETE");
  });
});

describe("writes", () => {
  it("that are never answered are not repeated without end, and fail", async () => {
    const s = await scene();
    s.server.fault = ({ route }) => (route === ADD ? "lose-request" : undefined);
    const failure = await failureOf((await s.open()).saveComment(PULL, undefined, BODY));
    expect(failure.code).toBe("UNREACHABLE");
    expect(s.server.count(ADD)).toBe(3);
  });
});

describe("a token", () => {
  it("that is not valid", async () => {
    const s = await scene();
    const failure = await failureOf((await s.open("ghs_expired")).stickyComment(PULL, MARKER));
    expect(failure).toMatchObject({ code: "DENIED", fix: expect.stringContaining("`token`") as string });
  });

  it("that is missing", async () => {
    const s = await scene();
    expect((await failureOf(s.open(""))).code).toBe("MISSING");
  });

  it("of a job says who it is over GraphQL, of a person over REST, once", async () => {
    const s = await scene("ghes");
    s.grant("bobs", {}, { login: "bob" });
    const job = await s.open();
    expect([await job.ownLogin(), await job.ownLogin()]).toEqual([s.own, s.own]);
    expect(s.server.count("POST graphql")).toBe(1);
    expect(await (await s.open("bobs")).ownLogin()).toBe("bob");
    expect(s.server.count("POST graphql")).toBe(1);
  });
});

describe("a token of Gitea's", () => {
  it.each([
    ["gitea", "gitea-actions"],
    ["forgejo", "forgejo-actions"],
  ] as const)("that may not say who it is is the job's: %s", async (mode, login) => {
    const s = await scene(mode);
    s.grant("shy", { issues: "write" }, { hides: true });
    expect(await (await s.open("shy")).ownLogin()).toBe(login);
  });
});

describe("a forge", () => {
  const ENV = {
    GITHUB_API_URL: "https://api.github.com",
    GITHUB_SERVER_URL: "https://github.com",
    GITHUB_REPOSITORY: "acme/config",
  };

  it("that is not there", async () => {
    const env = { ...ENV, GITHUB_API_URL: "http://127.0.0.1:1" };
    const forge = await openForge(env, TOKEN, { sleep: () => Promise.resolve() });
    const failure = await failureOf(forge.labels(PULL));
    expect(failure.code).toBe("UNREACHABLE");
    expect(failure.message).toContain("http://127.0.0.1:1");
  });

  it("is known by what its runner sets", () => {
    const at = (api: string, more = {}): string => hostOf({ ...ENV, GITHUB_API_URL: api, ...more }).kind;
    expect(at("https://api.github.com")).toBe("github");
    expect(at("https://api.acme.ghe.com/")).toBe("github");
    expect(at("https://git.acme.test/api/v3")).toBe("ghes");
    expect(at("https://git.acme.test/api/v1")).toBe("gitea");
    expect(at("https://acme.test/git/api/v1", { GITEA_ACTIONS: "true" })).toBe("gitea");
    expect(at("https://git.acme.test/api/v1", { GITEA_ACTIONS: "true", FORGEJO_ACTIONS: "true" })).toBe("forgejo");
  });

  it.each([
    [{ GITHUB_API_URL: "" }, "MISSING"],
    [{ GITHUB_API_URL: "file:///etc/passwd" }, "USAGE"],
    [{ GITHUB_API_URL: "https://user:pass@api.github.com" }, "USAGE"],
    [{ GITHUB_REPOSITORY: "acme" }, "MISSING"],
    [{ GITHUB_REPOSITORY: "acme/.." }, "MISSING"],
    [{ GITHUB_REPOSITORY: "acme/config/../../other" }, "MISSING"],
  ])("that the environment does not name properly is a failure: %o", (change, code) => {
    expect(() => hostOf({ ...ENV, ...change })).toThrow(expect.objectContaining({ code }) as Error);
  });
});
