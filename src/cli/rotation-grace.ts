/** When a rotation may be finished: the same rule whether the values are in a store or encrypted in Git. */
import { Failure } from "../failure.ts";
import type { Io } from "./io.ts";
import { momentText } from "./rotation-words.ts";
import type { SecretSubject } from "./secret-subject.ts";

/**
 * Throws `USAGE` if there is no rotation to finish, `REFUSED` while its grace time runs and `--now` does not lift it.
 * `end` gives its last moment (milliseconds since 1970), undefined if none is open.
 */
export function requireGraceOver(
  { name, secret }: SecretSubject,
  end: (graceMs: number) => number | undefined,
  options: { readonly now?: boolean },
  io: Pick<Io, "now">,
  details: () => readonly string[] = () => [],
): void {
  if (secret.rotate === undefined)
    throw new Failure("USAGE", `${name} has no previous value, so there is nothing to finish`, {
      fix: `rotate: { previous: NAME } in ${secret.at.file} keeps one for a while`,
    });
  const last = end(secret.rotate.graceMs);
  if (last === undefined) throw new Failure("USAGE", `no rotation of ${name} is open here`);
  if (!(options.now ?? false) && Date.parse(io.now()) < last)
    throw new Failure("REFUSED", `readers of ${name} may use the value of before until ${momentText(last)}`, {
      fix: "wait until then, or lift it with --now if nobody needs that value any more",
      details: details(),
    });
}
