/** A plan that a stranger's run left behind: bytes to a checked document, or a refusal. Nothing of it is run or followed. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import type { Plain } from "../../model.ts";
import { Failure } from "../../failure.ts";
import type { ForkResult } from "../../report/pull-request/fork-comment.ts";
import { isPlainMap } from "../../tree.ts";

/** Bytes. A plan of 10,000 changes has 1.8 MB. */
export const LARGEST_ARTIFACT = 5_000_000;
/** Maps and lists inside each other: what YAML may have, and the plan around it. */
const DEEPEST = 100;
const MOST_EDITS = 20_000;

/** Reads the file at the path, which is no link. Throws `USAGE` for everything that `trueup diff` does not write. */
export async function readArtifact(path: string): Promise<ForkResult> {
  const text = textOf(bytesOf(path));
  requireShallow(text);
  const data = parsed(text);
  if (isPlainMap(data) && Object.hasOwn(data, "error")) return { kind: "failed" };
  if (isPlainMap(data) && Object.hasOwn(data, "problems")) return { kind: "invalid", errors: errorsIn(data) };
  const { isForkPlan } = await import("./check.ts");
  if (!isForkPlan(data)) throw notAPlan("it does not fit schemas/plan.schema.json");
  if (data.edits.length > MOST_EDITS) throw notAPlan(`it has more than ${MOST_EDITS} edits`);
  return { kind: "plan", plan: data };
}

function bytesOf(path: string): Buffer {
  let file: number | undefined;
  try {
    // Without waiting, so that a pipe does not hold the job up; and never through a link.
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const facts = fstatSync(file);
    if (!facts.isFile()) throw notAPlan("it is not a file");
    if (facts.size > LARGEST_ARTIFACT) throw notAPlan(`it is larger than ${LARGEST_ARTIFACT} bytes`);
    const bytes = Buffer.alloc(facts.size);
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(file, bytes, length, bytes.length - length, length);
      if (read === 0) break;
      length += read;
    }
    return bytes.subarray(0, length);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw notAPlan("it cannot be opened, or is a link");
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw notAPlan("it is not UTF-8");
  }
}

/** Before anything parses it: brackets outside of texts. */
function requireShallow(text: string): void {
  let [depth, isText] = [0, false];
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (isText) {
      if (character === 0x5c) i++;
      else if (character === 0x22) isText = false;
    } else if (character === 0x22) isText = true;
    else if (character === 0x7b || character === 0x5b) {
      if (++depth > DEEPEST) throw notAPlan(`it has more than ${DEEPEST} levels`);
    } else if (character === 0x7d || character === 0x5d) depth--;
  }
}

function parsed(text: string): Plain {
  try {
    return JSON.parse(text, (name, value: Plain) => {
      if (name === "__proto__") throw new Error("a name of the language");
      return value;
    }) as Plain;
  } catch {
    throw notAPlan("it is not JSON");
  }
}

function errorsIn({ problems }: { readonly [key: string]: Plain }): number {
  if (!Array.isArray(problems)) throw notAPlan("its problems are no list");
  return (problems as readonly Plain[]).filter((one) => isPlainMap(one) && one["severity"] === "error").length;
}

/** Its words are not repeated: the log is the base repository's. */
function notAPlan(why: string): Failure {
  return new Failure("USAGE", `the artifact is not what the diff action writes: ${why}`, {
    fix: "upload the output report of the diff action, and give the path of that file (docs/actions.md, Forks)",
  });
}
