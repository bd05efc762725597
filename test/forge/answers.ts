/** What each route answers: facts from the state; `described.ts` fills in the rest. */
import { has, need, numberIn, itemOf, itemScope, pullIn, commentIn, textOf, textIn } from "./asked.ts";
import type { Json } from "./described.ts";
import type { CheckState, Item } from "./state.ts";
import {
  checkOf,
  commentOf,
  eventOf,
  issueOf,
  labelOf,
  nameOf,
  personOf,
  pullOf,
  Refused,
  reviewOf,
  statusOf,
  timelineOf,
} from "./wire.ts";
import type { Asked } from "./wire.ts";

/** `list` is answered page by page. `hidden` items count for paging and are left out of the page. */
export type Answer =
  | { readonly status: number; readonly data: Json }
  | {
      readonly list: readonly (Json | typeof HIDDEN)[];
      readonly wrap?: (items: readonly Json[]) => Json;
      /** How Gitea pages: not at all, with the total alone, with links too, or without any sign. */
      readonly gitea?: "whole" | "total" | "links" | "no sign";
    };

export const HIDDEN = Symbol("hidden");

type Handler = (asked: Asked) => Answer;
const REPO = "/repos/{owner}/{repo}";

export const ANSWERS: Readonly<Record<string, Handler>> = {
  "GET /user": ({ state, caller, isGitea }) => {
    // GitHub's job tokens may not ask; Gitea's are made to be of a user, but may lack the scope.
    if (caller.login.endsWith("[bot]") || caller.hides)
      throw new Refused(403, "Resource not accessible by integration");
    return { status: 200, data: personOf(state, caller.login, isGitea) };
  },
  [`GET ${REPO}/issues/{}/comments`]: (asked) => {
    need(asked, itemScope(asked), "read");
    const list = asked.state.comments.filter(({ item }) => item === numberIn(asked));
    return { list: list.map((each) => commentOf(asked, each)), gitea: "whole" };
  },
  [`POST ${REPO}/issues/{}/comments`]: (asked) => {
    const { state, caller } = asked;
    need(asked, itemScope(asked), "write");
    const made = {
      id: state.next(),
      item: itemOf(asked).number,
      author: caller.login,
      body: textIn(asked, "IssueComment"),
    };
    state.comments.push(made);
    return { status: 201, data: commentOf(asked, made) };
  },
  [`GET ${REPO}/issues/comments/{}`]: (asked) => {
    const found = commentIn(asked, "read");
    return { status: 200, data: commentOf(asked, found) };
  },
  [`PATCH ${REPO}/issues/comments/{}`]: (asked) => {
    const found = commentIn(asked, "write");
    found.body = textIn(asked, "IssueComment");
    return { status: 200, data: commentOf(asked, found) };
  },
  [`DELETE ${REPO}/issues/comments/{}`]: (asked) => {
    const found = commentIn(asked, "write");
    asked.state.comments = asked.state.comments.filter((each) => each !== found);
    return { status: 204, data: null };
  },
  [`GET ${REPO}/issues/{}/labels`]: (asked) => {
    need(asked, itemScope(asked), "read");
    return { list: itemOf(asked).labels.map((name) => labelOf(asked.state, name)), gitea: "whole" };
  },
  [`POST ${REPO}/issues/{}/labels`]: (asked) => {
    const { state, caller, isGitea } = asked;
    need(asked, itemScope(asked), "write");
    const item = itemOf(asked);
    const given = asked.body["labels"] as readonly (string | number)[];
    for (const each of given) {
      const name = isGitea ? nameOf(state, each) : String(each);
      if (!state.labels.has(name)) state.labels.set(name, state.next());
      if (item.labels.includes(name)) continue;
      item.labels.push(name);
      state.events.push({ id: state.next(), item: item.number, kind: "labeled", actor: caller.login, label: name });
    }
    return { status: 200, data: item.labels.map((name) => labelOf(state, name)) };
  },
  [`DELETE ${REPO}/issues/{}/labels/{}`]: (asked) => {
    const { state, caller, isGitea, parts } = asked;
    need(asked, itemScope(asked), "write");
    const item = itemOf(asked);
    const name = isGitea ? nameOf(state, Number(parts[1])) : String(parts[1]);
    if (!item.labels.includes(name)) throw new Refused(404, "Label does not exist");
    item.labels = item.labels.filter((each) => each !== name);
    state.events.push({ id: state.next(), item: item.number, kind: "unlabeled", actor: caller.login, label: name });
    return isGitea
      ? { status: 204, data: null }
      : { status: 200, data: item.labels.map((each) => labelOf(state, each)) };
  },
  [`GET ${REPO}/labels`]: ({ state }) => ({
    list: [...state.labels.keys()].map((name) => labelOf(state, name)),
    gitea: "total",
  }),
  [`POST ${REPO}/labels`]: (asked) => {
    need(asked, "issues", "write");
    const name = textOf(asked.body["name"]);
    asked.state.labels.set(name, asked.state.next());
    return { status: 201, data: labelOf(asked.state, name) };
  },
  [`GET ${REPO}/issues/{}/events`]: (asked) => {
    need(asked, itemScope(asked), "read");
    return {
      list: asked.state.events.filter(({ item }) => item === numberIn(asked)).map((each) => eventOf(asked, each)),
    };
  },
  [`GET ${REPO}/issues/{}/timeline`]: (asked) => {
    need(asked, itemScope(asked), "read");
    const events = asked.state.events.filter(({ item }) => item === numberIn(asked));
    return {
      list: events.map((each) => (each.isHidden === true ? HIDDEN : timelineOf(asked, each))),
      gitea: "no sign",
    };
  },
  [`GET ${REPO}/collaborators/{}/permission`]: ({ state, parts, isGitea, caller }) => {
    const person = state.people.get(String(parts[0]));
    if (isGitea && caller.grants["administration"] === undefined)
      throw new Refused(403, "Only admins can query all permissions");
    if (person === undefined) throw new Refused(404, "Not Found");
    const { permission, role, login } = person;
    return { status: 200, data: { permission, role_name: role, user: isGitea ? personOf(state, login, true) : null } };
  },
  [`GET ${REPO}/pulls`]: (asked) => {
    need(asked, "pull-requests", "read");
    const { state, query } = asked;
    const [owner, branch] = (query.get("head") ?? "").split(":");
    const found = [...state.items.values()].filter(
      (item) =>
        item.pull !== undefined &&
        item.state === (query.get("state") ?? "open") &&
        // A filter without a colon is passed over.
        (branch === undefined || (branch === "change" && owner === (item.pull.fork === true ? "mallory" : "acme"))),
    );
    return { list: found.map((item) => pullOf(asked, item, false)) };
  },
  [`GET ${REPO}/pulls/{}`]: (asked) => {
    need(asked, "pull-requests", "read");
    return { status: 200, data: pullOf(asked, pullIn(asked), true) };
  },
  [`GET ${REPO}/pulls/{}/reviews`]: (asked) => {
    need(asked, "pull-requests", "read");
    const list = asked.state.reviews
      .filter(({ item }) => item === numberIn(asked))
      .map((each) => reviewOf(asked, each));
    return { list, gitea: "total" };
  },
  [`GET ${REPO}/pulls/{}/files`]: (asked) => {
    need(asked, "pull-requests", "read");
    return { list: [...(pullIn(asked).pull?.files ?? [])], gitea: "links" };
  },
  [`GET ${REPO}/commits/{}/pulls`]: (asked) => {
    need(asked, "pull-requests", "read");
    const found = [...asked.state.items.values()].filter(({ pull }) => pull !== undefined && has(pull, asked.parts[0]));
    return { list: found.map((item) => pullOf(asked, item, false)) };
  },
  [`GET ${REPO}/commits/{}/pull`]: (asked) => {
    const item = [...asked.state.items.values()].find(
      ({ pull }) => pull?.merged !== undefined && pull.merged === asked.parts[0],
    );
    if (item === undefined) throw new Refused(404, "pull request does not exist");
    return { status: 200, data: pullOf(asked, item, true) };
  },
  [`POST ${REPO}/check-runs`]: (asked) => {
    const { state, caller, body } = asked;
    if (!caller.login.endsWith("[bot]")) throw new Refused(403, "You must authenticate via a GitHub App.");
    need(asked, "checks", "write");
    const made: CheckState = {
      id: state.next(),
      sha: textOf(body["head_sha"]),
      name: textOf(body["name"]),
      externalId: textOf(body["external_id"]),
      conclusion: textOf(body["conclusion"]),
      output: body["output"] as unknown as CheckState["output"],
      app: caller.login.replace("[bot]", ""),
    };
    state.checks.push(made);
    return { status: 201, data: checkOf(made) };
  },
  [`GET ${REPO}/commits/{}/check-runs`]: (asked) => {
    const { state, parts, query } = asked;
    need(asked, "checks", "read");
    const found = state.checks.filter(
      ({ sha, name }) => sha === parts[0] && name === (query.get("check_name") ?? name),
    );
    return { list: found.map(checkOf), wrap: (items) => ({ total_count: found.length, check_runs: items }) };
  },
  [`POST ${REPO}/statuses/{}`]: (asked) => {
    const { state, caller, parts, body } = asked;
    need(asked, "statuses", "write");
    const description = textOf(body["description"]);
    if (description.length > 140) throw new Refused(422, "Validation Failed");
    const made = {
      id: state.next(),
      sha: String(parts[0]),
      context: textOf(body["context"]),
      state: textOf(body["state"]),
      description,
      creator: caller.login,
    };
    state.statuses.push(made);
    return { status: 201, data: statusOf(asked, made) };
  },
  [`GET ${REPO}/commits/{}/statuses`]: (asked) => {
    need(asked, "statuses", "read");
    // The newest first.
    const found = asked.state.statuses.filter(({ sha }) => sha === asked.parts[0]).toReversed();
    return { list: found.map((each) => statusOf(asked, each)), gitea: "links" };
  },
  [`GET ${REPO}/issues`]: (asked) => {
    const { state, query, isGitea } = asked;
    need(asked, "issues", "read");
    const found = [...state.items.values()].filter(
      (item) =>
        item.state === (query.get("state") ?? "open") &&
        !(isGitea && query.get("type") === "issues" && item.pull !== undefined),
    );
    // The newest first, unless asked otherwise.
    const list = query.get("direction") === "asc" ? found : found.toReversed();
    return { list: list.map((item) => issueOf(asked, item)), gitea: "links" };
  },
  [`POST ${REPO}/issues`]: (asked) => {
    const { state, caller, body } = asked;
    need(asked, "issues", "write");
    const item: Item = {
      number: state.next(),
      author: caller.login,
      title: textOf(body["title"]),
      body: textIn(asked, "Issue"),
      state: "open",
      labels: [],
    };
    state.items.set(item.number, item);
    return { status: 201, data: issueOf(asked, item) };
  },
  [`PATCH ${REPO}/issues/{}`]: (asked) => {
    const { body, isGitea } = asked;
    need(asked, itemScope(asked), "write");
    const item = itemOf(asked);
    if (body["title"] !== undefined) item.title = textOf(body["title"]);
    if (body["body"] !== undefined) item.body = textIn(asked, "Issue");
    if (body["state"] !== undefined) item.state = body["state"] as Item["state"];
    return { status: isGitea ? 201 : 200, data: issueOf(asked, item) };
  },
  [`GET ${REPO}/actions/runs/{}/approvals`]: (asked) => {
    need(asked, "actions", "read");
    const found = asked.state.approvals.filter(({ run }) => run === numberIn(asked));
    const data = found.map(({ user, environment }) => ({
      state: "approved",
      comment: "",
      user: personOf(asked.state, user, false),
      environments: [{ name: environment }],
    }));
    return { status: 200, data };
  },
};
