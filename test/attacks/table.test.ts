/** docs/attack-cases.md is true: every case once, every test that it names is there and asserts something. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const TESTS = join(import.meta.dirname, "..");
const PAGE = readFileSync(join(TESTS, "../docs/attack-cases.md"), "utf8");
/** How many cases each group has: security.md 1.6, 166 in all. */
const GROUPS = {
  WF: 14, INJ: 8, CMD: 13, MD: 12, YML: 15, SCH: 11, TPL: 13, PATH: 11, UNI: 7, SEC: 17, PLN: 15, SUP: 11, IAM: 10, STO: 9,
}; // prettier-ignore
const STATUSES = ["tested", "by design", "in part", "open"];

interface Row {
  readonly id: string;
  readonly status: string;
  readonly tests: readonly { readonly file: string; readonly title: string }[];
  readonly note: string | undefined;
}

const ROWS = PAGE.split("\n").flatMap((line): Row[] => {
  const [, id = "", , status = "", last = ""] = line
    .split(/(?<!\\)\|/u)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));
  if (!/^[A-Z]+-\d+$/u.test(id)) return [];
  const parts = last.split("<br>").filter(Boolean);
  const tests = parts.flatMap((part) => {
    const [, file, title] = /^`([^`]+)` (.+)$/u.exec(part) ?? [];
    return file === undefined || title === undefined ? [] : [{ file, title }];
  });
  return [{ id, status, tests, note: parts.find((part) => /^\*.+\*$/u.test(part)) }];
});

/** From the title to the next one at the same or a lower level: what the test does. Undefined if there is no such title. */
function bodyOf(source: string, title: string): string | undefined {
  const quoted = [`"${title}"`, `\`${title}\``, `'${title}'`, `"${title.replaceAll('"', '\\"')}"`];
  const start = Math.max(...quoted.map((each) => source.indexOf(each)));
  if (start < 0) return undefined;
  const before = source.slice(0, start);
  const opener = [...before.matchAll(/^( *)(?:describe|it|test)\b[.\w]*\(/gmu)].at(-1);
  const indent = opener?.[1] ?? "";
  const rest = source.slice(start);
  const end = new RegExp(`^ {0,${indent.length}}(?:describe|it|test)\\b`, "mu").exec(rest);
  // What it.each is given stands before the title.
  return source.slice(opener?.index ?? start, start) + (end === null ? rest : rest.slice(0, end.index));
}

/** Functions of the file that assert, by name: a test may leave it to them. */
function helpersOf(source: string): string[] {
  const parts = source.split(/^(?=(?:export )?(?:async )?(?:function|const) \w)/mu);
  return parts.flatMap((part) => {
    const name = /^(?:export )?(?:async )?(?:function|const) (\w+)/u.exec(part)?.[1];
    return name !== undefined && part.includes("expect") ? [name] : [];
  });
}

/** What is wrong with a test that a row names; nothing if it is there and asserts something. */
function faultOf({ file, title }: Row["tests"][number]): string | undefined {
  const path = join(TESTS, file);
  if (!existsSync(path)) return `${file} is not there`;
  const source = readFileSync(path, "utf8");
  const body = bodyOf(source, title);
  if (body === undefined) return `${file} has no test ${title}`;
  const asserting = ["expect", "assert", ...helpersOf(source)];
  return asserting.some((name) => new RegExp(`\\b${name}\\w*[(.<]`, "u").test(body))
    ? undefined
    : `${file}: ${title} asserts nothing`;
}

describe("the table of attack cases", () => {
  it("has every case once, in order", () => {
    const expected = Object.entries(GROUPS).flatMap(([group, count]) =>
      Array.from({ length: count }, (_, i) => `${group}-${String(i + 1).padStart(2, "0")}`),
    );
    expect(ROWS.map((row) => row.id)).toEqual(expected);
    expect(expected).toHaveLength(166);
  });

  it("counts as it says", () => {
    const count = (status: string): string => `${ROWS.filter((row) => row.status === status).length} ${status}`;
    expect(PAGE).toContain(`${STATUSES.map(count).join(", ")}.`);
  });

  it.each(ROWS)("$id says what it must, and its tests are there", ({ id, status, tests, note }) => {
    expect(STATUSES).toContain(status);
    expect(tests.map(faultOf).filter(Boolean)).toEqual([]);
    if (status === "tested" || status === "in part") expect(tests.length).toBeGreaterThan(0);
    if (status !== "tested") expect(note).toMatch(/\S.{20}/u);
    // Tests whose title is filled in from a list of cases must have this case in the list.
    for (const { file, title } of tests)
      if (title.startsWith("$id")) expect(readFileSync(join(TESTS, file), "utf8")).toContain(`"${id}"`);
  });

  it("would notice a test that is gone, or asserts nothing", () => {
    expect(faultOf({ file: "attacks/none.test.ts", title: "x" })).toContain("is not there");
    expect(faultOf({ file: "attacks/yaml.test.ts", title: "no such title" })).toContain("has no test");
    expect(bodyOf('it("a", () => {});\nit("b", () => { expect(1); });\n', "a")).not.toContain("expect");
  });
});
