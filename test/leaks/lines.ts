/** Every command of the command line, with every format and the flags that print more. */
import { FIRST } from "./history.ts";
import type { LeakRepo } from "./repo.ts";
import type { Random } from "./random.ts";

export interface CommandLine {
  readonly args: readonly string[];
  /** True: showing values is what it is for, so its standard output is not searched. */
  readonly reveals?: true;
  readonly env?: Readonly<Record<string, string>>;
}

type Words = string | readonly string[] | CommandLine;

/** All command lines for one repo, in the order of the documentation. Files they write are below `out/`. */
export function commandLines(repo: LeakRepo, random: Random): CommandLine[] {
  const app = repo.apps[random.int(repo.apps.length)] ?? "orders";
  const place = repo.places[random.int(repo.places.length)] ?? "dev";
  const unit = `${app}@${place}`;
  const secret = repo.secretPaths[random.int(repo.secretPaths.length)] ?? `${unit}:cred.password`;
  const key = secret.slice(secret.indexOf(":") + 1);
  const named = repo.secrets[random.int(repo.secrets.length)];
  const id = named === undefined ? "orders.s0" : `${named.app}.${named.name}`;
  const lines: Words[] = [
    ...["human", "json", "github", "sarif"].map((format) => ["validate", "--strict", "--format", format]),
    "validate -v --out json=out/v.json --out sarif=out/v.sarif --out github=out/v.txt",
    ...["human", "yaml", "json"].map((format) => ["render", "-v", "--format", format]),
    "render --physical",
    "render --secrets omit",
    ...["yaml", "json", "dotenv", "k8s"].map((format) => ["render", "--format", format, "--out", `dir=out/${format}`]),
    "render --physical --out json=out/rendered.json",
    "render --no-source --out dir=out/rendered",
    ["explain", secret],
    ["explain", `${unit}:**`, "--format", "json"],
    ["explain", secret, "--from", "live"],
    ["explain", secret, "--from", "live", "--format", "json"],
    ["explain", `/cfg/${place.replace(".", "/")}/${app}/${key.replace(".", "/")}`],
    "compare dev prod --all",
    "compare dev prod --all --format json",
    ...(repo.apps.length > 1 ? [["compare", ...repo.apps, "--all"]] : []),
    "tree",
    "tree --physical --format json",
    "tree --from live",
    "tree --from live --physical --format json",
    ["get", secret],
    ["get", secret, "--format", "json", "--from", "live"],
    ["get", `${unit}:cred`],
    ["get", `${unit}:http.port`, "--from", "live"],
    ["get", `${unit}:cred.nothing`, "--default", "none"],
    { args: ["get", secret, "--reveal"], reveals: true },
    { args: ["get", secret, "--reveal", "--format", "json", "--from", "live"], reveals: true },
    "why TU4001",
    ...["human", "markdown", "json"].map((format) => ["diff", "-v", "--format", format]),
    "diff --out markdown=out/plan.md --out json=out/plan.json --out html=out/plan.html --detailed-exitcode",
    "diff -v --format html",
    "plan --against HEAD",
    "apply --dry-run",
    "apply --dry-run --format json",
    "apply",
    "apply --yes --expect 000000",
    "drift",
    "drift --format json --unmanaged",
    "drift -v --out json=out/drift.json --out html=out/drift.html",
    "drift --format html",
    "rollback --yes --reason test",
    "doctor",
    "doctor --format json -v",
    "secrets list",
    "secrets list --format json",
    ["secrets", "list", app],
    ["secrets", "where", id],
    ["secrets", "where", `${id}x`],
    { args: ["secrets", "edit", app, "--env", "dev"], env: { EDITOR: "true" } },
    ["secrets", "rotate", app, "s0", "--env", "dev", "--generate"],
    ["secrets", "rotate", app, "s0", "--env", "dev", "--finish"],
    ["secrets", "rotate", app, "s1"],
    ...["json", "terraform", "aws"].map((format) => ["permissions", "--format", format, "--repository", "o/r"]),
    "fmt --check",
    ["schema", "infer", app, "--print"],
    ...["dotenv", "json", "yaml", "shell", "docker"].map((format) => [
      "export",
      unit,
      "--allow-missing",
      "--format",
      format,
    ]),
    ["export", unit, "-v", "--from", "live"],
    { args: ["export", unit, "--allow-missing", "--reveal", "--format", "json"], reveals: true },
    ["export", unit, "--allow-missing", "--out", "out/export.env", "-v"],
    ["export", unit, "--allow-missing", "--out", "out/export.json", "--format", "json"],
    // The masks it prints are for the runner, which does not show them.
    { args: ["export", unit, "--allow-missing", "--format", "github"], reveals: true, env: { GITHUB_ACTIONS: "true" } },
    ["exec", unit, "-v", "--allow-missing", "--", "/bin/true"],
    ["exec", unit, "--from", "live", "--", "/bin/true"],
    ["exec", unit, "--allow-missing", "--", "./no-such-program"],
    ["--help"],
    ["secrets", "set", app, "s0"],
    ["apply", secret, "--nonsense"],
  ];
  return lines.map((line) => {
    if (typeof line === "string") return { args: line.split(" ") };
    return "args" in line ? line : { args: line };
  });
}

/** What needs commits of before, in the order in which it can be done. */
export const PAST: readonly (readonly string[])[] = [
  ["plan", "--against", "HEAD"],
  ["validate", "--changed-since", FIRST],
  ["diff", "--against", FIRST, "-v"],
  ["diff", "--against", FIRST, "--out", "html=out/past.html", "--format", "markdown"],
  ["diff", "--against", FIRST, "--format", "json"],
  ["rollback", "--to", FIRST, "--yes", "--reason", "test", "-v"],
];

/** Lines that change files: they come last, so that the others see the repo as it was made. */
export const LAST: readonly (readonly string[])[] = [
  ["fmt"],
  ["schema", "infer", "orders", "--force"],
  ["new", "fresh", "--like", "orders"],
  ["init", "--yes", "--env", "a,b"],
];
