/** Labels: set by name, and counted only if a person with the permission set them. */
import { describe, expect, it } from "vitest";
import { PULL, scene } from "./open.ts";
import type { Mode } from "./server.ts";

const ALLOW = "trueup:allow-delete";

describe.each<Mode>(["github", "ghes", "gitea", "forgejo"])("labels on %s", (mode) => {
  it("are added and removed by name; others stay", async () => {
    const s = await scene(mode);
    s.label("bug", "alice");
    s.label("trueup:delete", s.own);
    const forge = await s.open();
    const set = await forge.setLabels(PULL, ["trueup:prod", "BUG"], ["Trueup:Delete", "trueup:wide"]);
    expect(set).toEqual({ kind: "done", value: { added: ["trueup:prod"], removed: ["trueup:delete"] } });
    expect(await forge.labels(PULL)).toEqual(["bug", "trueup:prod"]);
  });

  it("are set by whoever did so last, on the last of several pages", async () => {
    const s = await scene(mode);
    s.label(ALLOW, "alice");
    for (let n = 0; n < 230; n += 1)
      s.state.events.push({ id: s.state.next(), item: PULL, kind: "renamed", actor: "bob", label: "" });
    s.label(ALLOW, "alice", "unlabeled");
    s.label(ALLOW, "mallory");
    const forge = await s.open();
    expect(await forge.labelledBy(PULL, ALLOW)).toMatchObject({ login: "mallory", isBot: false });
    expect(await forge.labelsThatCount(PULL, [ALLOW], "maintain")).toEqual([]);
    s.label(ALLOW, "mallory", "unlabeled");
    expect(await forge.labelledBy(PULL, ALLOW)).toBeUndefined();
  });

  it("count from people with the permission only", async () => {
    const s = await scene(mode);
    for (const [label, actor] of [
      ["a", "alice"],
      ["b", "bob"],
      ["m", "mia"],
      ["t", "tess"],
      ["r", "mallory"],
      ["o", s.own],
    ] as const)
      s.label(label, actor);
    const forge = await s.open();
    const names = ["a", "b", "m", "t", "r", "o", "absent"];
    const who = async (least: "admin" | "maintain" | "write"): Promise<string[]> =>
      (await forge.labelsThatCount(PULL, names, least)).map(({ login }) => login);
    expect(await who("maintain")).toEqual(["alice", "mia"]);
    expect(await who("write")).toEqual(["alice", "bob", "mia"]);
  });

  it("of our own never count, whatever the account may do", async () => {
    const s = await scene(mode);
    s.label(ALLOW, s.own);
    const bot = s.state.people.get(s.own);
    if (bot !== undefined) bot.permission = bot.role = "admin";
    const forge = await s.open();
    expect(await forge.labelledBy(PULL, ALLOW)).toMatchObject({ isBot: true });
    expect(await forge.labelsThatCount(PULL, [ALLOW], "read")).toEqual([]);
  });
});

describe("labels", () => {
  it("set with a person's token do not count for that person: they are the bot's", async () => {
    const s = await scene();
    s.grant("alices", { "pull-requests": "write", issues: "write" }, { login: "alice" });
    const forge = await s.open("alices");
    await forge.setLabels(PULL, [ALLOW], []);
    expect(await forge.labelledBy(PULL, ALLOW)).toMatchObject({ login: "alice", isBot: true });
    expect(await forge.labelsThatCount(PULL, [ALLOW], "read")).toEqual([]);
  });

  it("are not set without the permission, which is no error", async () => {
    const s = await scene();
    s.grant("reads", { "pull-requests": "read" });
    const set = await (await s.open("reads")).setLabels(PULL, ["trueup:prod"], []);
    expect(set).toMatchObject({ kind: "denied", failure: { code: "DENIED" } });
  });

  it("are set once more when the answer was lost", async () => {
    const s = await scene();
    s.server.fault = (call) =>
      call.route.startsWith("POST") && s.state.events.length === 0 ? "lose-reply" : undefined;
    expect((await (await s.open()).setLabels(PULL, ["trueup:prod"], [])).kind).toBe("done");
    expect(s.state.events).toHaveLength(1);
  });

  it("Gitea hides what the token may not see, and a page may be short or empty", async () => {
    const s = await scene("gitea");
    s.label(ALLOW, "alice");
    for (let n = 0; n < 110; n += 1)
      s.state.events.push({ id: s.state.next(), item: PULL, kind: "renamed", actor: "bob", label: "", isHidden: true });
    s.label(ALLOW, "alice", "unlabeled");
    s.label(ALLOW, "bob");
    expect(await (await s.open()).labelledBy(PULL, ALLOW)).toMatchObject({ login: "bob" });
  });

  it("whose setter is gone do not count, nor does who set it before", async () => {
    const s = await scene("gitea");
    s.label(ALLOW, "alice");
    s.label(ALLOW, "alice", "unlabeled");
    s.label(ALLOW, null);
    const forge = await s.open();
    expect(await forge.labelledBy(PULL, ALLOW)).toBeUndefined();
    expect(await forge.labelsThatCount(PULL, [ALLOW], "read")).toEqual([]);
  });
});

describe("permission", () => {
  it("is none for strangers and bots, and what a role is based on where its name is one's own", async () => {
    const s = await scene();
    s.state.people.set("carl", { id: 1, login: "carl", isBot: false, role: "deployers", permission: "write" });
    s.state.people.set("eve", { id: 2, login: "eve", isBot: false, role: "maintain", permission: "read" });
    s.state.people.set("robot[bot]", { id: 3, login: "robot[bot]", isBot: true, role: "admin", permission: "admin" });
    const forge = await s.open();
    const asked = ["alice", "mia", "tess", "carl", "eve", "nobody", "robot[bot]"];
    const found = await Promise.all(asked.map((login) => forge.permissionOf(login)));
    expect(found).toEqual(["admin", "maintain", "triage", "write", "read", "none", "none"]);
  });

  it("on Gitea needs an administrator's token, and says so", async () => {
    const s = await scene("gitea");
    s.grant("plain", { issues: "write" });
    await expect((await s.open("plain")).permissionOf("alice")).rejects.toMatchObject({
      code: "DENIED",
      fix: expect.stringContaining("`token`") as string,
    });
  });
});
