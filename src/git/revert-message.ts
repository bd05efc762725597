/** The message of a revert: what was taken back, how much of it, and why. Pure. */
import type { Commit } from "./history.ts";

/** Commits that the message of a long range names. */
const LISTED = 20;

/** `commits`: the one concerned, or all of a range, newest first. */
export function revertMessage(
  kind: "commit" | "range" | "to",
  commits: readonly Commit[],
  paths: readonly string[],
  reason: string | undefined,
): string {
  const [first] = commits;
  const subject = oneLine(first?.subject ?? "");
  const titles = {
    commit: `Revert "${subject}"`,
    range: commits.length === 1 ? `Revert "${subject}"` : `Revert ${commits.length} commits up to "${subject}"`,
    to: `Roll back to "${subject}"`,
  };
  const bodies = {
    commit: `This reverts commit ${first?.id ?? ""}.`,
    range: [
      "This reverts:",
      ...commits.slice(0, LISTED).map((commit) => `- ${commit.id} ${oneLine(commit.subject)}`),
      ...(commits.length > LISTED ? [`- and ${commits.length - LISTED} more`] : []),
    ].join("\n"),
    to: `This restores the configuration as of commit ${first?.id ?? ""}.`,
  };
  const parts = [
    shorten(titles[kind]),
    bodies[kind],
    ...(paths.length === 0 ? [] : [`Limited to: ${paths.map(oneLine).join(", ")}`]),
    ...(reason === undefined || reason.trim() === "" ? [] : [`Reason: ${clean(reason).trim()}`]),
  ];
  return `${parts.join("\n\n")}\n`;
}

function clean(text: string): string {
  return text.replace(/[^\P{Cc}\n]/gu, " ");
}

function oneLine(text: string): string {
  return clean(text).replaceAll("\n", " ").trim();
}

function shorten(title: string): string {
  return title.length <= 100 ? title : `${title.slice(0, 98)}…"`;
}
