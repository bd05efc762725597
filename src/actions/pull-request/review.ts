/** Who approved a merged pull request, as far as it says whether somebody else looked at what was merged. */
import { isFailure } from "../../failure.ts";
import type { Forge, Pull } from "../../forge/forge.ts";
import type { PoorReview } from "../../report/receipt/markdown.ts";

/**
 * Undefined where somebody who is neither the author nor a bot approved the last commit, and where it cannot be read.
 * Nobody at all is worth a word only where it `matters`: many repositories ask for no approval. The forge does not say
 * who pushed last; an approval of an earlier commit shows all the same.
 */
export async function poorReview(forge: Forge, pull: Pull, matters: boolean): Promise<PoorReview | undefined> {
  try {
    const approvals = await forge.approvers(pull.number);
    if (approvals.length === 0) return matters ? { by: "nobody" } : undefined;
    const others = approvals.filter(({ login }) => login.toLowerCase() !== pull.author.toLowerCase());
    const people = others.filter(({ isBot }) => !isBot);
    if (people.length === 0) return { by: others.length === 0 ? "author" : "bots" };
    if (people.some(({ commit }) => commit === undefined || commit === pull.head.sha)) return undefined;
    return { by: "earlier", commit: people.at(-1)?.commit ?? "" };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return undefined;
  }
}
