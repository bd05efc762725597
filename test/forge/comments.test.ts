/** The sticky comment: found among many, written in place, never twice. */
import { describe, expect, it } from "vitest";
import { PULL, scene } from "./open.ts";
import type { Scene } from "./open.ts";
import type { Mode } from "./server.ts";

const MARKER = "<!-- trueup:plan root=. -->";
const body = (text: string, root = "."): string =>
  `<!-- trueup:plan root=${root} head=4f2c1aa plan=p-3f9a1c -->\n### ${text}\n`;
const LIST = "GET /repos/{owner}/{repo}/issues/{}/comments";
const ADD = "POST /repos/{owner}/{repo}/issues/{}/comments";
const EDIT = "PATCH /repos/{owner}/{repo}/issues/comments/{}";
const bodies = ({ state }: Scene): string[] => state.comments.map((comment) => comment.body);

describe.each<Mode>(["github", "ghes", "gitea", "forgejo"])("sticky comment on %s", (mode) => {
  it("is found on the third page, by author and first line", async () => {
    const s = await scene(mode);
    s.comment("mallory", body("not ours"));
    for (let n = 0; n < 220; n += 1) s.comment("alice", `talk ${n}`);
    s.comment(s.own, `about ${MARKER} in a sentence`);
    s.comment(s.own, `first\n${body("on the second line")}`);
    s.comment(s.own, body("of another root", "./shop"));
    const id = s.comment(s.own, body("ours"));
    for (let n = 0; n < 25; n += 1) s.comment("alice", `more ${n}`);
    const forge = await s.open();
    expect(await forge.stickyComment(PULL, MARKER)).toMatchObject({ id, author: s.own, extras: [] });
    // Gitea gives comments in one piece.
    expect(s.server.count(LIST)).toBe(mode === "github" || mode === "ghes" ? 3 : 1);
  });

  it("is edited in place, and left alone when nothing changed", async () => {
    const s = await scene(mode);
    const forge = await s.open();
    const made = await forge.saveComment(PULL, undefined, body("one"));
    expect(made.kind).toBe("done");
    const found = await forge.stickyComment(PULL, MARKER);
    await forge.saveComment(PULL, found, body("two"));
    expect(bodies(s)).toEqual([body("two")]);
    const again = await forge.stickyComment(PULL, "trueup:plan root=.");
    await forge.saveComment(PULL, again, body("two"));
    expect(s.server.count(EDIT)).toBe(1);
  });

  it("is one when two runs write the first at once: the older stays, with the later text", async () => {
    const s = await scene(mode);
    let waiting: (() => void)[] = [];
    // Neither gets its comment before both asked for one.
    s.server.before = (call) =>
      call.route === ADD
        ? new Promise((resolve) => {
            waiting.push(resolve);
            if (waiting.length === 2) for (const go of waiting) go();
          })
        : undefined;
    const [one, two] = await Promise.all([s.open(), s.open()]);
    await Promise.all([one.saveComment(PULL, undefined, body("A")), two.saveComment(PULL, undefined, body("B"))]);
    waiting = [];
    expect(s.server.count(ADD)).toBe(2);
    expect(s.state.comments).toHaveLength(1);
    expect([body("A"), body("B")]).toContain(bodies(s)[0]);
    const ids = s.server.calls.filter(({ route }) => route.startsWith("DELETE"));
    expect(ids).toHaveLength(1);
  });
});

describe("sticky comment", () => {
  it.each(["lose-reply", "502-after", "half", "hang-after"] as const)(
    "is one when the answer is lost: %s",
    async (fault) => {
      const s = await scene();
      s.server.fault = (call) => (call.route === ADD && s.server.count(ADD) === 1 ? fault : undefined);
      const saved = await (
        await s.open(undefined, fault === "hang-after" ? 1000 : 10_000)
      ).saveComment(PULL, undefined, body("one"));
      expect(saved).toMatchObject({ kind: "done", value: { body: body("one") } });
      expect(bodies(s)).toEqual([body("one")]);
      expect(s.server.count(ADD)).toBe(1);
    },
  );

  it.each(["lose-request", "502", "page"] as const)(
    "is sent again when looking shows it was not written: %s",
    async (fault) => {
      const s = await scene();
      s.server.fault = (call) => (call.route === ADD && s.server.count(ADD) === 1 ? fault : undefined);
      expect((await (await s.open()).saveComment(PULL, undefined, body("one"))).kind).toBe("done");
      expect(bodies(s)).toEqual([body("one")]);
      expect(s.server.count(ADD)).toBe(2);
    },
  );

  it("that was removed meanwhile is written anew", async () => {
    const s = await scene();
    s.comment(s.own, body("one"));
    const forge = await s.open();
    const found = await forge.stickyComment(PULL, MARKER);
    s.state.comments = [];
    expect((await forge.saveComment(PULL, found, body("two"))).kind).toBe("done");
    expect(bodies(s)).toEqual([body("two")]);
  });

  it("left twice by a run that broke off becomes one", async () => {
    const s = await scene();
    const oldest = s.comment(s.own, body("stale"));
    s.comment(s.own, body("also stale"));
    const forge = await s.open();
    const found = await forge.stickyComment(PULL, MARKER);
    expect(found?.id).toBe(oldest);
    await forge.saveComment(PULL, found, body("now"));
    expect(s.state.comments).toMatchObject([{ id: oldest, body: body("now") }]);
  });

  it("too long for the forge is an answer, not an error", async () => {
    const s = await scene();
    const forge = await s.open();
    const saved = await forge.saveComment(PULL, undefined, body("x".repeat(65_536)));
    expect(saved).toMatchObject({ kind: "too-long", failure: { code: "LIMIT" } });
    expect(s.state.comments).toEqual([]);
  });

  it.each([false, true])("without the permission says which line is missing (hidden: %s)", async (hides) => {
    const s = await scene();
    s.grant("read-only", { issues: "read", "pull-requests": "read" }, { hides });
    const saved = await (await s.open("read-only")).saveComment(PULL, undefined, body("one"));
    expect(saved.kind).toBe("denied");
    if (saved.kind === "denied") expect(saved.failure.fix).toContain("`pull-requests: write`");
  });

  it("must have a marker", async () => {
    const forge = await (await scene()).open();
    expect(() => forge.saveComment(PULL, undefined, "### no marker")).toThrow(/marker/u);
  });
});

describe("a comment that notifies", () => {
  it("is written once though the answer was lost, and again though it says the same", async () => {
    const s = await scene();
    const forge = await s.open();
    s.server.fault = (call) => (call.route === ADD && s.server.count(ADD) === 1 ? "lose-reply" : undefined);
    await forge.newComment(PULL, "@alice look again");
    expect(s.state.comments).toHaveLength(1);
    await forge.newComment(PULL, "@alice look again");
    expect(s.state.comments).toHaveLength(2);
    expect(bodies(s).every((text) => text.startsWith("@alice look again\n"))).toBe(true);
  });
});
