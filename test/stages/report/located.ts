/** The failing config repo of ux.md 2.3, as located problems. */
import type { Position, SourceFile } from "../../../src/model.ts";
import type { LocatedProblem } from "../../../src/problem.ts";
import type { ProblemsContext } from "../../../src/report/context.ts";
import { PROD_EU, WORLD } from "./build.ts";

export function at(file: string, line: number, column: number, length: number): Position {
  return { file, line, column, endLine: line, endColumn: column + length };
}

export function located(fields: Partial<LocatedProblem> & Pick<LocatedProblem, "code" | "message">): LocatedProblem {
  const { position } = fields;
  return {
    severity: "error",
    at: position === undefined ? undefined : { file: position.file },
    position: undefined,
    notePositions: [],
    ...fields,
  };
}

/** Lines of a file, by number; the others are empty. */
export function source(path: string, lines: { readonly [number: number]: string }): SourceFile {
  const last = Math.max(...Object.keys(lines).map(Number));
  const text = Array.from({ length: last }, (_, i) => lines[i + 1] ?? "").join("\n");
  return { path, text };
}

const SOURCES = [
  source("apps/orders/prod.yaml", {
    3: "database:",
    4: "  host: {{region}}.db.example.com",
    5: "  pool: { max: 2000 }",
  }),
  source("apps/users/base.yaml", { 6: "  ttl: 300", 7: '  issuer: "https://id.{{vars.domian}}/"' }),
  source("apps/cart/base.yaml", { 18: "  exprss_checkout: true" }),
  source("apps/payments/base.yaml", {
    10: "payments:",
    11: "  stripe_key: sk_live_hunter2hunter2",
    12: "  timeout: 12:30:45",
  }),
  source("apps/orders/staging.yaml", { 1: "features:", 2: "  gift_cards: false" }),
];

const users = WORLD.places.map((place) => `users@${place.id}`);

export const failing: readonly LocatedProblem[] = [
  located({
    code: "TU1003",
    message: "template is not quoted",
    position: at("apps/orders/prod.yaml", 4, 9, 24),
    label: "YAML reads an unquoted {{ as the start of a map, not as text",
    fix: 'host: "{{region}}.db.example.com"',
  }),
  located({
    code: "TU2001",
    message: "nothing is called vars.domian",
    position: at("apps/users/base.yaml", 7, 25, 11),
    label: "did you mean vars.domain?",
    notes: [{ name: "known here", text: "vars.account, vars.domain, vars.geo, vars.long" }],
    notePositions: [{ file: "trueup.yaml", line: 9, column: 1, endLine: 20, endColumn: 1 }],
    reach: users,
  }),
  located({
    code: "TU3002",
    message: "database.pool.max must be 200 or less, got 2000",
    position: at("apps/orders/prod.yaml", 5, 16, 4),
    label: "typed here",
    notes: [{ name: "rule", text: "maximum: 200" }],
    notePositions: [at("apps/orders/schema.yaml", 29, 3, 7)],
    reach: [`orders@${PROD_EU}`],
  }),
  located({
    code: "TU3004",
    message: "features.exprss_checkout is not in the schema; did you mean features.express_checkout?",
    position: at("apps/cart/base.yaml", 18, 3, 15),
    reach: WORLD.places.map((place) => `cart@${place.id}`),
  }),
  located({
    code: "TU4001",
    message: "plaintext secret: payments.stripe_key must come from {{secret.…}}",
    position: at("apps/payments/base.yaml", 11, 15, 22),
    label: "value hidden; it is in Git history: rotate it",
    fix: 'trueup secrets set payments stripe_key --env prod    then write "{{secret.stripe_key}}"',
    masked: true,
  }),
  located({
    code: "TU1101",
    severity: "warning",
    message: "this override of features.gift_cards changes nothing",
    position: at("apps/orders/staging.yaml", 2, 3, 10),
    notes: [{ name: "already", text: "apps/orders/base.yaml" }],
    notePositions: [at("apps/orders/base.yaml", 18, 3, 10)],
    fix: "trueup fmt removes it",
  }),
];

export function problemsContext(overrides: Partial<ProblemsContext> = {}): ProblemsContext {
  return {
    color: false,
    width: 100,
    verbose: false,
    maxValueWidth: 60,
    world: WORLD,
    sources: new Map(SOURCES.map((file) => [file.path, file])),
    keys: 486,
    durationMs: 412,
    ...overrides,
  };
}
