/** Receipts: applied, partial, superseded, moved. */
import type { DestinationReceipt, Place, Receipt } from "../../../src/model.ts";
import { BASE, COMMIT, DEV, PLACES, PROD_US } from "./build.ts";
import { small } from "./fixtures.ts";

function destinationReceipt(one: Place, fields: Partial<DestinationReceipt> = {}): DestinationReceipt {
  return {
    destination: `config@${one.id}`,
    place: one.id,
    target: "config",
    result: "applied",
    applied: 2,
    pending: 0,
    proof: "revision 88214",
    readBack: { checked: 2, wrong: [] },
    left: [],
    before: BASE,
    supersededBy: undefined,
    failure: undefined,
    ...fields,
  };
}

export function receiptOf(fields: Partial<Receipt> = {}): Receipt {
  return {
    plan: small.id,
    commit: COMMIT,
    dirty: false,
    applyId: "a-18",
    startedAt: "2026-11-20T12:21:00Z",
    durationMs: 900,
    result: "applied",
    destinations: PLACES.map((one) => destinationReceipt(one)),
    ...fields,
  };
}

export const applied: Receipt = receiptOf();

/** Permission denied in the last place. */
export const partial: Receipt = receiptOf({
  result: "partial",
  destinations: PLACES.map((one) =>
    one.id !== PROD_US
      ? destinationReceipt(one)
      : destinationReceipt(one, {
          result: "partial",
          applied: 1,
          pending: 1,
          proof: undefined,
          readBack: undefined,
          left: [{ address: `orders@${PROD_US}:features.gift_cards`, why: "permission denied" }],
          failure: {
            code: "DENIED",
            message:
              "etcd us-east-2: permission denied for /config/prod/orders/features/gift_cards (user trueup-apply)",
            details: ["1 of 2 keys had been written"],
            fix: "grant write on /config/prod/ to trueup-apply",
          },
        }),
  ),
});

export const superseded: Receipt = receiptOf({
  result: "superseded",
  destinations: PLACES.slice(2).map((one) =>
    destinationReceipt(one, {
      result: "superseded",
      applied: 0,
      proof: undefined,
      readBack: undefined,
      supersededBy: "7d10e55aa0b1c2d3e4f5061728394a5b6c7d8e9f",
    }),
  ),
});

export const moved: Receipt = receiptOf({
  result: "moved",
  destinations: PLACES.slice(0, 1).map((one) =>
    destinationReceipt(one, {
      result: "moved",
      applied: 0,
      pending: 2,
      proof: undefined,
      readBack: undefined,
      left: [{ address: `orders@${DEV}:http.port`, why: "changed live since it was read" }],
    }),
  ),
});
