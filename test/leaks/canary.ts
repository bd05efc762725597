/** Texts that stand for secrets: found anywhere but where they belong, something leaks. */
import type { Random } from "./random.ts";

export interface Canary {
  /** What it is to the repo: `sops orders.db`, `credential STORE_PASSWORD`. */
  readonly role: string;
  readonly kind: CanaryKind | "made up";
  readonly text: string;
  /** The pieces of it that are chance, and so stand nowhere else. */
  readonly cores: readonly string[];
}

export const CANARY_KINDS = [
  "ascii",
  "quotes",
  "command",
  "unicode",
  "json",
  "pem",
  "numeric",
  "short",
  "long",
  "url",
  "yaml",
] as const;
export type CanaryKind = (typeof CANARY_KINDS)[number];

/** Texts of each kind. Some are longer than any other line of a repo, so that a length tells on them too. */
const MAKE: Readonly<Record<CanaryKind, (random: Random) => readonly [text: string, ...cores: string[]]>> = {
  ascii: (random) => {
    const core = random.text(101 + 2 * random.int(30));
    return [core, core];
  },
  quotes: (random) => {
    const [a, b, c] = [random.text(17), random.text(19), random.text(23)];
    return [`${a}'"\\${b}\n%25 100% $(x) \`y\`\t${c}&<>`, a, b, c];
  },
  command: (random) => {
    const [a, b] = [random.text(21), random.text(33)];
    return [`::set-output name=x::${a}\n##[add-mask]${b}`, a, b];
  },
  unicode: (random) => {
    const [a, b] = [random.text(19), random.text(27)];
    return [`${a}žluťoučký→🔑日本${b}`, a, b];
  },
  json: (random) => {
    const [a, b] = [random.text(25), random.text(31)];
    return [`{"token":"${a}","more":["${b}",17]}`, a, b];
  },
  pem: (random) => {
    const lines = [random.text(64), random.text(64), random.text(37)];
    return [`-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----`, ...lines];
  },
  numeric: (random) => {
    const core = random.digits(19 + 2 * random.int(4));
    return [core, core];
  },
  short: (random) => {
    const core = random.text(7);
    return [core, core];
  },
  long: (random) => {
    const core = random.text(2311);
    return [core, core];
  },
  url: (random) => {
    const [a, b] = [random.text(22), random.text(26)];
    return [`https://user:${a}@db.example.com/?a=1&key=${b}#x`, a, b];
  },
  yaml: (random) => {
    const [a, b] = [random.text(24), random.text(28)];
    return [`- ${a}: &x {y: [${b}]} # no`, a, b];
  },
};

export function canaryOf(role: string, random: Random, kind: CanaryKind = random.pick(CANARY_KINDS)): Canary {
  const [text, ...cores] = MAKE[kind](random);
  return { role, kind, text, cores };
}
