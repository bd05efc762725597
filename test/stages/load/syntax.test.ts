import { describe, expect, test } from "vitest";
import { marks, yaml } from "./harness.ts";

describe("templates without quotes", () => {
  test.each([
    ["host: {{env}}\n", "{{env}}", 'host: "{{env}}"'],
    ["host: {{env}}.db # main\n", "{{env}}.db", 'host: "{{env}}.db"'],
    ["db:\n  host: {{region}}.db.example.com\n", "{{region}}.db.example.com", 'host: "{{region}}.db.example.com"'],
    ["- {{env}} x\n", "{{env}} x", '- "{{env}} x"'],
    ["hosts: [{{env}}, b]\n", "{{env}}", '"{{env}}"'],
    ["hosts: [{{env}}.x, b]\n", "{{env}}.x", '"{{env}}.x"'],
    ["db: { host: db.{{env}}.x, port: 1 }\n", "db.{{env}}.x", '"db.{{env}}.x"'],
    ['a: {{default vars.x "none"}}\n', '{{default vars.x "none"}}', "a: '{{default vars.x \"none\"}}'"],
    ["a: {{#if env}}x{{/if}}\n", "{{#if env}}x{{/if}}", 'a: "{{#if env}}x{{/if}}"'],
    ["a: {{{env}}}\n", "{{{env}}}", 'a: "{{{env}}}"'],
    ["a: {{env}\n", "{{env}", 'a: "{{env}"'],
  ])("%j", (text, marked, fix) => {
    expect(marks(text)).toEqual([`TU1003:${marked}`]);
    expect(yaml(text).problems[0]).toMatchObject({
      message: "template is not quoted",
      label: "YAML reads an unquoted {{ as the start of a map, not as text",
      fix,
    });
  });

  test("the fix, typed in, is no problem any more", () => {
    for (const text of ["host: {{env}}.db\n", 'a: {{default vars.x "none"}}\n', "- {{env}}\n"]) {
      const [problem] = yaml(text).problems;
      expect(marks(`${problem?.fix}\n`)).toEqual([]);
    }
  });

  test("do not hide what else is wrong, above and below", () => {
    const text = "a: no\nb: {{x}}.y\nc: {{y}}.z\nd: 010\nd: 1\n";
    expect(marks(text)).toEqual(["TU1004:no", "TU1003:{{x}}.y", "TU1003:{{y}}.z", "TU1004:010", "TU1002:d"]);
  });

  test("are blamed for what they do to the lines below", () => {
    const text = 'a: {{join list ","}}\nb: 1\nc: "x"\n';
    expect(marks(text)).toEqual(['TU1003:{{join list ","}}']);
  });

  test("in keys get another answer: keys cannot hold templates", () => {
    expect(yaml("{{env}}: x\n").problems).toMatchObject([
      { code: "TU1003", fix: expect.stringContaining("write the key out") },
    ]);
  });

  test("inside text, quotes, comments and block text are fine", () => {
    expect(
      marks('a: db.{{env}}.x\nb: "{{env}}"\n# c: {{env}}.x\nd: |\n  {{env}}.x\n  e: {{env}}.x\nf: x # {{env}}.x\n'),
    ).toEqual([]);
  });

  test("are not blamed for other people's mistakes", () => {
    expect(marks('a: x {{env}}\nb: "c\n')).toEqual(['TU1001:"c']);
  });
});

describe("syntax errors say what to do, where it went wrong", () => {
  test.each([
    ["a: 1\n\tb: 2\n", "\tb: 2", "tab used for indentation"],
    ["a:\n\tb: 2\n", "\tb: 2", "tab used for indentation"],
    ['a: "x\nb: 1\nc: 2\n', '"x', "text in quotes has no end"],
    ["a: 'x\nb: 1\n", "'x", "text in quotes has no end"],
    ['a: "x" y\n', "y", "something follows a text in quotes"],
    ['a: "say "hi""\n', 'hi""', "something follows a text in quotes"],
    ["a: b: c\n", ": c", "text with a colon and a space in it needs quotes"],
    ["a: @x\n", "@x", "text that starts with @ needs quotes"],
    ["a: `x`\n", "`x`", "text that starts with ` needs quotes"],
    ["a: %x\n", "%x", "text that starts with % needs quotes"],
    ["a: *\n", "*", "text that starts with * needs quotes"],
    ["a: *.txt\n", "*.txt", "*.txt refers to nothing: no &.txt stands above"],
    ["a: [1, 2\nb: 3\n", "[1, 2", "bracket has no end"],
    ["a: { b: 1\nc: 3\n", "{ b: 1", "bracket has no end"],
    ["a: [1,,2]\n", ",2]", "nothing stands between two commas"],
    ["a: }\n", "}", "text that starts with } needs quotes"],
    ["a:1\nb: 2\n", "a:1", "space is missing after the colon"],
    ["b: 2\na:1\n", "a:1", "space is missing after the colon"],
    ['"a":1\n', "1", "space is missing after the colon"],
    ["b: 2\nfoo\n", "foo", "colon is missing after a key"],
    ["foo\nb: 2\n", "foo", "colon is missing after a key"],
    ["a: 1\n  b: 2\n", "b: 2", "line is indented wrongly, or something follows a value that had ended"],
    ["a:\n  - b\n c: d\n", "c: d", "line is indented wrongly, or something follows a value that had ended"],
    ["  a: 1\nb: 2\n", "  a: 1", "first line is indented further than those below"],
    ["a: - b\n", "- b", "a list starts on the line below its key"],
    ['a: "C:\\dir"\n', '\\dir"', 'backslash in "…" starts an escape that YAML does not know'],
    ['a: "\\xZZ"\n', 'ZZ"', "escape needs more hexadecimal digits"],
    ["a: | x\n  b\n", "x", "text of | or > starts on the next line"],
  ])("%j", (text, marked, message) => {
    const { problems } = yaml(text);
    expect(problems).toMatchObject([{ code: "TU1001", severity: "error", message }]);
    expect(marks(text)).toEqual([`TU1001:${marked}`]);
  });

  test("a line that may hold a secret is masked", () => {
    expect(yaml('password: "abc\n').problems).toMatchObject([{ code: "TU1001", masked: true }]);
    expect(yaml('name: "abc\n').problems[0]?.masked).toBeUndefined();
  });

  test("invisible characters are told although the syntax is broken", () => {
    expect(marks('a: "x\u200B"\nb: [1\n')).toEqual(["TU1010:\u200B", "TU1001:[1"]);
  });
});
