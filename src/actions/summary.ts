/** The step summary: what the log says, for readers of the run's page. */
import { fence } from "../report/markdown.ts";
import type { ActionName } from "./inputs.ts";
import type { Word } from "./outcome.ts";

/** Bytes. Near 1 MiB the runner drops the whole summary (actions/runner, FileCommandManager.cs). */
const LARGEST = 900_000;

const MARKS: Readonly<Record<Word, string>> = {
  ok: "✅",
  changes: "🟡",
  invalid: "❌",
  refused: "🔴",
  partial: "❌",
  stale: "🟠",
  error: "❌",
};

/** Markdown of ours if there is some, otherwise the human output in a fence. Cut at a line, with a word about it. */
export function summaryText(
  action: ActionName,
  word: Word,
  body: { readonly markdown: string } | { readonly text: string },
): string {
  if ("markdown" in body) return cut(body.markdown.trimEnd().split("\n"), LARGEST).join("\n").concat("\n");
  // Fences may be longer than three marks, and some lines grow when they are made safe.
  const lines = cut(body.text.trimEnd().split("\n"), LARGEST / 2);
  return [`### ${MARKS[word]} trueup ${action}: ${word}`, "", ...fence("text", lines), ""].join("\n");
}

function cut(lines: readonly string[], limit: number): readonly string[] {
  let size = 0;
  const end = lines.findIndex((line) => (size += Buffer.byteLength(line) + 1) > limit);
  return end < 0 ? lines : [...lines.slice(0, end), `… ${lines.length - end} more lines are in the log`];
}
