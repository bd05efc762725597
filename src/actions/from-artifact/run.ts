/** `diff` with `from-artifact`: shows the plan of a fork's run on its pull request, from a run of this repository. */
import { Failure } from "../../failure.ts";
import type { Forge, Pull } from "../../forge/forge.ts";
import { forkComment, type ForkResult } from "../../report/pull-request/fork-comment.ts";
import { markOf } from "../../report/pull-request/hidden.ts";
import type { RunEvent } from "../event.ts";
import type { DiffInputs } from "../inputs.ts";
import type { Outputs } from "../outcome.ts";
import { readArtifact } from "./read.ts";

export interface FromArtifact {
  /** The summary of the step. */
  readonly markdown: string | undefined;
  readonly outputs: Outputs;
  /** What happened, for the log. */
  readonly word: string;
}

/**
 * Which pull request it is, and which commit, is known from the event and the forge alone. A run of a branch of this
 * repository, and one whose commit is not the last of its pull request any more, changes nothing. Throws `USAGE`,
 * `REFUSED`, and what the forge throws.
 */
export async function showArtifact(
  inputs: DiffInputs & { readonly fromArtifact: string },
  event: RunEvent,
  openForge: () => Promise<Forge>,
): Promise<FromArtifact> {
  const run = event.planned;
  if (event.name !== "workflow_run" || run === undefined)
    throw new Failure("USAGE", "from-artifact is for workflow_run, after a run for a pull request", {
      fix: "docs/actions.md, Forks, has the workflow",
    });
  if (!event.fork) return nothing("the run is of a branch of this repository, which has its own comment");
  const forge = await openForge();
  const [pull, ...others] = (await forge.openPullsFrom(run.repository, run.branch)).filter(
    ({ head }) => head.sha === run.head,
  );
  if (pull === undefined || others.length > 0)
    return nothing("no pull request that is open has this commit as its last, or more than one has");
  const result = await readArtifact(inputs.fromArtifact);
  const context = { root: inputs.workingDirectory, head: run.head, runUrl: run.url };
  const markdown = forkComment(result, context);
  const id = await show(forge, pull, context.root, result, markdown, inputs);
  return {
    markdown,
    outputs: id === undefined ? {} : { "comment-id": String(id) },
    word: `pull request ${pull.number}`,
  };
}

function nothing(word: string): FromArtifact {
  return { markdown: undefined, outputs: {}, word };
}

async function show(
  forge: Forge,
  { number }: Pull,
  root: string,
  result: ForkResult,
  markdown: string,
  { comment }: DiffInputs,
): Promise<number | undefined> {
  if (comment === "never") return undefined;
  const existing = await forge.stickyComment(number, `${markOf("fork", root)}-->`);
  const isNews = result.kind !== "plan" || result.plan.edits.length + result.plan.refusals.length > 0;
  if (existing === undefined && !isNews && comment !== "always") return undefined;
  const saved = await forge.saveComment(number, existing, markdown);
  if (saved.kind !== "done") throw saved.failure;
  return saved.value.id;
}
