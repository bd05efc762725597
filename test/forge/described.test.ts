/** The test forge's own conscience: what is not published is refused. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ANSWERS } from "./answers.ts";
import { describedBy } from "./described.ts";

const FILE = join(import.meta.dirname, "openapi.json");
const COMMENTS = "GET /repos/{owner}/{repo}/issues/{}/comments";
const STATUS = "POST /repos/{owner}/{repo}/statuses/{}";
const ask = (query: string): URLSearchParams => new URLSearchParams(query);

describe("published descriptions", () => {
  it("name where they are from, and stay small", () => {
    const { sources } = JSON.parse(readFileSync(FILE, "utf8")) as { sources: Record<string, object> };
    expect(Object.keys(sources)).toEqual(["github", "ghes", "gitea"]);
    expect(sources["github"]).toMatchObject({
      package: "@octokit/openapi",
      version: expect.stringMatching(/^\d/u) as string,
    });
    expect(statSync(FILE).size).toBeLessThan(400_000);
  });

  it("hold shapes and no sentences", () => {
    const words = [...readFileSync(FILE, "utf8").matchAll(/"(?:description|summary|title|example)": ?"/gu)];
    expect(words).toEqual([]);
  });

  it("cover each route that has an answer, and no others", () => {
    const hosts = (["github", "ghes", "gitea"] as const).map((host) => describedBy(host));
    const sample = (route: string): [string, string] => {
      const [method = "", path = ""] = route.replaceAll(/\{\w*\}/gu, "1").split(" ");
      return [method, path];
    };
    const unknown = Object.keys(ANSWERS).filter((route) =>
      hosts.every((host) => host.match(...sample(route))?.route !== route),
    );
    expect(unknown).toEqual([]);
  });

  it.each(["github", "ghes"] as const)("refuse what %s does not know", (host) => {
    const { checkRequest, answer } = describedBy(host);
    expect(() => checkRequest(COMMENTS, ask("per_page=100&page=2"), undefined)).not.toThrow();
    expect(() => checkRequest(COMMENTS, ask("limit=50"), undefined)).toThrow(/limit is not described/u);
    expect(() => checkRequest(COMMENTS, ask("page=two"), undefined)).toThrow(/page/u);
    expect(() => checkRequest(STATUS, ask(""), { state: "success", context: "x" })).not.toThrow();
    expect(() => checkRequest(STATUS, ask(""), { state: "neutral" })).toThrow(/state/u);
    expect(() => checkRequest(STATUS, ask(""), { state: "success", contxt: "x" })).toThrow(/contxt is not described/u);
    expect(() => checkRequest(STATUS, ask(""), { context: "x" })).toThrow();
    const comment = { id: 1, body: "x", user: { login: "a", id: 2, type: "User" } };
    expect(answer(COMMENTS, 200, [comment])).toMatchObject([{ body: "x", node_id: "", user: { site_admin: false } }]);
    expect(() => answer(COMMENTS, 200, [{ ...comment, boddy: "x" }])).toThrow(/boddy is not described/u);
    expect(() => answer(COMMENTS, 200, [{ ...comment, id: "1" }])).toThrow(/id/u);
    expect(() => answer(COMMENTS, 299, [])).toThrow(/299/u);
  });

  it("refuse what Gitea does not know", () => {
    const { checkRequest, answer, match } = describedBy("gitea");
    expect(match("POST", "/repos/a/b/check-runs")).toBeUndefined();
    expect(() => checkRequest("GET /repos/{owner}/{repo}/issues", ask("direction=asc"), undefined)).toThrow(
      /direction/u,
    );
    const statuses = "GET /repos/{owner}/{repo}/commits/{}/statuses";
    expect(answer(statuses, 200, [{ status: "success" }])).toEqual([{ status: "success" }]);
    expect(() => answer(statuses, 200, [{ state: "success" }])).toThrow(/state is not described/u);
  });
});
