/** What a request is about, and whether its token may ask for that. */
import type { Json } from "./described.ts";
import type { CommentState, Item } from "./state.ts";
import { Refused } from "./wire.ts";
import type { Asked } from "./wire.ts";

/** Longest text of a comment or issue on GitHub. */
const BODY = 65_536;

export function has(pull: NonNullable<Item["pull"]>, sha: string | undefined): boolean {
  return sha !== undefined && (pull.merged === sha || (pull.commits ?? []).includes(sha));
}

export function need({ caller, isGitea }: Asked, scopes: readonly string[] | string, level: "read" | "write"): void {
  const isGranted = [scopes].flat().some((scope) => {
    const grant = caller.grants[scope];
    return grant === "write" || (grant === "read" && level === "read");
  });
  if (isGranted) return;
  if (caller.hides) throw new Refused(404, "Not Found");
  throw new Refused(
    403,
    isGitea ? "token does not have at least one of required scope(s)" : "Resource not accessible by integration",
  );
}

export function numberIn({ parts }: Asked): number {
  return Number(parts[0]);
}

export function itemOf(asked: Asked): Item {
  const item = asked.state.items.get(numberIn(asked));
  if (item === undefined) throw new Refused(404, "Not Found");
  return item;
}

/** A pull request may be commented and labelled with either permission. */
export function itemScope(asked: Asked): readonly string[] {
  return itemOf(asked).pull === undefined ? ["issues"] : ["issues", "pull-requests"];
}

export function pullIn(asked: Asked): Item {
  const item = itemOf(asked);
  if (item.pull === undefined) throw new Refused(404, "Not Found");
  return item;
}

export function commentIn(asked: Asked, level: "read" | "write"): CommentState {
  const found = asked.state.comments.find(({ id }) => id === numberIn(asked));
  if (found === undefined) throw new Refused(404, "Not Found");
  need(asked, ["issues", "pull-requests"], level);
  if (level === "write" && found.author !== asked.caller.login) throw new Refused(403, "Must be the author");
  return found;
}

/** Text of a field; empty if it is not there. The description has checked that it is text. */
export function textOf(field: Json | undefined): string {
  return typeof field === "string" ? field : "";
}

export function textIn({ body, isGitea }: Asked, resource: string): string {
  const text = textOf(body["body"]);
  if (text.length <= BODY || isGitea) return text;
  const message = `Body is too long (maximum is ${BODY} characters)`;
  throw new Refused(422, "Validation Failed", { errors: [{ resource, code: "custom", field: "body", message }] });
}
