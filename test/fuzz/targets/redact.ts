/** The way from a value to text: nothing acts, nothing hides, nothing is a command, and doing it twice changes nothing. */
import { printLine, styled } from "../../../src/report/print.ts";
import { quoteChange, quoteValue, safePiece, safeText } from "../../../src/report/redact.ts";
import { displayWidth } from "../../../src/report/width.ts";
import { COMMANDS, MARKDOWN } from "../../attacks/hostile.ts";
import { commandsIn } from "../../attacks/runner-commands.ts";
import { type FuzzTarget, must, textOf } from "../target.ts";

const ACTS = /(?![\n\t \u3000])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Z}\p{Default_Ignorable_Code_Point}]/u;

export const redact: FuzzTarget = {
  name: "redact",
  fresh: 4000,
  dictionary: [
    ...COMMANDS,
    "::",
    ":",
    "##[",
    "#",
    "[",
    "]",
    "\r",
    "\n",
    "\t",
    "\u200b",
    "\u0488",
    "\u00ad",
    "\u001b[31m",
    "vso",
    "teamcity",
    "e\u0301",
    "日",
    "\\u{3a}",
    " ",
  ],
  seeds: [...COMMANDS.slice(0, 8), ...MARKDOWN.slice(0, 4), "plain text: ok"],
  run(input) {
    const text = textOf(input);
    const safe = safeText(text);
    harmless(safe);
    must(safeText(safe) === safe, "twice changes nothing", safe);
    must(safe.split("\n").length === text.split("\n").length, "as many lines");
    const piece = safePiece(text);
    harmless(piece);
    must(!/[\n\t]/u.test(piece), "a piece is one line", piece);
    const half = text.length >> 1;
    const [a, b] = [text.slice(0, half), text.slice(half)];
    harmless(printLine([a, styled("dim", b)], false));
    for (const width of [24, 40, 200]) {
      const quoted = quoteValue({ [a]: [b, 1] }, { width });
      harmless(quoted);
      must(displayWidth(quoted) <= width && !quoted.includes("\n"), "no wider than asked", width, quoted);
      const change = quoteChange(a, b, { width });
      must((change.before === change.after) === (a === b), "different values look different", change, a, b);
    }
  },
};

function harmless(output: string): void {
  must(commandsIn(output).length === 0, "no command", output);
  must(!ACTS.test(output), "nothing acts or hides", output);
}
