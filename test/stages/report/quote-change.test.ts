/** Two long values side by side, one of which goes on where the other ends. */
import { expect, it } from "vitest";
import { quoteChange } from "../../../src/report/redact.ts";

it("shows where a long text goes on and the other one ends", () => {
  const [short, long] = [123_456_789_012, 1_234_567_890_123];
  const [there, back] = [quoteChange(short, long, { width: 8 }), quoteChange(long, short, { width: 8 })];
  expect(there.before).not.toBe(there.after);
  expect(there.after.endsWith("3")).toBe(true);
  expect(back).toEqual({ before: there.after, after: there.before });
  for (const text of [there.before, there.after]) expect(text.length).toBeLessThanOrEqual(8);
});
