/** Rows CMD-01..08, 10..13 of security.md: nothing we print can be read as a command by a CI runner, on stdout or stderr. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { MarkdownContext } from "../../src/report/context.ts";
import { humanFailure, jsonFailure } from "../../src/report/failure.ts";
import { humanPlan } from "../../src/report/plan/human.ts";
import { jsonPlan } from "../../src/report/plan/json.ts";
import { markdownPlan } from "../../src/report/plan/markdown.ts";
import { printLine, styled } from "../../src/report/print.ts";
import { githubProblems } from "../../src/report/problems/github.ts";
import { humanProblems } from "../../src/report/problems/human.ts";
import { jsonProblems } from "../../src/report/problems/json.ts";
import { sarifProblems } from "../../src/report/problems/sarif.ts";
import { makeProgress } from "../../src/report/progress.ts";
import { humanReceipt } from "../../src/report/receipt/human.ts";
import { jsonReceipt } from "../../src/report/receipt/json.ts";
import { markdownReceipt } from "../../src/report/receipt/markdown.ts";
import { quoteValue, safeText } from "../../src/report/redact.ts";
import { planContext } from "../stages/report/fixtures.ts";
import { problemsContext } from "../stages/report/located.ts";
import {
  COMMANDS,
  hostileFailure,
  hostilePlaces,
  hostilePlan,
  hostileProblem,
  hostileReceipt,
  MARKDOWN,
  mix,
  seeded,
} from "./hostile.ts";
import { commandsIn } from "./runner-commands.ts";

/** Everything this folder prints about a text, by printer. `githubProblems` prints commands on purpose and is tested apart. */
function everything(text: string): [printer: string, output: string][] {
  const places = hostilePlaces(text);
  const plan = hostilePlan(text, places);
  const problem = hostileProblem(text);
  const receipt = hostileReceipt(text);
  const failure = hostileFailure(text);
  const world = { places, apps: 2, units: 6 };
  const locate = (): NonNullable<typeof problem.position> => ({
    file: text,
    line: 1,
    column: 1,
    endLine: 1,
    endColumn: 2,
  });
  const sources = new Map([[text, { path: text, text: `key:\n ${text}\n${text}` }]]);
  const outputs: [string, string][] = [];
  for (const color of [false, true]) {
    for (const verbose of [false, true]) {
      const ctx = { ...planContext({ color, verbose, width: color ? 60 : 160 }), world, locate };
      outputs.push(["humanPlan", humanPlan(plan, ctx)]);
      outputs.push([
        "humanProblems",
        humanProblems([problem, { ...problem, masked: true }], problemsContext({ color, verbose, world, sources })),
      ]);
      outputs.push(["humanReceipt", humanReceipt(receipt, ctx)]);
    }
    outputs.push(["humanFailure", humanFailure(failure, { color })]);
    outputs.push(["progress", progressOf(text, color)]);
  }
  const markdown: MarkdownContext = {
    ...planContext(),
    world,
    locate,
    root: text,
    base: text,
    comparedAt: text,
    liftBy: text,
    homes: [{ name: text, url: `https://example.com/${text}` }],
    link: () => `https://example.com/${text}`,
  };
  outputs.push(
    ["markdownPlan", markdownPlan(plan, markdown)],
    [
      "markdownReceipt",
      markdownReceipt(receipt, { world, root: text, reviewed: text, links: [{ name: text, url: text }] }),
    ],
    ["jsonPlan", jsonPlan(plan, { locate })],
    ["jsonProblems", jsonProblems([problem])],
    ["sarifProblems", sarifProblems([problem], { prefix: text, version: text })],
    ["jsonReceipt", jsonReceipt(receipt)],
    ["jsonFailure", jsonFailure(failure)],
  );
  return outputs;
}

function progressOf(text: string, isTTY: boolean): string {
  let written = "";
  const progress = makeProgress(
    { isTTY, columns: 70, write: (piece: string) => (written += piece) },
    { color: isTTY, quiet: false, places: [text] },
  );
  progress.start(text, 3);
  progress.advance(text, 1);
  progress.finish(text, text, false);
  progress.end();
  return written;
}

// oxlint-disable-next-line no-control-regex
const OUR_STYLES = /\u001b\[(?:[0-9]{1,2}m|\d+A|J)/gu;
const ACTS = /(?![\n \u3000])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Z}\p{Default_Ignorable_Code_Point}]/u;

/** What `@actions/core` does to the data of a command. */
function toolkit(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

describe("the oracle", () => {
  it("takes the bait where nothing is done about it", () => {
    const random = seeded(1);
    const forged = Array.from({ length: 2000 }, () => mix(random)).filter((text) => commandsIn(text).length > 0);
    expect(forged.length).toBeGreaterThan(500);
  });

  it.each([
    ["::error file=a.ts,line=3::bad%0Aline", { name: "error", data: "bad\nline" }],
    ["  ::Add-Mask::x", { name: "Add-Mask", data: "x" }],
    ["text ##[group a=b;c=d%5D]rest", { name: "group", data: "rest" }],
    ["\u00ad::error::x", { name: "error", data: "x" }],
  ])("reads %j as the runner does", (line, command) => {
    expect(commandsIn(line)).toMatchObject([command]);
  });

  it.each(["::unknown::x", "x ::error::y", "::error", "##[error", "[error]", "#[error]x", "| ::error::x"])(
    "leaves %j alone",
    (line) => {
      expect(commandsIn(line)).toEqual([]);
    },
  );
});

describe("safeText, printLine and quoteValue", () => {
  it.each(COMMANDS)("%j is no command", (text) => {
    for (const output of [
      safeText(text),
      quoteValue(text, { width: 500 }),
      printLine([text], false),
      printLine(["  ", styled("red", text)], true),
    ]) {
      expect(commandsIn(output)).toEqual([]);
    }
  });

  it("CMD-11: 50,000 random mixes forge nothing", () => {
    const random = seeded(20_261_121);
    for (let i = 0; i < 50_000; i++) {
      const [a, b] = [mix(random), mix(random)];
      const output = `${safeText(a)}\n${printLine([a, styled("dim", b)], i % 2 === 0)}\n${quoteValue(a, { width: 40 })}`;
      if (commandsIn(output).length > 0) expect.fail(`forged by ${JSON.stringify([a, b])}: ${JSON.stringify(output)}`);
    }
  });

  it("what the toolkit escapes is not enough, which is why we do more", () => {
    const random = seeded(7);
    expect(
      Array.from({ length: 2000 }, () => toolkit(mix(random))).filter((text) => commandsIn(text).length > 0).length,
    ).toBeGreaterThan(100);
  });
});

describe("every printer, with the text in every place that a user or a store can fill", () => {
  it.each([...COMMANDS, ...MARKDOWN])("%j", (text) => {
    for (const [printer, output] of everything(text)) {
      expect(commandsIn(output), printer).toEqual([]);
      const plain = output.replace(OUR_STYLES, "");
      expect(ACTS.exec(plain)?.[0], printer).toBeUndefined();
      expect(plain, printer).not.toContain("##[");
      expect(plain, printer).not.toMatch(/^\s*::/mu);
    }
  });

  it("random mixes", () => {
    const random = seeded(42);
    for (let i = 0; i < 150; i++) {
      const text = mix(random);
      for (const [printer, output] of everything(text)) {
        expect(commandsIn(output), `${printer} ${JSON.stringify(text)}`).toEqual([]);
        expect(ACTS.test(output.replace(OUR_STYLES, "")), `${printer} ${JSON.stringify(text)}`).toBe(false);
      }
    }
  });

  it("JSON keeps the data as it was", () => {
    for (const text of COMMANDS) {
      const document = JSON.parse(jsonFailure(hostileFailure(text))) as { error: { message: string } };
      expect(document.error.message).toBe(text);
    }
  });
});

describe("githubProblems", () => {
  it("prints exactly the commands that are meant, whatever the texts", () => {
    const random = seeded(3);
    for (const text of [...COMMANDS, ...MARKDOWN, ...Array.from({ length: 500 }, () => mix(random))]) {
      const problem = hostileProblem(text);
      const output = githubProblems([problem, { ...problem, severity: "warning", masked: true }], { prefix: "" });
      const lines = output.trimEnd().split(/\r\n|\r|\n/u);
      expect(lines).toHaveLength(2);
      const commands = lines.flatMap(commandsIn);
      expect(commands.map((command) => command.name)).toEqual(["error", "warning"]);
      expect([...(commands[0]?.properties.keys() ?? [])].filter((name) => name !== "file")).toEqual([
        "line",
        "endLine",
        "col",
        "endColumn",
        "title",
      ]);
      expect(commands[0]?.properties.get("title")).toBe("TU3002 value outside the limits of the schema");
      expect(commands[0]?.properties.get("line")).toBe("2");
    }
  });

  it("gives the texts back whole where they are honest", () => {
    const [command] = commandsIn(
      githubProblems([{ ...hostileProblem("50% of a, b: c"), fix: "type d" }], { prefix: "config/" }),
    );
    expect(command?.properties.get("file")).toBe("config/50% of a, b: c");
    expect(command?.data).toBe("50% of a, b: c\n50% of a, b: c\nfix: type d");
  });
});

describe("the way out", () => {
  const folder = fileURLToPath(new URL("../../src/report", import.meta.url));
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const sources = files.map((name) => [name, readFileSync(`${folder}/${name}`, "utf8")] as const);

  it("is one of three functions for every printer", () => {
    const printers = sources.filter(([, text]) => /export function (?:human|json|markdown|sarif)\w+\(/u.test(text));
    expect(printers.length).toBeGreaterThanOrEqual(10);
    for (const [name, text] of printers) {
      const body = text.includes("fitted(") ? text.slice(text.indexOf("function render(")) : text;
      expect(body, name).toMatch(/\breturn (?:print|printJson|document)\(/u);
    }
  });

  it("is never the console, the process or the clock", () => {
    for (const [name, text] of sources)
      expect(text, name).not.toMatch(/\bconsole\.|\bprocess\.(?!stderr`)|Date\.now|new Date\(|Math\.random/u);
  });
});
