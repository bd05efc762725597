/** Where a pull request and its run are on the web: every link of a comment is made from this, nothing is looked up. */
import type { Position } from "../../model.ts";
import type { MarkdownContext, PlanContext } from "../context.ts";
import { pathAddress } from "../markdown.ts";

export interface Page {
  /** `https://github.com`, without a slash at the end. */
  readonly serverUrl: string;
  /** `owner/name`. */
  readonly repository: string;
  /** Full id of the commit that lines are linked at. */
  readonly sha: string;
  /** `https://github.com/owner/name/actions/runs/1`. */
  readonly runUrl: string;
  readonly artifactUrls?: { readonly html?: string; readonly json?: string };
  readonly pullNumber?: number;
  /** Gitea and Forgejo write their addresses in another way. */
  readonly isGitea?: boolean;
}

/** What the texts of a pull request need beside the data: a {@link PlanContext}, and where things are. */
export interface PullRequestContext extends PlanContext {
  readonly page: Page;
  /** Config root below the top of the repo, `.` for the top itself. */
  readonly root: string;
  /** `12:04 UTC`. */
  readonly comparedAt?: string;
  readonly base?: string;
  readonly liftBy?: string;
  readonly unread?: { readonly message: string; readonly fix?: string | undefined };
}

export function repositoryUrl(page: Page): string {
  return `${page.serverUrl}/${pathAddress(page.repository) ?? ""}`;
}

export function pullUrl(page: Page, number: number): string {
  return `${repositoryUrl(page)}/${page.isGitea === true ? "pulls" : "pull"}/${number}`;
}

/** Address of a line at the commit; undefined for a path that leaves the repo. */
function lineUrl(ctx: Pick<PullRequestContext, "page" | "root">, position: Position): string | undefined {
  const path = pathAddress(ctx.root === "." ? position.file : `${ctx.root}/${position.file}`);
  const sha = pathAddress(ctx.page.sha);
  if (path === undefined || sha === undefined) return undefined;
  const kind = ctx.page.isGitea === true ? "src/commit" : "blob";
  return `${repositoryUrl(ctx.page)}/${kind}/${sha}/${path}#L${position.line}`;
}

/** Where the whole plan is, for everything that is cut. */
function homesOf(page: Page, withRun: boolean): { readonly name: string; readonly url: string }[] {
  const { html, json } = page.artifactUrls ?? {};
  return [
    ...(withRun ? [{ name: "full plan", url: page.runUrl }] : []),
    ...(html === undefined ? [] : [{ name: "picture", url: html }]),
    ...(json === undefined ? [] : [{ name: "JSON", url: json }]),
  ];
}

/** `withRun`: the text is not itself the summary of the run. */
export function pageContext(ctx: PullRequestContext, withRun: boolean): MarkdownContext {
  return { ...ctx, link: (position) => lineUrl(ctx, position), homes: homesOf(ctx.page, withRun) };
}
