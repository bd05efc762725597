/**
 * The attacks that files can make, on the built command as a process: each ends as it must within a second of processor
 * time and 256 MiB, without a stack trace, a secret in the output, or a file written.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CANARY, complaintsOf, measured } from "./measured.ts";

interface Attack {
  readonly id: string;
  readonly what: string;
  readonly files: Readonly<Record<string, string>>;
  /** Codes that must be reported, or words; empty where the file is to be accepted. */
  readonly says: readonly string[];
  readonly spoil?: (folder: string) => void;
}

/** Opens nothing; put together so that no scanner of this repository finds it. */
const CREDENTIAL = ["gh", "p_", CANARY.replaceAll(/\W/gu, "").padEnd(36, "x")].join("");
const SECRET = `db_password: ${CANARY}\n`;
const lines = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join("\n");
/** A hostile file of an app, below a line that holds a secret. */
const base = (text: string): Record<string, string> => ({ "apps/a/base.yaml": `${SECRET}${text}` });
const schema = (value: object, values = "a: x\n"): Record<string, string> => ({
  "apps/a/schema.json": JSON.stringify(value),
  "apps/a/base.yaml": `${SECRET}${values}`,
});
const template = (text: string): Record<string, string> => base(`x: ${JSON.stringify(text)}\n`);
const file = (text: string): Record<string, string> => ({ ...base("plain: 1\n"), "apps/a/files/t.txt.hbs": text });
const config = (line: string): Record<string, string> => ({
  "trueup.yaml": `version: 1\nsystem: shop\nenvironments: { dev: {} }\ntargets: { local: { type: directory } }\n${line}\n`,
});
const environment = (name: string): Record<string, string> => ({
  "trueup.yaml": `version: 1\nsystem: shop\nenvironments: { ${JSON.stringify(name)}: {} }\ntargets: { local: { type: directory } }\n`,
});

const laughs = lines(
  9,
  (i) =>
    `${"abcdefghi"[i]}: &${"abcdefghi"[i]} [${Array(9)
      .fill(i === 0 ? "lol" : `*${"abcdefghi"[i - 1]}`)
      .join(",")}]`,
);

const ATTACKS: readonly Attack[] = [
  { id: "YML-01", what: "billion laughs", files: base(laughs), says: ["TU1011"] },
  { id: "YML-02", what: "100,000 brackets", files: base(`a: ${"[".repeat(100_000)}`), says: ["TU1011"] },
  { id: "YML-03", what: "200,000 keys", files: base(lines(200_000, (i) => `key_number_${i}: ${i}`)), says: ["TU1011"] },
  { id: "YML-04", what: "a key given twice", files: base(`a: 1\n"a": 2\n`), says: ["TU1002"] },
  { id: "YML-05", what: "__proto__", files: base("__proto__: { polluted: 1 }\n"), says: ["TU1009"] },
  {
    id: "YML-06",
    what: "a chain of merges",
    files: base(`a: &a { k: 1 }\n${lines(2000, (i) => `b${i}: { <<: *a }`)}`),
    says: ["TU1006"],
  },
  { id: "YML-07", what: "a tag that makes objects", files: base("a: !!js/function 'x'\n"), says: ["TU1006"] },
  { id: "YML-08", what: "two documents", files: base("---\na: 1\n"), says: ["TU1006"] },
  { id: "YML-09", what: "NO, 010 and .inf", files: base("a: NO\nb: 010\nc: .inf\n"), says: ["TU1004", "TU1005"] },
  { id: "YML-10", what: "a number that would be rounded", files: base("a: 9007199254740993\n"), says: ["TU1005"] },
  { id: "YML-11", what: "a NUL", files: base("a: x\0y\n"), says: ["TU1008"] },
  {
    id: "YML-12",
    what: "a file of a gigabyte",
    files: {},
    spoil: (folder) => truncateSync(join(folder, "apps/a/base.yaml"), 1_000_000_000),
    says: ["TU1011"],
  },
  { id: "YML-13", what: "nothing but a comment", files: { "apps/a/dev.yaml": "# nothing\n" }, says: [] },
  {
    id: "YML-14",
    what: "an alias of another file's anchor",
    files: { ...base("s: &s 1\n"), "apps/a/dev.yaml": "b: *s\n" },
    says: ["TU1001"],
  },
  {
    id: "YML-15",
    what: "a line of a million characters",
    files: base(`a: ${"9".repeat(1_000_000)}`),
    says: ["TU1005"],
  },

  {
    id: "SCH-01",
    what: "a pattern that would backtrack",
    files: schema({ properties: { a: { pattern: "^(a+)+$" } } }, `a: ${"a".repeat(50_000)}!\n`),
    says: ["TU3002"],
  },
  {
    id: "SCH-02",
    what: "a look-behind",
    files: schema({ properties: { a: { pattern: "(?<=a)b" } } }),
    says: ["TU3009"],
  },
  {
    id: "SCH-03",
    what: "a reference to the metadata service",
    files: schema({ $ref: "http://169.254.169.254/latest/meta-data/" }),
    says: ["TU3010"],
  },
  { id: "SCH-04", what: "a reference to itself", files: schema({ $ref: "#" }), says: ["TU3001"] },
  {
    id: "SCH-05",
    what: "unique items, 5,000 of them",
    files: schema(
      { properties: { a: { uniqueItems: true } } },
      `a: [${lines(5000, (i) => `{ name: x, port: ${i} }`).replaceAll("\n", ", ")}]\n`,
    ),
    says: [],
  },
  {
    id: "SCH-08",
    what: "a default that pollutes",
    files: { "apps/a/schema.json": '{"properties":{"a":{"type":"string","default":{"__proto__":{"polluted":1}}}}}' },
    says: ["TU1009"],
  },
  {
    id: "SCH-09",
    what: "formats on a long text",
    files: schema(
      { properties: { a: { type: "string", maxLength: 5, format: "uri" } } },
      `a: "http://${"a.".repeat(20_000)}"\n`,
    ),
    says: ["TU3002"],
  },
  { id: "SCH-10", what: "a schema that says nothing", files: schema({}), says: ["TU3011"] },
  {
    id: "SCH-11",
    what: "10,000 alternatives for 10,000 items",
    files: schema(
      {
        properties: {
          a: {
            items: {
              oneOf: Array.from({ length: 10_000 }, (_, i) => ({ properties: { k: { const: i } }, required: ["k"] })),
            },
          },
        },
      },
      `a: [${lines(10_000, () => "{ k: 999 }").replaceAll("\n", ", ")}]\n`,
    ),
    says: ["TU1011"],
  },

  {
    id: "TPL-01",
    what: "the constructor of a constructor",
    files: template('{{constructor.constructor "return process"}}'),
    says: ["TU2003"],
  },
  {
    id: "TPL-02",
    what: "the published chain",
    files: file('{{#with "s" as |string|}}{{#with split as |list|}}{{this.pop}}{{/with}}{{/with}}'),
    says: ["TU2001"],
  },
  { id: "TPL-04", what: "a dynamic partial", files: file("{{> (lookup . 'x')}}"), says: ["TU2003"] },
  {
    id: "TPL-05",
    what: "5,000 blocks inside each other",
    files: file(`${"{{#if plain}}".repeat(5000)}${"{{/if}}".repeat(5000)}`),
    says: ["TU2003"],
  },
  {
    id: "TPL-06",
    what: "each inside each inside each",
    files: {
      "apps/a/base.yaml": `l: { ${Array.from({ length: 100 }, (_, i) => `k${i}: 1`).join(", ")} }\n`,
      "apps/a/files/t.txt.hbs": "{{#each l}}{{#each @root.l}}{{#each @root.l}}0123456789{{/each}}{{/each}}{{/each}}",
    },
    says: ["TU2006"],
  },
  { id: "TPL-07", what: "a name that is not there", files: template("{{vars.nope}}"), says: ["TU2001"] },
  {
    id: "TPL-08",
    what: "a value that looks like YAML",
    files: base('v: "a\\n  role: admin"\nx: "{{self.v}}"\n'),
    says: [],
  },
  { id: "TPL-09", what: "a circle of values", files: base('a: "{{self.b}}"\nb: "{{self.a}}"\n'), says: ["TU2004"] },
  {
    id: "TPL-10",
    what: "the variables of another environment",
    files: template("{{environments.prod.vars.x}}"),
    says: ["TU2001"],
  },
  {
    id: "TPL-11",
    what: "the environment of the process",
    files: template("{{env.AWS_SECRET_ACCESS_KEY}}"),
    says: ["TU2001"],
  },
  { id: "TPL-12", what: "a reference of SSM", files: template("{{ssm:/x}}"), says: ["TU2001"] },
  { id: "TPL-13", what: "the date", files: template("{{now}}"), says: ["TU2001"] },
  {
    id: "CMD-09",
    what: "the helper that prints",
    files: { ...file('{{log "::set-env name=A::b"}}'), "apps/a/dev.yaml": `x: '{{log "::set-env name=A::b"}}'\n` },
    says: ["TU2003"],
  },

  {
    id: "PATH-01",
    what: "a link to the environment",
    files: {},
    spoil: (folder) => symlinkSync("/proc/self/environ", join(folder, "apps/a/dev.yaml")),
    says: ["TU1012"],
  },
  {
    id: "PATH-02",
    what: "a repository inside",
    files: { "apps/b/.git": "gitdir: ../../x\n", "apps/b/base.yaml": "x: 1\n" },
    says: ["TU1012"],
  },
  { id: "PATH-03", what: "a name that leads out", files: { "apps/%2e%2e/base.yaml": "x: 1\n" }, says: ["TU1013"] },
  {
    id: "PATH-04",
    what: "names that differ in case",
    files: { "apps/Orders/base.yaml": "x: 1\n", "apps/orders/base.yaml": "x: 1\n" },
    says: ["TU1013"],
  },
  {
    id: "PATH-05",
    what: "a line feed and a device",
    files: { "apps/a/ba\nse.yaml": "x: 1\n", "apps/CON/base.yaml": "x: 1\n" },
    says: ["TU1013"],
  },
  {
    id: "PATH-06",
    what: "a pipe that nobody writes to",
    files: {},
    spoil: (folder) => void execFileSync("mkfifo", [join(folder, "apps/a/dev.yaml")]),
    says: ["TU1012"],
  },
  {
    id: "PATH-08",
    what: "21,000 files",
    files: {},
    spoil: (folder) => {
      for (let i = 0; i < 21_000; i++) {
        if (i % 1000 === 0) mkdirSync(join(folder, `schemas/d${i / 1000}`), { recursive: true });
        writeFileSync(join(folder, `schemas/d${Math.floor(i / 1000)}/f${i}.yaml`), "");
      }
    },
    says: ["TU1011"],
  },

  { id: "UNI-01", what: "a Cyrillic letter in a key", files: base("\u0430dmin: 1\n"), says: ["TU1010"] },
  { id: "UNI-02", what: "text that runs backwards", files: base('a: "\u202Egnp"\n'), says: ["TU1010"] },
  { id: "UNI-03", what: "characters without width", files: base('a: "x\u200By\u{E0041}"\n'), says: ["TU1010"] },
  { id: "UNI-04", what: "full-width digits in a key", files: base("\uFF11\uFF12: 1\n"), says: ["TU1010"] },
  { id: "UNI-05", what: "keys that would bend a path", files: base('"..": 1\n" k": 2\n'), says: ["TU1009"] },

  {
    id: "SEC-03",
    what: "broken syntax on the line of a secret",
    files: { "apps/a/base.yaml": `a: 1\ndb_password: "${CANARY}\nb: 2\n` },
    says: ["TU1001"],
  },
  {
    id: "SEC-03",
    what: "an item too many on the line of a secret",
    files: { "apps/a/base.yaml": `secrets: [${CANARY}, "${CANARY}" x]\n` },
    says: ["TU1001"],
  },
  {
    id: "SEC-11",
    what: "known beginnings, a million characters of them, and one that is whole",
    files: base(`note: "${"ghp_AKIA.eyJ://a:".repeat(55_000)}"\nhelper: ${CREDENTIAL}\n`),
    says: ["TU4008", "helper holds what looks like a GitHub token"],
  },
  {
    id: "SEC-11",
    what: "half a million beginnings of expressions around one",
    files: base(`note: "${"{{".repeat(250_000)}"\nhelper: ${CREDENTIAL}\nmore: "${"{{a}}".repeat(90_000)}"\n`),
    says: ["TU4008", "TU2006"],
  },
  {
    id: "SEC-11",
    what: "a private key over many lines",
    files: base(
      `pem: |\n  ${"-".repeat(5)}BEGIN EC PRIVATE KEY-----\n  ${CREDENTIAL}\n  -----END EC PRIVATE KEY-----\n`,
    ),
    says: ["TU4008"],
  },
  {
    id: "SEC-16",
    what: "a password in the URL of a plain value",
    files: base(`url: "postgres://app:${CANARY}@db.example.com/x"\n`),
    says: ["TU4008", "url holds what looks like a password in a URL"],
  },

  ...["a$(touch pwned)", "a;b", "--config=x", "-rf", "`id`"].map((name): Attack => ({
    id: "INJ-03",
    what: `an app called ${name}`,
    files: { [`apps/${name}/base.yaml`]: "x: 1\n" },
    says: ["TU1013"],
  })),
  ...["prod\nMALICIOUS=1", "LD_PRELOAD=x", "a b", "--yes", "$(id)"].map((name): Attack => ({
    id: "INJ-05",
    what: `an environment called ${JSON.stringify(name)}`,
    files: environment(name),
    says: ["error["],
  })),
  {
    id: "INJ-05",
    what: "an unknown setting with a command in its name",
    files: config('"::set-env name=A::b": 1'),
    says: ["error["],
  },
];

describe("the command as a process", () => {
  it.each(ATTACKS)("$id: $what ends as it must, within a second and 256 MiB", ({ files, says, spoil }) => {
    // On a busy machine even processor time grows: the better of two counts.
    let ran = measured(files, ["validate"], spoil);
    if (complaintsOf(ran).length > 0) ran = measured(files, ["validate"], spoil);
    expect(complaintsOf(ran)).toEqual([]);
    for (const words of says) expect(ran.out + ran.err).toContain(words);
    expect(ran.out + ran.err).not.toContain(CREDENTIAL);
    expect(ran.code).toBe(says.some((words) => words !== "TU3011") ? 3 : 0);
    expect(ran.out + ran.err).not.toMatch(/^\s*::|##\[/mu);
  });

  it("is told on when it does what it must not", () => {
    const honest = measured({});
    expect(complaintsOf(honest)).toEqual([]);
    expect(honest.memory).toBeGreaterThan(20);
    expect(honest.cpu).toBeGreaterThan(20);
    expect(
      complaintsOf({
        ...honest,
        out: `x ${CANARY}`,
        err: "\n    at load (/a/b.ts:3:1)",
        cpu: 1e4,
        memory: 1e4,
        touched: ["x"],
      }),
    ).toHaveLength(5);
  });
});
