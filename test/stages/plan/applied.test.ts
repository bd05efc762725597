/** What counts as applied after an apply that died. */
import { describe, expect, it } from "vitest";
import { digest } from "../../../src/canonical.ts";
import type { LedgerEntry, LedgerRecord } from "../../../src/model.ts";
import { appliedEntries } from "../../../src/plan/applied.ts";

const form = { layout: "keys", shape: "nested" } as const;
const plain = (text: string): LedgerEntry => ({ digest: digest(text), version: "1", secret: false });
const secret: LedgerEntry = { digest: undefined, version: "@", secret: true };
const record = (settings: [string, LedgerEntry][], pending: [string, LedgerEntry | null][]): LedgerRecord => ({
  unit: "orders@dev",
  commit: null,
  applyId: "dead",
  settings: new Map(settings),
  pending: new Map(pending),
});

describe("a key that is not there, and was announced", () => {
  it("in another type was deleted on the way to it: it is nobody's, so the next apply creates it", () => {
    expect([...appliedEntries(record([["/k", plain("one")]], [["/k", secret]]), new Map(), form)]).toEqual([]);
    expect([...appliedEntries(record([["/k", secret]], [["/k", plain("one")]]), new Map(), form)]).toEqual([]);
  });

  it("in the type it had was deleted by somebody else, and stays known", () => {
    const applied = appliedEntries(record([["/k", plain("one")]], [["/k", plain("two")]]), new Map(), form);
    expect([...applied]).toEqual([["/k", plain("one")]]);
  });
});
