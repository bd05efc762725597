/** A receipt for machines: `schemas/receipt.schema.json`. */
import type { DestinationReceipt, Receipt } from "../../model.ts";
import { printJson } from "../json.ts";

/** One JSON document, indented, ended by a line feed. What is not known is absent. */
export function jsonReceipt(receipt: Receipt): string {
  return printJson({
    version: 1,
    plan: receipt.plan,
    commit: receipt.commit,
    dirty: receipt.dirty,
    apply: receipt.applyId,
    started_at: receipt.startedAt,
    duration_ms: receipt.durationMs,
    result: receipt.result,
    as_reviewed: receipt.asReviewed,
    destinations: receipt.destinations.map(destinationDocument),
  });
}

function destinationDocument(one: DestinationReceipt): object {
  return {
    id: one.destination,
    place: one.place,
    target: one.target,
    result: one.result,
    applied: one.applied,
    pending: one.pending,
    proof: one.proof,
    read_back: one.readBack,
    left: one.left.map(({ address, why }) => ({ address, why })),
    before: one.before,
    superseded_by: one.supersededBy,
    failure: one.failure === undefined ? undefined : failureDocument(one.failure),
  };
}

function failureDocument({ code, message, fix, details }: NonNullable<DestinationReceipt["failure"]>): object {
  return { code, message, details, fix };
}
