/** What may be done in every destination: each thing that is missing by name, with the line that grants it. */
import type { Right } from "../stores/store.ts";
import { groupBy } from "../group.ts";
import type { DestinationFacts } from "./facts.ts";
import type { Finding } from "./targets.ts";
import { troubleText } from "./trouble.ts";

/** Nothing where the store was not asked, or knows no rights. */
export function rightsFindings({ rights, outcome }: DestinationFacts): Finding[] {
  if (rights === undefined) return [];
  // A store that could not be read has said why already.
  if ("trouble" in rights)
    return outcome.kind === "read" ? [{ status: "problem", ...troubleText(rights.trouble) }] : [];
  const { found } = rights;
  const of = (state: Right["state"]): Right[] => found.filter((right) => right.state === state);
  const missing = of("missing").map((right): Finding => ({ status: "problem", ...wordsOf(right) }));
  const unchecked = of("unchecked").map((right): Finding => ({ status: "unchecked", ...wordsOf(right) }));
  const granted = of("granted");
  const fine: Finding = { status: "ok", message: `rights: ${grantedText(granted)}` };
  return [...(granted.length === 0 ? [] : [fine]), ...missing, ...unchecked];
}

function wordsOf({ action, message, fix }: Right): Pick<Finding, "message" | "fix"> {
  return { message: message ?? action, ...(fix === undefined ? {} : { fix }) };
}

/** `plan: ssm:GetParameters; apply: ssm:PutParameter`. */
function grantedText(granted: readonly Right[]): string {
  return [...groupBy(granted, ({ role }) => role ?? "")]
    .map(([role, rights]) => `${role === "" ? "" : `${role}: `}${rights.map(({ action }) => action).join(", ")}`)
    .join("; ");
}
