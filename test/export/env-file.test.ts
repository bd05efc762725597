import { parseEnv } from "node:util";
import { describe, expect, it } from "vitest";
import { looksLikeMark, readEnvFile, updateEnvFile } from "../../src/export/env-file.ts";

const A = { name: "A", text: "1" };
const B = { name: "B", text: "two words" };

describe("a .env file that people write in too", () => {
  it("gets trueup's lines between marks, after what is there", () => {
    const change = updateEnvFile(readEnvFile("MINE=1"), [A, B], "orders@dev");
    expect(parseEnv(change.text)).toEqual({ MINE: "1", A: "1", B: "two words" });
    expect(change.text.startsWith("MINE=1\n")).toBe(true);
    expect(change).toMatchObject({ added: ["A", "B"], changed: [], removed: [], kept: ["MINE"] });
  });

  it("keeps every other byte, and tells what changed", () => {
    const first =
      updateEnvFile(readEnvFile("# mine\r\nMINE='x'\r\n"), [A, B], "orders@dev").text + "\n# after\nLATER=2";
    const change = updateEnvFile(
      readEnvFile(first),
      [
        { name: "A", text: "9" },
        { name: "C", text: "3" },
      ],
      "orders@dev",
    );
    expect(change).toMatchObject({ added: ["C"], changed: ["A"], removed: ["B"], kept: ["LATER", "MINE"] });
    expect(change.text.startsWith("# mine\r\nMINE='x'\r\n")).toBe(true);
    expect(change.text.endsWith("\n# after\nLATER=2")).toBe(true);
    expect(
      updateEnvFile(
        readEnvFile(change.text),
        [
          { name: "A", text: "9" },
          { name: "C", text: "3" },
        ],
        "orders@dev",
      ),
    ).toMatchObject({
      text: change.text,
      added: [],
      changed: [],
      removed: [],
    });
  });

  it("never writes a name that a line of the people's sets", () => {
    const change = updateEnvFile(readEnvFile("A=mine\n"), [A, B], "orders@dev");
    expect(parseEnv(change.text)).toEqual({ A: "mine", B: "two words" });
    expect(change.added).toEqual(["B"]);
  });

  it("tells the people's lines from trueup's", () => {
    const file = readEnvFile(updateEnvFile(readEnvFile("MINE=1\n"), [A], "orders@dev").text);
    expect([...file.own]).toEqual([["MINE", "1"]]);
    expect([...file.made]).toEqual([["A", "1"]]);
  });

  it("knows a text that would end trueup's lines early", () => {
    expect(looksLikeMark("x\n# trueup: end\nEVIL=1")).toBe(true);
    expect(looksLikeMark("about # trueup: end")).toBe(false);
  });
});
