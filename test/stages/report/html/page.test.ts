/** The page of a plan: what is on it, and what can never be. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Plan } from "../../../../src/model.ts";
import type { HtmlContext } from "../../../../src/report/html/data.ts";
import { htmlPlan } from "../../../../src/report/html/page.ts";
import { HIDDEN } from "../../../../src/report/look/compare.ts";
import { MORE } from "../../../attacks/documents.ts";
import { hostilePlaces, hostilePlan } from "../../../attacks/hostile.ts";
import { commandsIn } from "../../../attacks/runner-commands.ts";
import { destructive, LARGE_WORLD, large, manyChanges, planContext, secrets, small } from "../fixtures.ts";
import { openPage } from "./browser.ts";

function page(plan: Plan, more: Partial<HtmlContext> = {}): string {
  return htmlPlan(plan, { ...planContext(), ...more });
}

const BREAK_OUT = [
  "</script><script>alert(1)</script>",
  "<!--<script>",
  "]]><img src=x onerror=alert(1)>",
  '"><svg onload=alert(1)>',
  "\u2028\u2029",
  "javascript:alert(1)",
  "&lt;script&gt;",
];

describe("htmlPlan", () => {
  it("lists edits with values, reach, line and what keeps its own value", () => {
    const opened = openPage(
      page(small, { link: (position) => `https://example.com/${position.file}#L${position.line}` }),
    );
    expect(opened.rows("edits")).toEqual([
      ["~", "http.timeout_ms", "1500 → 1200", "orders · PROD (both regions)", "apps/orders/prod.yaml:2"],
      ["+", "features.gift_cards", "false", "orders · everywhere", "apps/orders/base.yaml:19"],
      [
        "~",
        "database.pool.max",
        "10 → 20↳ orders@prod.eu-west-1 keeps 40 (prod.yaml:5)↳ orders@prod.us-east-2 keeps 60 (prod.us-east-2.yaml:2)",
        "orders · dev, staging",
        "apps/orders/base.yaml:11",
      ],
    ]);
    expect(opened.rows("matrix")).toEqual([["orders", "2", "2!", "2", "2"]]);
    expect(opened.rows("drift")).toEqual([["orders@staging.eu-west-1:logging.level", '"info"', '"debug"', "changed"]]);
    const links = opened.main.all().flatMap((one) => one.attributes.get("href") ?? []);
    expect(links).toContain("https://example.com/apps/orders/prod.yaml#L2");
  });

  it("finds by any word, by a click on an app, a place or a colour, and forgets by Escape", () => {
    const opened = openPage(page(small));
    opened.type("POOL");
    expect(opened.rows("edits").map((row) => row[1])).toEqual(["database.pool.max"]);
    opened.press("Escape");
    expect(opened.rows("edits")).toHaveLength(3);
    opened.click("add");
    expect(opened.rows("edits").map((row) => row[1])).toEqual(["features.gift_cards"]);
    opened.click("add");
    opened.click("dev eu-west-1");
    expect(opened.rows("edits").map((row) => row[1])).toEqual(["features.gift_cards", "database.pool.max"]);
    opened.type("app:nobody");
    expect([...opened.rows("edits"), ...opened.rows("matrix")]).toEqual([]);
    let focused = 0;
    opened.search.addEventListener("focus", () => focused++);
    opened.press("/");
    expect(focused).toBe(1);
  });

  it("puts deletions in protected environments first, and names secrets without values", () => {
    expect(openPage(page(destructive)).rows("edits")).toHaveLength(9);
    const rows = openPage(page(secrets)).rows("secrets");
    expect(rows).toContainEqual(["payments.webhook_key", "? needs a value", "everywhere"]);
    expect(rows).toContainEqual([
      "payments@prod.eu-west-1:old_key",
      "no longer used, kept in the store",
      "PROD eu-west-1",
    ]);
  });

  it("shows environments side by side where they are given, equal rows on demand", () => {
    const row = { path: ["pool"], cells: [1, 2], differs: true, byTemplate: false };
    const same = { path: ["port"], cells: [1, 1], differs: false, byTemplate: false };
    const secret = { path: ["key"], cells: [HIDDEN, HIDDEN], differs: true, byTemplate: true } as const;
    const environments = [{ app: "orders", places: ["dev", "prod"], rows: [row, same, secret] }];
    const opened = openPage(page(small, { environments }));
    expect(opened.rows("environments")).toEqual([
      ["pool", "1", "2"],
      ["key", "(secret)", "(secret)"],
    ]);
    opened.click("show equal rows too");
    expect(opened.rows("environments")).toHaveLength(3);
  });

  it("holds 10,000 changes, 200 at a time", () => {
    const opened = openPage(page(manyChanges(10_000), { world: LARGE_WORLD }));
    expect(opened.rows("edits")).toHaveLength(200);
    opened.click("Show more (200 of 10000)");
    expect(opened.rows("edits")).toHaveLength(400);
    opened.type("key_9999");
    expect(opened.rows("edits").map((row) => row[1])).toEqual(["group.key_9999"]);
    const alike = openPage(page(large, { world: LARGE_WORLD }));
    expect(alike.rows("edits")).toHaveLength(2);
    alike.type("ledger");
    expect(alike.rows("matrix").map((row) => row[0])).toContain("ledger");
  });
});

describe("the page's safety", () => {
  const pages = [...BREAK_OUT, ...MORE].map((text): [string, string] => {
    const places = hostilePlaces(text);
    const plan = hostilePlan(text, places);
    const environments = [
      { app: text, places: [text], rows: [{ path: [text], cells: [text], differs: true, byTemplate: false }] },
    ];
    const world = { places, apps: 2, units: 6 };
    return [text, page(plan, { world, comparedAt: text, environments, link: () => text })];
  });

  it("lets nothing run but our script and style, by their digests", () => {
    const html = page(small);
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/u.exec(html)?.[1];
    const digestOf = (text: string | undefined): string =>
      `'sha256-${createHash("sha256")
        .update(text ?? "")
        .digest("base64")}'`;
    const script = digestOf(/<script>([\s\S]*)<\/script>\n<\/body>/u.exec(html)?.[1]);
    const style = digestOf(/<style>([\s\S]*)<\/style>/u.exec(html)?.[1]);
    expect(policy).toBe(
      `default-src 'none'; script-src ${script}; style-src ${style}; base-uri 'none'; form-action 'none'`,
    );
    expect(html).not.toMatch(/\s(?:on\w+|style|src)=|@import|url\(/u);
  });

  it("has the same elements whatever the texts are", () => {
    const tags = (html: string): string[] => html.match(/<[/!a-z][^\s>]*/giu) ?? [];
    const shape = (html: string): string[] => tags(html).filter((tag) => !/span/u.test(tag));
    const places = hostilePlaces("plain");
    const plain = page(hostilePlan("plain", places), { world: { places, apps: 2, units: 6 } });
    for (const [text, html] of pages) {
      expect(shape(html), JSON.stringify(text)).toEqual(shape(plain));
      expect(html.match(/<script/giu), JSON.stringify(text)).toHaveLength(2);
      expect(html.match(/<\/script/giu), JSON.stringify(text)).toHaveLength(2);
      expect(html, JSON.stringify(text)).not.toContain("<!--");
    }
  });

  it("shows the texts as they are, and links nowhere but to http addresses", () => {
    for (const [text, html] of pages) {
      const opened = openPage(html);
      expect(opened.rows("edits").length, JSON.stringify(text)).toBeGreaterThan(6);
      const links = opened.main.all().flatMap((one) => (one.tag === "a" ? (one.attributes.get("href") ?? []) : []));
      expect(
        links.filter((href) => !/^https?:\/\//u.test(href)),
        JSON.stringify(text),
      ).toEqual([]);
    }
  });

  it("forges no command if it passes through a log", () => {
    for (const [text, html] of pages) expect(commandsIn(html), JSON.stringify(text)).toEqual([]);
  });
});
