/** Imports point one way: foundation <- stages (never each other) <- pipeline <- cli, actions. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = resolve(import.meta.dirname, "../src");

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? sources(join(folder, entry.name))
      : entry.name.endsWith(".ts")
        ? [join(folder, entry.name)]
        : [],
  );
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, "utf8");
  const lines = [
    ...text.matchAll(
      /(?:^|\n)\s*(?:import|export)\s+(type\s)?[^;'"]*?from\s+["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)/gu,
    ),
  ];
  return lines.map((match) => {
    const target = match[2] ?? match[3] ?? "";
    const to = target.startsWith(".") ? relative(SRC, resolve(dirname(file), target)) : target;
    return { from: relative(SRC, file), to, typeOnly: match[1] !== undefined };
  });
}

const all = sources(SRC).flatMap(importsOf);
const folderOf = (path: string): string => (path.includes("/") ? (path.split("/")[0] ?? "") : "");
const STAGES = new Set(["load", "resolve", "render", "validate", "map", "plan", "apply", "report"]);
const FOUNDATION = new Set([
  "model.ts",
  "problem.ts",
  "failure.ts",
  "secret.ts",
  "address.ts",
  "canonical.ts",
  "sure.ts",
  "credential.ts",
  "suggest.ts",
  "group.ts",
  "tree.ts",
  "setting.ts",
  "private-line.ts",
  "secret-names.ts",
]);
const show = (items: readonly Import[]): string[] => items.map((item) => `${item.from} -> ${item.to}`);

describe("imports", () => {
  it("finds the sources and their imports", () => {
    expect(all.length).toBeGreaterThan(200);
    expect(show(all)).toContain("plan/plan.ts -> model.ts");
  });

  it("model imports nothing", () => {
    expect(show(all.filter((item) => item.from === "model.ts"))).toEqual([]);
  });

  it("the foundation imports only the foundation and Node", () => {
    const wrong = all.filter(
      (item) => FOUNDATION.has(item.from) && !FOUNDATION.has(item.to) && !item.to.startsWith("node:"),
    );
    expect(show(wrong)).toEqual([]);
  });

  it("stages never import each other, nor anything above them", () => {
    const wrong = all.filter((item) => {
      const from = folderOf(item.from);
      if (!STAGES.has(from) || !item.to.endsWith(".ts")) return false;
      const to = folderOf(item.to);
      const below = to === from || to === "template" || FOUNDATION.has(item.to);
      const contract = item.to === "stores/store.ts" || (from === "apply" && item.to === "stores/records.ts");
      return !below && !contract;
    });
    expect(show(wrong)).toEqual([]);
  });

  it("only a store's own folder imports its SDK, and never when the program starts", () => {
    const sdks = ["etcd3", "@aws-sdk/client-ssm", "@grpc/grpc-js"];
    const wrong = all.filter((item) => sdks.some((sdk) => item.to.startsWith(sdk)) && folderOf(item.from) !== "stores");
    expect(show(wrong)).toEqual([]);
    const text = sources(join(SRC, "stores")).map((file) => readFileSync(file, "utf8"));
    expect(text.filter((source) => /^import (?!type)[^;]*from "(?:etcd3|@aws-sdk)/mu.test(source))).toEqual([]);
  });

  it("only one file imports the SDK of KMS, and not when the program starts", () => {
    const kms = all.filter((item) => item.to.startsWith("@aws-sdk/client-kms"));
    expect(show(kms)).toEqual(["secrets/sops/kms.ts -> @aws-sdk/client-kms"]);
    const text = readFileSync(join(SRC, "secrets/sops/kms.ts"), "utf8");
    expect(text).not.toMatch(/^import (?!type)[^;]*from "@aws-sdk/mu);
  });

  it("only src/forge and src/actions import GitHub's packages, and never when the program starts", () => {
    const githubs = all.filter((item) => /^@(?:actions|octokit)\//u.test(item.to));
    expect(show(githubs)).toContain("forge/client.ts -> @actions/github");
    expect(show(githubs.filter((item) => !["forge", "actions"].includes(folderOf(item.from))))).toEqual([]);
    const text = sources(join(SRC, "forge")).map((file) => readFileSync(file, "utf8"));
    expect(text.filter((source) => /^import (?!type)[^;]*from "@(?:actions|octokit)/mu.test(source))).toEqual([]);
  });

  it("the forge knows nothing of plans and stores, and the command line nothing of the forge", () => {
    const wrong = all.filter(
      (item) =>
        (folderOf(item.from) === "forge" &&
          item.to.endsWith(".ts") &&
          folderOf(item.to) !== "forge" &&
          item.to !== "failure.ts") ||
        (folderOf(item.to) === "forge" && !["forge", "actions"].includes(folderOf(item.from))),
    );
    expect(show(wrong)).toEqual([]);
  });

  it("nothing below the command line imports it, and nothing at all the actions", () => {
    const above = (item: Import): boolean => ["cli", "actions"].includes(folderOf(item.from));
    const wrong = all.filter(
      (item) =>
        item.to.endsWith(".ts") &&
        ((folderOf(item.to) === "cli" && !above(item)) ||
          (folderOf(item.to) === "actions" && folderOf(item.from) !== "actions")),
    );
    expect(show(wrong)).toEqual([]);
  });

  it("the middle has no clock, no random, no process and no console", () => {
    const pure = new Set(["resolve", "render", "validate", "map", "plan", "report", "template"]);
    const hits = sources(SRC)
      .filter((file) => pure.has(folderOf(relative(SRC, file))) || FOUNDATION.has(relative(SRC, file)))
      .filter((file) =>
        /\b(?:Date\.now|new Date\(\)|Math\.random|randomUUID|process\.(?!versions)|console\.|performance\.now)/u.test(
          readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gmu, ""),
        ),
      )
      .map((file) => relative(SRC, file));
    expect(hits).toEqual([]);
  });
});
