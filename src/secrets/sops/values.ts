/** From what stands in the file, or came out of the cipher, to the text of a value and the bytes its MAC covers. */
import type { SopsType } from "./cipher.ts";
import { floatText, integerOf, timeText } from "./numbers.ts";

/** A value in plain text. Never leaves this folder but inside a `Sealed`. */
export interface Clear {
  /** What the MAC of the file runs over. */
  readonly mac: Buffer;
  /** Undefined: bytes that are not UTF-8 text. */
  readonly text: string | undefined;
}

/** A decrypted value. Undefined if the bytes are not what the type says. Comments are no values: see the callers. */
export function clearOf(type: SopsType, bytes: Buffer): Clear | undefined {
  const text = utf8(bytes);
  if (type === "str" || type === "bytes" || type === "comment") return { mac: bytes, text };
  if (text === undefined) return undefined;
  if (type === "int") return /^[+-]?\d+$/u.test(text) ? plain(BigInt(text.replace("+", "")).toString()) : undefined;
  if (type === "float") return floatOf(text);
  if (type === "bool") return boolOf(text);
  return timeText(text) === undefined ? undefined : plain(text);
}

/**
 * A scalar that stands in the file as it is. `bare`: written without quotes, so that it may be a number, a boolean, a
 * time or null (null result: there is no value). Undefined: SOPS cannot read this one itself.
 */
export function clearScalar(text: string, bare: boolean, json: boolean): Clear | null | undefined {
  if (!bare) return plain(text);
  return json ? jsonScalar(text) : yamlScalar(text);
}

function jsonScalar(text: string): Clear | null | undefined {
  if (text === "null") return null;
  if (text === "true" || text === "false") return boolOf(text);
  const whole = /^-?\d+$/u.test(text) ? BigInt(text) : undefined;
  if (whole !== undefined && BigInt.asIntN(64, whole) === whole) return plain(whole.toString());
  return Number.isFinite(Number(text)) ? floatOf(text) : undefined;
}

const NULLS = new Set(["", "~", "null", "Null", "NULL"]);
const BOOLS = new Set(["true", "True", "TRUE", "false", "False", "FALSE"]);
const SPECIAL = /^(?:[+-]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/u;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/u;

/** As go.yaml.in/yaml/v3 3.0.4 resolves plain scalars (`resolve.go`); it mixes YAML 1.1 and 1.2. */
function yamlScalar(text: string): Clear | null | undefined {
  const typed = typedScalar(text);
  if (typed === "text") return plain(text);
  return typed === "large" ? undefined : typed;
}

/** True if a plain YAML scalar is a string for SOPS; keys have to be. */
export function isYamlString(text: string): boolean {
  return typedScalar(text) === "text";
}

function typedScalar(text: string): Clear | null | "text" | "large" {
  if (NULLS.has(text)) return null;
  if (BOOLS.has(text)) return boolOf(text) ?? "text";
  if (SPECIAL.test(text)) return floatOf(text) ?? "text";
  if (!/^[.\d+-]/u.test(text)) return "text";
  const time = timeText(text);
  if (time !== undefined) return plain(time);
  const bare = text.startsWith(".") ? text : text.replaceAll("_", "");
  const whole = integerOf(bare);
  if (whole !== undefined && BigInt.asIntN(64, whole) === whole) return plain(whole.toString());
  // Go holds these as unsigned numbers, which SOPS does not know.
  if (whole !== undefined && BigInt.asUintN(64, whole) === whole && !bare.startsWith("+")) return "large";
  // Out of range (1e400) is a string for Go.
  return FLOAT.test(bare) ? (finite(bare) ?? "text") : "text";
}

function plain(text: string): Clear {
  return { mac: Buffer.from(text, "utf8"), text };
}

/** SOPS hashes booleans as Python writes them; readers get what `sops -d` prints. */
function boolOf(text: string): Clear | undefined {
  const yes = /^(?:1|t|T|true|TRUE|True)$/u.test(text);
  if (!yes && !/^(?:0|f|F|false|FALSE|False)$/u.test(text)) return undefined;
  return { mac: Buffer.from(yes ? "True" : "False"), text: String(yes) };
}

function floatOf(text: string): Clear | undefined {
  const lower = text.toLowerCase();
  const special = /^([+-]?)\.?inf(?:inity)?$/u.exec(lower);
  if (special !== null) return plain(special[1] === "-" ? "-Inf" : "+Inf");
  if (/^\.?nan$/u.test(lower)) return plain("NaN");
  return finite(text);
}

function finite(text: string): Clear | undefined {
  const number = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(number) ? plain(floatText(number)) : undefined;
}

function utf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
