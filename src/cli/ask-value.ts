/** A secret's value: from a prompt that shows nothing, or from a pipe. Never from the command line. */
import { Failure } from "../failure.ts";
import { Sealed } from "../secret.ts";
import type { Io } from "./io.ts";

/** One line feed at the end belongs to the pipe, not to the value. Throws `USAGE` if nothing is given. */
export async function askValue(name: string, io: Io): Promise<Sealed> {
  const text = await io.askHidden(`Value of ${name} (hidden): `);
  const value = text.replace(/\r?\n$/u, "");
  if (value === "")
    throw new Failure("USAGE", "no value was given", {
      fix: "type it at the prompt, or pipe it in; an empty secret cannot be stored",
    });
  return new Sealed(value);
}
