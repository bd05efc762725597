/**
 * What SSM Parameter Store can hold, known without asking it. Sources: service model of the SDK
 * (@aws-sdk/client-ssm 3.1169.0, PutParameterRequest) unless a line says otherwise; seen 2026-11.
 */
import type { Limits } from "../store.ts";

/** A name may have 1,011 characters with the ARN before it. The longest such prefix of any region has under 60. */
const MAX_NAME = 1011 - 60;
const MAX_LEVELS = 15;
/** Over this a parameter is Advanced, and costs. */
export const STANDARD_BYTES = 4096;
const ADVANCED_BYTES = 8192;
/** What the text of a packed record begins with: see `packed.ts`, which stays unloaded until a store is opened. */
export const PACKED = "trueup:packed:1 ";

type Refusal = { readonly message: string; readonly fix: string };

export const limits: Limits = {
  // Every parameter is written on its own; a unit's ledger record says before what is about to be written.
  atomic: "key",
  // SSM has no conditional overwrite. The version it hands back tells whether somebody wrote in between.
  staleWrites: "noticed",
  refuses: ({ key }, text) => refusesName(key) ?? (text === undefined ? undefined : refusesText(text)),
};

/** True if a parameter of that name can exist at all, so that it is worth asking for. */
export function isName(key: string): boolean {
  return refusesName(key) === undefined;
}

function refusesName(key: string): Refusal | undefined {
  if (!key.startsWith("/"))
    return { message: "the name does not start with a slash", fix: "Begin the path of the target with a slash." };
  const odd = /[^\w./-]/u.exec(key)?.[0];
  if (odd !== undefined)
    return {
      message: `the name holds ${JSON.stringify(odd)}; SSM takes only letters a-z and A-Z, digits and _ . - /`,
      fix: "Rename the key, or use layout: blob, where names inside the JSON are free.",
    };
  const levels = key.slice(1).split("/");
  if (levels.some((level) => level === "" || level === "." || level === ".."))
    return {
      message: "the name has an empty level, or one that is only dots",
      fix: "Take out the double slash, the slash at its end or the dots.",
    };
  if (levels.length > MAX_LEVELS)
    return {
      message: `the name has ${levels.length} levels; SSM takes ${MAX_LEVELS}`,
      fix: "Use layout: groups or blob for deep values, or a shorter path of the target.",
    };
  if (/^\/(?:aws|ssm)/iu.test(key))
    return {
      message: "the name begins with aws or ssm, which SSM keeps for itself",
      fix: "Begin the path of the target with another word.",
    };
  if (key.length > MAX_NAME)
    return {
      message: `the name has ${key.length} characters; SSM takes ${MAX_NAME} beside the parameter's ARN`,
      fix: "Shorten the names in it, or the path of the target.",
    };
  return undefined;
}

function refusesText(text: string): Refusal | undefined {
  if (text === "")
    return {
      message: "the value is empty; SSM holds no empty values",
      fix: "Leave the key out, or write a word that the app understands as nothing.",
    };
  if (text.includes("{{"))
    return {
      message: "the value holds {{, which SSM takes for a reference to another parameter and refuses",
      fix: "Write the value as base64, or keep the template text in another store.",
    };
  if (text.startsWith(PACKED))
    return { message: "the value begins like a record of trueup", fix: "Let the value begin differently." };
  if (text.includes("\0") || /\p{Surrogate}/u.test(text))
    return {
      message: "the value holds a character that is not text (NUL or half a surrogate pair)",
      fix: "Remove it, or write the value as base64.",
    };
  // SSM says "characters". Whether it counts bytes near the limit is not documented; bytes are safe either way
  // (hashicorp/terraform-provider-aws#18521, seen 2026-08).
  const bytes = Buffer.byteLength(text);
  if (bytes <= ADVANCED_BYTES) return undefined;
  return {
    message: `the value has ${bytes} bytes; SSM takes ${ADVANCED_BYTES}, even in the Advanced tier`,
    fix: "Split it into several keys (layout: keys or groups), or keep it in another store.",
  };
}
