/** A plain table: drift, secrets. */
import type { Draw, Parts } from "./parts.ts";

export const list: Parts["list"] = function list(tools, name, heads, rows, empty): Draw {
  const { make } = tools;
  const { body, under, count } = tools.section(name);
  if (rows.length === 0) {
    body.append(make("p", "muted", empty));
    return () => undefined;
  }
  const table = tools.listTable(body, heads);
  const texts = rows.map((row) => row.join("\n").toLowerCase());
  return (query) => {
    const words = [...query.words, ...query.app, ...query.place];
    const wanted = rows.filter((_, i) => tools.has(texts[i] ?? "", words));
    count.textContent = `${wanted.length} of ${rows.length}`;
    tools.grow(table, under, wanted.length, (i) => {
      return make("tr", "", ...(wanted[i] ?? []).map((text) => make("td", "mono", text)));
    });
  };
};
