/** Opens the forge that a job runs on. GitHub's packages are loaded here, on first use. */
import { connect, PATIENCE } from "./client.ts";
import type { Patience } from "./client.ts";
import { newComment, saveComment, stickyComment } from "./comments.ts";
import type { Forge } from "./forge.ts";
import { hostOf } from "./host.ts";
import type { RunnerEnvironment } from "./host.ts";
import { changeIssue, createIssue, issue } from "./issues.ts";
import { labelledBy, labels, labelsThatCount, permissionOf, setLabels } from "./labels.ts";
import { recordedPlan, recordPlan } from "./plans.ts";
import { changedFiles, openPullsFrom, pull, pullsOfCommit } from "./pulls.ts";
import { approvalsOfRun, approvers } from "./reviews.ts";

/**
 * `env` is what the runner set; `token` what the action was given. Nothing is sent before the first question. Throws
 * if the environment names no forge.
 */
export async function openForge(
  env: RunnerEnvironment,
  token: string,
  patience: Partial<Patience> = {},
): Promise<Forge> {
  const host = hostOf(env);
  const client = await connect(host, token, { ...PATIENCE, ...patience });
  return {
    host,
    ownLogin: () => client.login(),
    stickyComment: (number, marker) => stickyComment(client, number, marker),
    saveComment: (number, existing, body) => saveComment(client, number, existing, body),
    newComment: (number, body, on = "pull") => newComment(client, number, body, on),
    labels: (number) => labels(client, number),
    setLabels: (number, add, remove) => setLabels(client, number, add, remove),
    labelledBy: (number, label) => labelledBy(client, number, label),
    permissionOf: (login) => permissionOf(client, login),
    labelsThatCount: (number, names, least) => labelsThatCount(client, number, names, least),
    approvers: (number) => approvers(client, number),
    recordPlan: (sha, record) => recordPlan(client, sha, record),
    recordedPlan: (sha, name) => recordedPlan(client, sha, name),
    pullsOfCommit: (sha) => pullsOfCommit(client, sha),
    pull: (number) => pull(client, number),
    openPullsFrom: (repository, branch) => openPullsFrom(client, repository, branch),
    changedFiles: (number) => changedFiles(client, number),
    issue: (marker, among) => issue(client, marker, among),
    createIssue: (title, body) => createIssue(client, title, body),
    changeIssue: (number, change) => changeIssue(client, number, change),
    approvalsOfRun: (run) => approvalsOfRun(client, run),
  };
}
