/** Nothing that is not ours is a command for the runner (security.md, CMD-01..13). */
import { describe, expect, it } from "vitest";
import { guardStreams, lineGuard, type Stream } from "../../src/actions/log.ts";
import { COMMANDS, seeded } from "../attacks/hostile.ts";
import { forged, hostileValue, putThrough } from "./hostile-log.ts";
import { obeyed, readOutputs } from "./runner-rules.ts";

function guarded(...pieces: readonly string[]): string {
  let text = "";
  const guard = lineGuard((piece) => (text += piece));
  for (const piece of pieces) guard.add(piece);
  guard.flush();
  return text;
}

describe("the double of the runner", () => {
  it("takes commands from hostile text where nothing is done about it", () => {
    const random = seeded(5);
    const values = Array.from({ length: 2000 }, () => hostileValue(random));
    expect(values.filter((value) => obeyed(value).length > 0).length).toBeGreaterThan(600);
  });

  it("hears nothing but the token after stop-commands", () => {
    const names = obeyed("::stop-commands::abc\n::error::x\n::abc::\n::warning::y").map((command) => command.name);
    expect(names).toEqual(["stop-commands", "warning"]);
  });

  it("reads outputs as the runner does", () => {
    expect(readOutputs("a=1\nb<<E\nx\ny=2\nE\nc=<<\n")).toEqual({ a: "1", b: "x\ny=2", c: "<<" });
    expect(() => readOutputs("a<<E\nx\n")).toThrow(/delimiter/u);
  });
});

describe("the log", () => {
  it.each(COMMANDS)("%j is text", (text) => {
    expect(obeyed(guarded(text))).toEqual([]);
    expect(obeyed(guarded(`${text}\n${text}`))).toEqual([]);
  });

  it("puts pieces together before it looks at them", () => {
    expect(guarded(":", ":error::x\n")).toBe("\\u{3a}:error::x\n");
    expect(guarded("a #", "#[er", "ror]x\nrest")).toBe("a ##\\u{5b}error]x\nrest\n");
  });

  it("leaves honest text as it is, line ends of other systems aside", () => {
    expect(guarded("✔ 2 apps · a::b\r\nport: 8080\n\n日本語\n")).toBe("✔ 2 apps · a::b\nport: 8080\n\n日本語\n");
    // In whatever pieces it comes.
    expect(guarded("a\r\n", "b\r\nc\r", "\nd\re\r\n")).toBe("a\nb\nc\nd\\u{d}e\n");
  });

  it("holds back no more than a line may have, and what comes after it is text too", () => {
    const written: string[] = [];
    const guard = lineGuard((text) => written.push(text));
    guard.add("x".repeat(65_536));
    expect(written).toEqual([]);
    guard.add("x");
    expect(written).toEqual([`${"x".repeat(65_537)}\n`]);
    guard.add("::error::forged");
    guard.flush();
    expect(obeyed(written.join(""))).toEqual([]);
  });

  it("tells whoever writes that it is done, in either form of the call", async () => {
    const stream: Stream = { write: () => true };
    guardStreams(stream, { write: () => true });
    const done = (...rest: readonly unknown[]): Promise<string> =>
      new Promise((resolve) => expect(stream.write("text\n", ...rest, () => resolve("done"))).toBe(true));
    expect(await done()).toBe("done");
    expect(await done("utf8")).toBe("done");
  });

  it("lets our own words through only while they are ours", () => {
    const written: string[] = [];
    const stream = { write: (chunk: string | Uint8Array) => written.push(String(chunk)) > 0 };
    const log = guardStreams(stream, { write: () => true });
    log.asOurs(() => stream.write("::add-mask::abc\n"));
    expect(() =>
      log.asOurs(() => {
        throw new Error("no");
      }),
    ).toThrow("no");
    stream.write("::add-mask::abc\n");
    expect(written.join("")).toBe("::add-mask::abc\n\\u{3a}:add-mask::abc\n");
  });

  it("keeps a character that comes in two chunks of bytes", () => {
    const written: string[] = [];
    const stream = { write: (chunk: string | Uint8Array) => written.push(String(chunk)) > 0 };
    guardStreams(stream, { write: () => true });
    const bytes = Buffer.from("é\n");
    stream.write(bytes.subarray(0, 1));
    stream.write(bytes.subarray(1));
    expect(written.join("")).toBe("é\n");
  });

  it("CMD-11: 20,000 hostile values forge nothing, on either stream, in any pieces", () => {
    const random = seeded(20_261_121);
    let ours = 0;
    for (let round = 0; round < 200; round++) {
      const values = Array.from({ length: 100 }, () => hostileValue(random));
      const through = putThrough(values, random);
      ours += through.ours;
      if (forged(through) > 0) expect.fail(`round ${round}: ${JSON.stringify(values)}`);
    }
    expect(ours).toBeGreaterThan(200);
  });
});
