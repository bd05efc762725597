/**
 * Bytes that a request will have when it is encoded, without encoding it: a large apply is cut into requests before
 * any is made. Follows protobuf's encoding and the field numbers of etcd's rpc.proto; a test holds it to the real
 * encoder, to the byte.
 */
import type { ICompare, IRangeRequest, IRequestOp, ITxnRequest } from "etcd3";
import { sure } from "../../sure.ts";

/** Bytes of a transaction request. */
export function txnSize({ compare, success, failure }: ITxnRequest): number {
  return sum(compare, compareSize) + sum(success, operationSize) + sum(failure, operationSize);
}

/** Bytes of a list of operations inside a transaction. */
export function operationsSize(operations: readonly IRequestOp[]): number {
  return sum(operations, operationSize);
}

function sum<T>(items: readonly T[] | undefined, size: (item: T) => number): number {
  let total = 0;
  for (const item of items ?? []) total += lengthField(size(item));
  return total;
}

function operationSize(operation: IRequestOp): number {
  const { request_put: put, request_delete_range: remove, request_range: range, request_txn: txn } = operation;
  if (put !== undefined) return lengthField(bytesField(put.key) + bytesField(put.value));
  if (remove !== undefined) return lengthField(bytesField(remove.key));
  if (range !== undefined) return lengthField(rangeSize(range));
  return lengthField(txnSize(sure(txn, "the kind of an operation")));
}

function rangeSize({ key, range_end: end, keys_only: names, count_only: count, revision }: IRangeRequest): number {
  const flags = [names, count].filter((flag) => flag !== undefined).length * 2;
  return bytesField(key) + bytesField(end) + flags + numberField(revision);
}

function compareSize({ key, range_end: end, mod_revision: mod, version }: ICompare): number {
  // Result and target take two bytes each; the tag of range_end (field 64) takes one more than the others.
  return 4 + bytesField(key) + bytesField(end) + (end === undefined ? 0 : 1) + numberField(mod) + numberField(version);
}

function bytesField(bytes: Buffer | undefined): number {
  return bytes === undefined ? 0 : lengthField(bytes.length);
}

function lengthField(length: number): number {
  return 1 + varint(length) + length;
}

function numberField(value: string | number | undefined): number {
  return value === undefined ? 0 : 1 + varint(Number(value));
}

function varint(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest /= 128) bytes++;
  return bytes;
}
