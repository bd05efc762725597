/** What must be there, taken at its word: nothing made up goes on in its place. */
import { Failure } from "./failure.ts";

/** The value, where the code around it makes sure that there is one. `what` names it for whoever finds out that not. */
export function sure<T>(value: T, what: string): NonNullable<T> {
  if (value !== undefined && value !== null) return value;
  throw new Failure("INTERNAL", `${what} is missing where it cannot be. This is an error in trueup.`, {
    fix: "Run it again; if it stays, report it with the command and this message.",
  });
}
