/** Reports characters nobody can see, and text in a decomposed form, wherever they stand in a YAML file. */
import { EVENT_ID } from "js-yaml";
import type { Event } from "js-yaml";
import { describeHidden, escapeInYaml, findHidden, isFineInComment } from "./characters.ts";
import { lineAt } from "./report.ts";
import type { Report } from "./report.ts";

const MOST = 20;

/** `events` tell values from comments; without them (broken syntax) a `#` on the line has to do. */
export function reportHidden(text: string, events: readonly Event[] | undefined, report: Report): void {
  for (const { offset, length, code } of findHidden(text, MOST)) {
    const comment = isComment(text, offset, events);
    if (comment && isFineInComment(code)) continue;
    report.at(offset, length, {
      code: "TU1010",
      severity: comment ? "warning" : "error",
      message: `${comment ? "a comment" : "the text"} holds ${describeHidden(code)}`,
      label: "it stands here",
      fix: comment
        ? "remove it"
        : `remove it; if it is meant, write it as ${escapeInYaml(code)} in double quotes, so that reviewers see it`,
      valueShown: true,
    });
  }
  reportDecomposed(text, events, report);
}

/** `é` in two characters looks like `é` in one and is not equal to it. Files are kept in the composed form (NFC). */
function reportDecomposed(text: string, events: readonly Event[] | undefined, report: Report): void {
  let start = 0;
  let found = 0;
  for (const line of text.split(/\r\n|[\n\r]/u)) {
    const normal = line.normalize("NFC");
    if (normal !== line && found < MOST) {
      let i = 0;
      while (line[i] === normal[i]) i++;
      if (!isComment(text, start + i, events)) {
        found++;
        report.at(start + i, 1, {
          code: "TU1010",
          message: "a character is written in two parts (not in Unicode's normal form NFC)",
          label: "looks like another text, and is not equal to it",
          fix: "type the character again; if the two parts are meant, write the second one as an escape in double quotes",
          valueShown: true,
        });
      }
    }
    start += line.length + (text.startsWith("\r\n", start + line.length) ? 2 : 1);
  }
}

function isComment(text: string, offset: number, events: readonly Event[] | undefined): boolean {
  const line = lineAt(text, offset);
  const before = line.slice(0, line.length - lineAt(text.slice(offset, offset + 1000), 0).length);
  if (!/(?:^|\s)#/u.test(before)) return false;
  return (
    events?.every((event) => event.type !== EVENT_ID.SCALAR || offset < event.valueStart || offset >= event.valueEnd) ??
    true
  );
}
