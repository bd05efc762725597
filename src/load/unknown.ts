/** Names that stand for nothing, with the name that was probably meant. */
import type { KeyPath } from "../model.ts";
import type { Problem } from "../problem.ts";
import { suggest } from "../suggest.ts";
import { showName } from "./characters.ts";

/** A problem such as `there is no target locl; did you mean local?`. `path` leads to the name in `file`. */
export function unknownName(
  what: string,
  name: string,
  known: readonly string[],
  at: { readonly file: string; readonly path: KeyPath; readonly part?: "key" | "value" },
): Problem {
  const near = suggest(name, known);
  return {
    code: "TU1017",
    severity: "error",
    message: `there is no ${what} ${showName(name)}${near === undefined ? "" : `; did you mean ${near}?`}`,
    at,
    ...(near === undefined ? {} : { fix: near }),
    notes: [{ name: "known here", text: known.length === 0 ? "none" : known.slice(0, 50).join(", ") }],
  };
}
