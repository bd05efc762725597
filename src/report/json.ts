/** JSON for machines that may pass through the log of a CI runner or a terminal on its way. */

/** Like the characters of `safeText`; here the escape is JSON's own, so that parsing gives back the same data. */
const UNSAFE =
  /(?![\n ])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Z}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}]|(?<=#[^\x20-\x7e\n]*#(?:[^\x20-\x7e\n]*(?:vso|teamcity))?[^\x20-\x7e\n]*)\[/giu;
const NEEDS_LOOK = /[^\n\x20-\x7e]|##/u;

/** One JSON document, indented, ended by a line feed. Keys whose value is undefined are left out. */
export function printJson(document: object): string {
  const text = JSON.stringify(document, null, 2);
  return `${NEEDS_LOOK.test(text) ? text.replace(UNSAFE, unicodeEscape) : text}\n`;
}

function unicodeEscape(character: string): string {
  // Over UTF-16 units: JSON writes characters beyond the first plane as two escapes.
  return Array.from({ length: character.length }, (_, i) => {
    return `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`;
  }).join("");
}
