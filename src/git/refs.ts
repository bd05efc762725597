/** What people may write where a commit is wanted, and which refs it may mean. Pure. */
import { Failure } from "../failure.ts";

/** A full object id: SHA-1 or SHA-256. */
const FULL_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u;
/** `HEAD~2`, `main^`: steps back from a name. */
const WITH_STEPS = /^(?<name>.*?)(?<steps>(?:~\d{0,6}|\^\d?)*)$/su;

export type Reference =
  | { readonly kind: "id"; readonly id: string }
  | { readonly kind: "head"; readonly steps: string }
  /** Refs it may stand for, and those to try if none of them exists. */
  | {
      readonly kind: "name";
      readonly refs: readonly string[];
      readonly otherwise: readonly string[];
      readonly steps: string;
    };

export function isFullId(text: string): boolean {
  return FULL_ID.test(text);
}

/** Throws `USAGE` unless the text is a full object id, in lower case. */
export function requireFullId(text: string): string {
  if (FULL_ID.test(text)) return text;
  throw new Failure("USAGE", `${printable(text)} is not a full commit id.`, {
    fix: "give all 40 characters of the id",
  });
}

/** Why a text cannot be the name of a branch or tag (`git check-ref-format`); undefined if it can. */
function refNameProblem(name: string): string | undefined {
  if (name === "" || name === "@") return "it is empty";
  if (name.startsWith("-")) return "it starts with a dash";
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  if (/[\u0000-\u0020\u007F~^:?*[\\]|\.\.|@\{/u.test(name)) return "it has characters that no ref has";
  if (/^\/|\/$|\/\/|\.$/u.test(name)) return "it has a slash or a dot where no ref has one";
  if (name.split("/").some((part) => part.startsWith(".") || part.endsWith(".lock"))) return "a part of it is reserved";
  return undefined;
}

/**
 * Reads a commit as people write it: a full id, `HEAD`, a branch, a tag, `origin/main`, each with steps back. A text of
 * 40 hexadecimal digits is always an id, also where a branch is called so; everything else is looked up as a ref, and
 * never handed to Git as it is. Throws `USAGE`.
 */
export function parseReference(text: string): Reference {
  if (FULL_ID.test(text)) return { kind: "id", id: text };
  const { name = "", steps = "" } = WITH_STEPS.exec(text)?.groups ?? {};
  if (name === "HEAD" || name === "@") return { kind: "head", steps };
  const problem = refNameProblem(name);
  if (problem !== undefined)
    throw new Failure("USAGE", `${printable(text)} does not name a commit: ${problem}.`, {
      fix: "give a branch, a tag or a full commit id",
    });
  if (name.startsWith("refs/")) return { kind: "name", refs: [name], otherwise: [], steps };
  const refs = [`refs/heads/${name}`, `refs/tags/${name}`, `refs/remotes/${name}`];
  // A checkout in CI has no local branches.
  return { kind: "name", refs, otherwise: [`refs/remotes/origin/${name}`], steps };
}

/** The text as it may be shown: quoted, cut, without control characters. */
export function printable(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text).replace(/[\p{Cc}\p{Cf}]/gu, "?");
}

/** Throws `USAGE` unless a new branch may have this name. Names that look like ids or full refs would mislead people. */
export function requireBranchName(name: string): string {
  const problem = /^[0-9a-f]{40,64}$/u.test(name)
    ? "it looks like a commit id"
    : name.startsWith("refs/") || name === "HEAD"
      ? "it looks like a full ref"
      : refNameProblem(name);
  if (problem === undefined) return name;
  throw new Failure("USAGE", `A branch cannot be called ${printable(name)}: ${problem}.`);
}
