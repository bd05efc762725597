import { describe, expect, it } from "vitest";
import { makeProgress, type Progress } from "../../../src/report/progress.ts";

function stream(
  isTTY: boolean,
  columns = 80,
): { isTTY: boolean; columns: number; text: string; write(text: string): void } {
  return {
    isTTY,
    columns,
    text: "",
    write(text: string) {
      this.text += text;
    },
  };
}

/** What stands on the screen in the end: obeys "up n" and "clear below", as a terminal does. */
function screen(text: string): string[] {
  const lines: string[] = [""];
  let row = 0;
  // oxlint-disable-next-line no-control-regex
  for (const [part, up] of text.matchAll(/\u001b\[(\d+)A|\u001b\[J|\n|[^\u001b\n]+/gu)) {
    if (up !== undefined) row -= Number(up);
    else if (part === "\u001b[J") lines.splice(row, Infinity, "");
    else if (part === "\n") lines[++row] ??= "";
    else lines[row] += part;
  }
  return lines;
}

const PLACES = ["dev.eu-west-1", "prod.eu-west-1"];

function run(progress: Progress): void {
  progress.start("dev.eu-west-1", 2);
  progress.advance("dev.eu-west-1", 1);
  progress.advance("dev.eu-west-1", 2);
  progress.finish("dev.eu-west-1", "etcd revision 88214   0.2 s");
  progress.start("prod.eu-west-1", 4);
  progress.advance("prod.eu-west-1", 1);
}

describe("makeProgress", () => {
  it("redraws bars in place on a terminal", () => {
    const tty = stream(true);
    const progress = makeProgress(tty, { color: false, quiet: false, places: PLACES });
    run(progress);
    expect(screen(tty.text)).toEqual([
      "  dev.eu-west-1    ████████████████████  2/2 keys   etcd revision 88214   0.2 s",
      "  prod.eu-west-1   █████░░░░░░░░░░░░░░░  1/4 keys",
      "",
    ]);
    progress.finish("prod.eu-west-1", "permission denied", false);
    expect(screen(tty.text)[1]).toBe("  prod.eu-west-1   █████░░░░░░░░░░░░░░░  1/4 keys   permission denied");
  });

  it("keeps several open places apart", () => {
    const tty = stream(true);
    const progress = makeProgress(tty, { color: false, quiet: false, places: PLACES });
    progress.start("dev.eu-west-1", 1);
    progress.start("prod.eu-west-1", 1);
    progress.finish("prod.eu-west-1", "done");
    expect(screen(tty.text).map((line) => line.trim().split(" ")[0])).toEqual(["prod.eu-west-1", "dev.eu-west-1", ""]);
  });

  it("writes one calm line per finished place elsewhere, without escapes", () => {
    const pipe = stream(false);
    run(makeProgress(pipe, { color: false, quiet: false, places: PLACES }));
    expect(pipe.text).toBe("  ✔ dev.eu-west-1    2/2 keys   etcd revision 88214   0.2 s\n");
  });

  it("writes nothing when quiet", () => {
    for (const isTTY of [true, false]) {
      const silent = stream(isTTY);
      run(makeProgress(silent, { color: true, quiet: true, places: PLACES }));
      expect(silent.text).toBe("");
    }
  });

  it("writes nothing for an event that changes nothing on the screen", () => {
    const tty = stream(true);
    const progress = makeProgress(tty, { color: false, quiet: false, places: PLACES });
    progress.start("dev.eu-west-1", 10_000);
    const { length } = tty.text;
    progress.advance("dev.eu-west-1", 0);
    expect(tty.text).toHaveLength(length);
  });

  it("never wraps a line", () => {
    const tty = stream(true, 40);
    const progress = makeProgress(tty, { color: true, quiet: false, places: ["名前".repeat(30)] });
    progress.start("名前".repeat(30), 1000);
    progress.finish("名前".repeat(30), "x".repeat(100));
    // oxlint-disable-next-line no-control-regex
    for (const line of tty.text.replace(/\u001b\[[\dAJm]+/gu, "").split("\n")) expect(line.length).toBeLessThan(40);
  });
});
