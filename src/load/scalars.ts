/** Values of scalars: reads them, and reports those that mean different things to different parsers. */
import { SCALAR_STYLE } from "js-yaml";
import type { ScalarEvent } from "js-yaml";
import type { Scalar } from "../model.ts";
import { tagFault } from "./faults.ts";
import { isPlainlyText, judgePlain, resolvePlain } from "./spelling.ts";
import { fitsTag, tagOf } from "./tags.ts";
import { leadOf } from "./walk.ts";
import type { Walk } from "./walk.ts";

const { PLAIN, DOUBLE_QUOTED } = SCALAR_STYLE;
/** Longer tokens are not repeated in messages: they may be more than a number or a word. */
const LONGEST_SHOWN = 20;

const WITHOUT_TEXT = {
  TU1004: "YAML parsers do not agree about this value",
  TU1005: "this number cannot be held exactly",
} as const;

/** Value of a scalar whose decoded text is `text`. */
export function valueOf(walk: Walk, event: ScalarEvent, text: string): Scalar {
  if (event.tagStart !== -1) return taggedValue(walk, event, text);
  if (event.style !== PLAIN) {
    if (event.style === DOUBLE_QUOTED && !event.fast) checkEscapes(walk, event, text);
    return text;
  }
  if (isPlainlyText(text)) return text;
  if (walk.options.spelling) checkSpelling(walk, event, text);
  return resolvePlain(text);
}

function taggedValue(walk: Walk, event: ScalarEvent, text: string): Scalar {
  const raw = walk.source.slice(event.tagStart, event.tagEnd);
  const tag = tagOf(raw);
  if (tag === "text") return text;
  const value = resolvePlain(text);
  if (tag === undefined || !fitsTag(tag, value))
    walk.report.at(event.tagStart, raw.length, tagFault(raw, tag !== undefined));
  else if (walk.options.spelling) checkSpelling(walk, event, text);
  return value;
}

/** `"\ud800"` and `"\0"`: text that no store can hold. All other escapes are fine: reviewers see them. */
function checkEscapes(walk: Walk, event: ScalarEvent, text: string): void {
  const bad = /\p{Surrogate}|\0/u.exec(text)?.[0];
  if (bad === undefined) return;
  const what = bad === "\0" ? "a NUL character" : "half of a surrogate pair, which is not a character";
  walk.report.at(event.valueStart - 1, event.valueEnd - event.valueStart + 2, {
    code: "TU1010",
    message: `an escape in this text stands for ${what}`,
    label: "no store can hold it",
    fix: bad === "\0" ? "remove the escape" : "write the character itself, or both halves",
    valueShown: true,
  });
}

function checkSpelling(walk: Walk, event: ScalarEvent, text: string): void {
  const finding = judgePlain(text);
  if (finding === undefined) return;
  const shown = text.length <= LONGEST_SHOWN && !walk.report.isSensitive(event.valueStart);
  const lead = leadOf(walk.frame);
  const { instead, because } = finding;
  walk.report.at(event.valueStart, event.valueEnd - event.valueStart, {
    code: finding.code,
    severity: finding.severity,
    message: shown ? `${text} ${because}` : WITHOUT_TEXT[finding.code],
    label: "typed without quotes",
    fix: shown ? `${lead}"${text}"` : "put the value in quotes",
    ...(shown && instead !== undefined && instead !== text
      ? { notes: [{ name: "or", text: `${lead}${instead}` }] }
      : {}),
    valueShown: true,
  });
}
