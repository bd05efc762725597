/** `trueup rollback`: a revert in Git, prepared and planned before any branch knows of it. */
import { EXIT, type ExitCode, Failure } from "../../failure.ts";
import type { RevertRequest } from "../../git/git.ts";
import { locate } from "../../load/locate.ts";
import { planContext } from "../context.ts";
import { printInvalid } from "../invalid.ts";
import type { Io } from "../io.ts";
import { type OpenedProject, open, openAt } from "../project.ts";
import { humanPlan } from "../../report/plan/human.ts";
import { safeText } from "../../report/redact.ts";
import { type DiffOptions, exitCodeOf, makePlan } from "./diff.ts";

export interface RollbackOptions extends DiffOptions {
  readonly commit?: string;
  readonly to?: string;
  readonly reason?: string;
  readonly branch?: string;
  readonly yes?: boolean;
}

export async function rollbackCommand(options: RollbackOptions, io: Io): Promise<ExitCode> {
  const project = await open(options, io);
  const { git } = project;
  if (git === undefined)
    throw new Failure("HISTORY", "this folder is not in a Git repository, so there is nothing to revert");
  if (options.commit !== undefined && options.to !== undefined)
    throw new Failure("USAGE", "--commit and --to cannot be used together");
  const prepared = await git.revert(await requestFor(options, project));
  const reverted = await openAt(project, prepared.commit, options);
  if (reverted === undefined)
    throw new Failure("USAGE", "after this revert there would be no trueup.yaml", { fix: "limit it with --app" });
  const sources = reverted.loaded.sources;
  const after: OpenedProject = {
    ...project,
    ...reverted,
    commit: prepared.commit,
    dirty: false,
    locate: (at) => locate(at, sources),
  };
  const result = await makePlan(after, [], { ...options, app: [] }, io);
  if ("problems" in result) return printInvalid(result.problems, after, options, io);
  const repo = after.bench?.repo;
  if (repo === undefined) throw new Failure("INTERNAL", "a plan without a repo");
  io.out(
    `${safeText(prepared.message.split("\n")[0] ?? "")}\n${prepared.files.map((file) => `  ${file.action.padEnd(8)} ${safeText(file.path)}\n`).join("")}\n`,
  );
  io.out(humanPlan(result.planned.plan, planContext(after, repo, options, io)));
  if (!(await agreed(options, io))) {
    io.out(
      `\nNothing was changed. To make this commit: trueup rollback --yes${options.branch === undefined ? "" : ` --branch ${options.branch}`}\n`,
    );
    return EXIT.ok;
  }
  const published = await git.publish(prepared, options.branch);
  const next = published.checkedOut ? "trueup apply" : `a pull request from ${published.branch}`;
  io.out(`\n✔ Commit ${published.commit.slice(0, 7)} is on ${safeText(published.branch)} · next: ${safeText(next)}\n`);
  return exitCodeOf(result.planned.plan, false) === EXIT.refused ? EXIT.refused : EXIT.ok;
}

async function requestFor(options: RollbackOptions, project: OpenedProject): Promise<RevertRequest> {
  const { git } = project;
  if (git === undefined) throw new Failure("INTERNAL", "no Git");
  const target = await git.resolve(options.to ?? options.commit ?? "HEAD");
  const apps = options.app ?? [];
  const folders = apps.map((name) => {
    const app = project.loaded.repo?.apps.find((candidate) => candidate.name === name);
    return app?.folder ?? `apps/${name}`;
  });
  return {
    what: options.to === undefined ? { kind: "commit", commit: target } : { kind: "to", commit: target },
    ...(folders.length === 0 ? {} : { paths: folders }),
    ...(options.reason === undefined ? {} : { reason: options.reason }),
  };
}

async function agreed(options: RollbackOptions, io: Io): Promise<boolean> {
  if (options.yes ?? false) return true;
  if (io.ask === undefined) return false;
  return ["y", "yes"].includes((await io.ask("Make this commit? Type yes to confirm: ")).trim().toLowerCase());
}
