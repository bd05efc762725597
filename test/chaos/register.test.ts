/** The judge of histories, on histories whose verdict is known. */
import { describe, expect, it } from "vitest";
import { type Operation, isRegister } from "./register.ts";

const write = (value: string, from: number, to: number): Operation => ({ kind: "write", value, from, to });
const read = (value: string | undefined, from: number, to: number): Operation => ({ kind: "read", value, from, to });

describe("isRegister", () => {
  it.each<[string, readonly Operation[], boolean]>([
    ["reads what was written", [write("a", 0, 1), read("a", 2, 3)], true],
    ["reads nothing before the first write", [read(undefined, 0, 1), write("a", 2, 3)], true],
    ["reads old or new while a write is under way", [write("a", 0, 9), read(undefined, 1, 2), read("a", 3, 4)], true],
    ["goes back to the old value", [write("a", 0, 9), read("a", 1, 2), read(undefined, 3, 4)], false],
    ["loses an acknowledged write", [write("a", 0, 1), write("b", 2, 3), read("a", 4, 5)], false],
    ["reads an overwritten value of two writes at a time", [write("a", 0, 5), write("b", 0, 5), read("a", 6, 7)], true],
    [
      "changes its mind about two writes",
      [write("a", 0, 5), write("b", 0, 5), read("a", 6, 7), read("b", 8, 9)],
      false,
    ],
    ["reads what nobody wrote", [write("a", 0, 1), read("x", 2, 3)], false],
    ["sees a write without an answer late", [write("a", 0, Infinity), read(undefined, 5, 6), read("a", 7, 8)], true],
    ["never sees a write without an answer", [write("a", 0, Infinity), write("b", 1, 2), read("b", 5, 6)], true],
    [
      "sees a write without an answer come and go",
      [write("a", 0, Infinity), write("b", 1, 2), read("b", 3, 4), read("a", 5, 6), read("b", 7, 8)],
      false,
    ],
  ])("a register that %s", (_, history, verdict) => {
    expect(isRegister(history, undefined)).toBe(verdict);
  });

  it("decides long histories of several writers at once, and finds the one read that cannot be", () => {
    const history: Operation[] = [];
    for (let n = 0; n < 600; n++) {
      history.push(write(`${n}`, n * 10, n * 10 + 14));
      history.push(read(`${n}`, n * 10 + 6, n * 10 + 9));
    }
    expect(isRegister(history, undefined)).toBe(true);
    expect(isRegister([...history, read("300", 4500, 4501)], undefined)).toBe(false);
  });
});
