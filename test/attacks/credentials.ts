/**
 * Texts that look like credentials and open nothing, put together here so that no scanner of this repository finds one;
 * and texts that look nearly like one.
 */
const c = (length: number, from = "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0z"): string => from.repeat(10).slice(0, length);
const upper = (length: number): string => c(length).toUpperCase();
const join = (...parts: readonly string[]): string => parts.join("");

export interface Sample {
  readonly what: string;
  readonly text: string;
  readonly sure: boolean;
  /** The part that is marked; undefined: all of it. */
  readonly secret?: string;
}

const PEM = ["-----", "BEGIN ", "PRIVATE KEY-----"] as const;

export const SAMPLES: readonly Sample[] = [
  { what: "a private key", text: PEM.join(""), sure: true },
  { what: "a private key", text: PEM.join("RSA ").replace("-----RSA ", "-----"), sure: true },
  { what: "a private key", text: join("-----", "BEGIN PGP PRIVATE KEY BLOCK-----"), sure: true },
  { what: "an AWS access key", text: join("AK", "IA", upper(16)), sure: true },
  { what: "an AWS access key", text: join("AS", "IA", upper(16)), sure: true },
  ...["p", "o", "u", "s", "r"].map((kind) => ({
    what: "a GitHub token",
    text: join("gh", kind, "_", c(36)),
    sure: true,
  })),
  { what: "a GitHub token", text: join("github", "_pat_", c(22), "_", c(17)), sure: true },
  { what: "a GitLab token", text: join("glp", "at-", c(20)), sure: true },
  { what: "a Slack token", text: join("xo", "xb-", "123456789012-", c(7)), sure: true },
  {
    what: "a Slack webhook",
    text: join("hooks.slack", ".com/services/", "T01234567/", "B01234567/", c(16)),
    sure: true,
  },
  { what: "a Stripe key", text: join("sk", "_live_", c(16)), sure: true },
  { what: "a Stripe key", text: join("rk", "_live_", c(16)), sure: true },
  { what: "a SendGrid key", text: join("S", "G.", c(22), ".", c(43)), sure: true },
  { what: "an npm token", text: join("np", "m_", c(36)), sure: true },
  { what: "a PyPI token", text: join("pypi", "-AgEI", c(40)), sure: true },
  { what: "an age key", text: join("AGE-SECRET", "-KEY-1", upper(58)), sure: true },
  { what: "an Azure key", text: join("Account", "Key=", c(40)), sure: true },
  { what: "an Azure key", text: join("SharedAccess", "Key=", c(40)), sure: true },
  { what: "a Google API key", text: join("AI", "za", c(35)), sure: false },
  { what: "a JSON web token", text: join("ey", "J", c(20), ".ey", "J", c(20), ".", c(8)), sure: false },
  ...[
    "postgres://app:hunter2@db.example.com/orders",
    "https://:hunter2@example.com",
    "amqps://app:hunter2@[2001:db8::1]:5671",
    "redis://a%40b:hunter2@cache",
    "mongodb+srv://u:hunter2@a.example,b.example",
  ].map((text) => ({ what: "a password in a URL", text, sure: true, secret: "hunter2" })),
  ...["localhost:5432/x", "127.0.0.1", "[::1]:5432"].map((host) => ({
    what: "a password in a URL",
    text: `postgres://postgres:hunter2@${host}`,
    sure: false,
    secret: "hunter2",
  })),
];

export const LOOKALIKES: readonly string[] = [
  "",
  "orders.us-east-2.db.example.com",
  "https://example.com:8443/a@b",
  "https://git@github.com/example/shop",
  "https://user:@example.com",
  "https://example.com/?next=//u:p@h",
  "see https://a.example and mail a:b@c.example",
  "ssh://git@example.com:22/x",
  "postgres://app:${DB_PASSWORD}@db.example.com",
  "postgres://app:$DB_PASSWORD@db.example.com",
  "postgres://app:{password}@db.example.com",
  "postgres://app:%s@db.example.com",
  "postgres://app:****@db.example.com",
  "postgres://app:<password>@db.example.com",
  join("AK", "IA", "IOSFODNN7EXAMPLE"),
  join("AK", "IA", upper(15)),
  join("AK", "IA", upper(17)),
  join("X", "AK", "IA", upper(16)),
  join("ghx", "_", c(36)),
  join("sk", "_test_", c(24)),
  join("pk", "_live_", c(24)),
  join("xo", "xb-", "short"),
  join("-----", "BEGIN PUBLIC KEY-----"),
  join("-----", "BEGIN CERTIFICATE-----"),
  join("age", "1", c(58).toLowerCase()),
  "AccountKey=${KEY}",
  "SG.too.short",
  "npm_config_registry",
  "eyJhbGciOiJIUzI1NiJ9",
  "2f1b0c9a4d3e5f6a7b8c9d0e1f2a3b4c5d6e7f80",
  "sha256:2f1b0c9a4d3e5f6a7b8c9d0e1f2a3b4c5d6e7f802f1b0c9a4d3e5f6a7b8c9d0e",
];
