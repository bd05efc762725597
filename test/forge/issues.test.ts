/** The drift issue: one, found by marker and author, changed in place. */
import { describe, expect, it } from "vitest";
import { scene } from "./open.ts";
import type { Mode } from "./server.ts";

const BODY = "<!-- trueup:drift root=. -->\n3 keys\n";
const ADD = "POST /repos/{owner}/{repo}/issues";

describe.each<Mode>(["github", "ghes", "gitea", "forgejo"])("drift issue on %s", (mode) => {
  it("is found among many, an open one first, closed and opened again", async () => {
    const s = await scene(mode);
    s.issue({ author: "mallory", body: BODY });
    s.issue({ body: "<!-- trueup:drift root=shop -->" });
    s.issue({ body: BODY, pull: { head: "", base: "" } });
    const old = s.issue({ body: BODY, state: "closed" });
    for (let n = 0; n < 230; n += 1) s.issue({ author: "alice", body: "help" });
    const forge = await s.open();
    expect(await forge.issue("trueup:drift root=.", "open")).toBeUndefined();
    expect(await forge.issue("trueup:drift root=.", "all")).toMatchObject({ number: old.number, state: "closed" });
    await forge.changeIssue(old.number, { state: "open", title: "Config drift: 3 keys", body: BODY });
    expect(await forge.issue(BODY, "open")).toMatchObject({ number: old.number, title: "Config drift: 3 keys" });
    await forge.newComment(old.number, "one more key", "issue");
    expect(s.state.comments).toMatchObject([{ item: old.number }]);
    await forge.changeIssue(old.number, { state: "closed" });
    expect(old).toMatchObject({ state: "closed", title: "Config drift: 3 keys" });
  });

  it("is one when two runs open it at once", async () => {
    const s = await scene(mode);
    const waiting: (() => void)[] = [];
    s.server.before = (call) =>
      call.route === ADD
        ? new Promise((resolve) => {
            waiting.push(resolve);
            if (waiting.length === 2) for (const go of waiting) go();
          })
        : undefined;
    const [one, two] = await Promise.all([s.open(), s.open()]);
    const made = await Promise.all([one.createIssue("drift", BODY), two.createIssue("drift", BODY)]);
    expect(s.server.count(ADD)).toBe(2);
    const open = [...s.state.items.values()].filter((item) => item.body === BODY && item.state === "open");
    expect(open).toHaveLength(1);
    expect(made).toMatchObject([{ value: { number: open[0]?.number } }, { value: { number: open[0]?.number } }]);
  });
});

describe("drift issue", () => {
  it("is opened once though the answer was lost", async () => {
    const s = await scene();
    s.server.fault = ({ route }) => (route === ADD ? "lose-reply" : undefined);
    expect((await (await s.open()).createIssue("drift", BODY)).kind).toBe("done");
    expect([...s.state.items.values()].filter((item) => item.body === BODY)).toHaveLength(1);
  });

  it("without the permission names the line", async () => {
    const s = await scene();
    s.grant("reads", { issues: "read" });
    const made = await (await s.open("reads")).createIssue("drift", BODY);
    expect(made.kind === "denied" ? made.failure.fix : "").toContain("`issues: write`");
  });
});
