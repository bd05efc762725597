/** A failure as the message and cure of a check. */
import type { Trouble } from "./facts.ts";

export function troubleText({ message, details, fix }: Trouble): { readonly message: string; readonly fix?: string } {
  const text = details.length === 0 ? message : `${message.replace(/\.$/u, "")} (${details.join("; ")})`;
  return fix === undefined ? { message: text } : { message: text, fix };
}
