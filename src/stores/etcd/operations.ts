/** The few operations on etcd that trueup uses. Deletes name one key, never a range. */
import type { ICompare, IRangeRequest, IRequestOp } from "etcd3";
import { Failure } from "../../failure.ts";
import type { Version } from "../../model.ts";

export function bytesOf(text: string): Buffer {
  return Buffer.from(text, "utf8");
}

/** The key right after this one. */
export function after(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.of(0)]);
}

/** The end of the range of all keys that begin with a prefix. */
export function prefixEnd(prefix: string): Buffer {
  const end = bytesOf(prefix);
  // A prefix ends with a slash, so its last byte can always be raised.
  const last = end.length - 1;
  end.writeUInt8(end.readUInt8(last) + 1, last);
  return end;
}

/** True while the key has that version; null: while it does not exist (etcd compares a missing key as zeros). */
export function isStill(key: Buffer, expected: Version | null): ICompare {
  return { target: "Mod", result: "Equal", key, mod_revision: expected === null ? "0" : checkVersion(expected) };
}

/** True while every key that exists in the range has that version; null: while none exists. A deletion is not seen. */
export function areStill(range: Span, expected: Version | null): ICompare {
  return { ...isStill(range.first, expected), range_end: range.end };
}

/** True while no key of the range was written after `revision`. A deletion is not seen: what is gone has no revision. */
export function isQuiet(range: Span, revision: string): ICompare {
  return {
    target: "Mod",
    result: "Less",
    key: range.first,
    range_end: range.end,
    mod_revision: String(BigInt(revision) + 1n),
  };
}

/** Never true, whatever the store holds. */
export function isNever(key: Buffer): ICompare {
  return { target: "Version", result: "Less", key, version: "0" };
}

export interface Span {
  readonly first: Buffer;
  readonly end: Buffer;
}

export function put(key: Buffer, value: Buffer): IRequestOp {
  return { request_put: { key, value } };
}

export function remove(key: Buffer): IRequestOp {
  return { request_delete_range: { key } };
}

export function readOne(key: Buffer): IRequestOp {
  return { request_range: { key } };
}

interface Range extends IRequestOp {
  readonly request_range: IRangeRequest;
}

/** Names and versions, no values. */
export function nameOne(key: Buffer): Range {
  return { request_range: { key, keys_only: true } };
}

export function nameAll({ first, end }: Span): Range {
  return { request_range: { key: first, range_end: end, keys_only: true } };
}

export function countAll({ first, end }: Span): Range {
  return { request_range: { key: first, range_end: end, count_only: true } };
}

/** The versions of etcd are revisions. Anything else would be sent as 0, which means "must not exist". */
function checkVersion(version: Version): Version {
  if (/^[1-9]\d{0,18}$/u.test(version)) return version;
  throw new Failure("INTERNAL", "A version that is not etcd's was to be compared with etcd.", {
    fix: "This looks like a fault of trueup. Please report it.",
  });
}
