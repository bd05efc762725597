/** One cell for each app and place: the colour is the worst that happens, the number how many keys. */
import type { PageData } from "../data.ts";
import type { Draw, PageElement, Tools } from "./parts.ts";

export function matrix(tools: Tools): Draw {
  const { data, make, button } = tools;
  const { body, under, count } = tools.section("Matrix");
  const kinds = { add: "add", change: "change", remove: "delete", replace: "replace", conflict: "conflict" };
  const legend = make("p", "legend");
  for (const [kind, words] of Object.entries(kinds))
    legend.append(
      make(
        "span",
        "",
        make("span", `cell ${kind}`),
        button(words, "", () => tools.ask(`action:${kind}`)),
      ),
    );
  legend.append(make("span", "", make("span", "cell shadow"), "edit hidden by an override"));
  legend.append(
    make("span", "", make("span", "cell ring"), "protected"),
    make("span", "", "! drift · ? needs a value"),
  );
  const heads = data.places.map((place) => {
    const words = place.region === "" ? place.env : `${place.env} ${place.region}`;
    const name = place.guarded ? words.toUpperCase() : words;
    return make(
      "th",
      "",
      button(name, "", () => tools.ask(`place:${place.id}`)),
    );
  });
  const rows = make("tbody", "");
  body.append(legend, make("table", "grid", make("thead", "", make("tr", "", make("th", ""), ...heads)), rows));

  const cells = new Map<number, Map<number, PageData["cells"][number]>>();
  for (const cell of data.cells) cells.set(cell[0], (cells.get(cell[0]) ?? new Map()).set(cell[1], cell));
  const box = (
    name: string,
    at: PageData["places"][number],
    cell: PageData["cells"][number] | undefined,
  ): PageElement => {
    const [, , worst = "none", number = 0, marks = ""] = cell ?? [];
    const looks = [`cell ${worst}`];
    if (at.guarded && number > 0) looks.push("ring");
    if (marks.includes("s")) looks.push("shadow");
    const signs = (marks.includes("d") ? "!" : "") + (marks.includes("v") ? "?" : "");
    const inner = make("div", looks.join(" "), (number === 0 ? "" : String(number)) + signs);
    inner.setAttribute("title", `${name}@${at.id}: ${number === 0 ? "nothing" : `${number} (worst: ${worst})`}`);
    return make("td", "", inner);
  };
  const row = (app: number): PageElement => {
    const name = data.apps[app] ?? "";
    const head = make(
      "th",
      "",
      button(name, "mono", () => tools.ask(`app:${name}`)),
    );
    return make("tr", "", head, ...data.places.map((place, p) => box(name, place, cells.get(app)?.get(p))));
  };

  return (query, edits) => {
    const only = query.action.length + query.place.length > 0;
    const touched = new Set(edits.flatMap((i) => data.edits[i]?.apps ?? []));
    const shown = tools.apps.flatMap((name, app) => {
      if (query.app.length > 0 && !query.app.includes(name)) return [];
      const named = !only && tools.has(name, query.words);
      return named || touched.has(app) ? [app] : [];
    });
    count.textContent = `${shown.length} of ${data.apps.length}`;
    tools.grow(rows, under, shown.length, (i) => row(shown[i] ?? 0));
  };
}
