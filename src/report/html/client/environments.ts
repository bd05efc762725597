/** Environments side by side, where the page has them. */
import type { Draw, Tools } from "./parts.ts";

export function environments(tools: Tools): Draw {
  const { data, make } = tools;
  if (data.environments.length === 0) return () => undefined;
  const { body, count } = tools.section("Environments");
  let equal = false;
  const toggle = tools.button("show equal rows too", "", () => {
    equal = !equal;
    toggle.textContent = equal ? "hide equal rows" : "show equal rows too";
    tools.redraw();
  });
  return (query) => {
    const wanted = data.environments.filter(
      ({ app }) => query.app.length === 0 || query.app.includes(app.toLowerCase()),
    );
    count.textContent = `${wanted.length} of ${data.environments.length}`;
    body.replaceChildren(toggle);
    for (const { app, places, rows } of wanted) {
      body.append(make("h3", "mono", app));
      const table = tools.listTable(body, ["Key", ...places]);
      for (const row of rows) {
        const text = [app, row.key, ...row.cells].join("\n").toLowerCase();
        if ((!equal && row.kind === "equal") || !tools.has(text, query.words)) continue;
        const cells = row.cells.map((cell) => make("td", `mono ${row.kind}`, cell));
        table.append(make("tr", "", make("td", "mono key", row.key), ...cells));
      }
    }
  };
}
