/** Everything a pull request shows, with hostile values in every place: read as GitHub does, nothing of them is markup. */
import { code, document, fence, prose, table } from "../../../src/report/markdown.ts";
import { safePiece } from "../../../src/report/redact.ts";
import { complaintsAbout, documentsWith, linesWith, MORE } from "../../attacks/documents.ts";
import { read, tablesIn } from "../../attacks/gfm.ts";
import { commandsIn } from "../../attacks/runner-commands.ts";
import { type FuzzTarget, must, mustEqual, textOf } from "../target.ts";

export const markdown: FuzzTarget = {
  name: "markdown",
  fresh: 60,
  dictionary: [
    ...MORE.filter((text) => text.length < 100),
    "`",
    "``",
    "```",
    "|",
    "\\",
    "<",
    ">",
    "<!--",
    "-->",
    "&#",
    ";",
    "@",
    "#1",
    "[",
    "](",
    "]",
    "!",
    "*",
    "_",
    "~~",
    "$",
    "\n",
    "\t",
    " ",
  ],
  seeds: [...MORE.slice(0, 6), "a | b `c` <d> @e #1", "<!-- trueup:shown e30= -->"],
  run(input) {
    const text = textOf(input).slice(0, 2000);
    for (const piece of [code(text), prose(text)]) {
      const seen = read(document([[`- before ${piece} after`]]));
      must(flat(seen.text) === flat(`before ${safePiece(text)} after`), "the text is shown as it is", seen.text, text);
      must(
        seen.images === 0 && seen.links.length === 0 && [...seen.tags].every((tag) => /^<\/?code>$/u.test(tag)),
        "no markup",
        [...seen.tags],
      );
    }
    const [found] = tablesIn(document([table(["a", "b"], [[code(text), prose(text)]], false)]));
    mustEqual(
      found?.rows.map((row) => row.length),
      [2],
      "a table keeps its cells",
    );
    mustEqual([...read(document([fence("diff", [`+ ${text}`, text])])).kinds], [["code", 1]], "a fence is one block");
    if (text === "") return;
    const values = [...new Set([text, ...text.split("\n").filter((line) => line !== "")])].slice(0, 8);
    mustEqual(documentsWith(values).flatMap(complaintsAbout), [], "harmless documents");
    must(
      commandsIn(linesWith(values)).every(({ name }) => name === "notice"),
      "only our own notices",
    );
  },
};

function flat(text: string): string {
  return text.replaceAll(/\s+/gu, " ").trim();
}
