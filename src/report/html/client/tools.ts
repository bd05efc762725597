/** Elements, lists and the search of the page. */
import type { PageData } from "../data.ts";
import type { PageDocument, PageElement, Query, Tools } from "./parts.ts";

export function tools(document: PageDocument, redraw: () => void): Tools {
  const STEP = 200;
  const find = (id: string): PageElement => {
    const node = document.getElementById(id);
    if (node === null) throw new Error(`the page has no ${id}`);
    return node;
  };
  const make: Tools["make"] = (tag, className, ...children) => {
    const node = document.createElement(tag);
    if (className !== "") node.className = className;
    node.append(...children);
    return node;
  };
  const button: Tools["button"] = (text, className, act) => {
    const node = make("button", className, text);
    node.setAttribute("type", "button");
    node.addEventListener("click", act);
    return node;
  };
  const data = JSON.parse(find("data").textContent ?? "") as PageData;
  const apps = data.apps.map((app) => app.toLowerCase());
  const places = data.places.map((place) => place.id.toLowerCase());
  const search = find("search");
  const typed = (): string[] => search.value.split(" ").filter((word) => word !== "");
  const texts = data.edits.map((edit) => {
    const names = edit.apps.length > 5 ? [] : edit.apps.map((app) => apps[app] ?? "");
    return [edit.key, ...edit.change, edit.where, edit.reach, ...edit.notes, ...names].join("\n").toLowerCase();
  });

  return {
    data,
    apps,
    places,
    find,
    make,
    button,
    redraw,
    has(text, words) {
      return words.every((word) => text.includes(word));
    },
    section(name) {
      const id = name.toLowerCase();
      const count = make("span", "muted");
      const heading = make("h2", "", `${name} `, count);
      heading.id = id;
      const body = make("div", "wide");
      const under = make("div", "");
      find("main").append(heading, body, under);
      const link = make("a", "", name);
      link.setAttribute("href", `#${id}`);
      find("nav").append(link);
      return { body, under, count };
    },
    listTable(body, heads) {
      const rows = make("tbody", "");
      const head = make("tr", "", ...heads.map((text) => make("th", "", text)));
      body.append(make("table", "list", make("thead", "", head), rows));
      return rows;
    },
    grow(into, under, count, row) {
      let shown = 0;
      const more = (): void => {
        const end = Math.min(count, shown + STEP);
        for (; shown < end; shown++) into.append(row(shown));
        under.replaceChildren();
        if (shown < count) under.append(button(`Show more (${shown} of ${count})`, "more", more));
      };
      into.replaceChildren();
      more();
    },
    query(): Query {
      const words = typed().map((word) => word.toLowerCase());
      const after = (head: string): string[] =>
        words.filter((word) => word.startsWith(head)).map((word) => word.slice(head.length));
      return {
        words: words.filter((word) => !/^(?:app|place|action):/u.test(word)),
        app: after("app:"),
        place: after("place:"),
        action: after("action:"),
      };
    },
    wantedEdits(query) {
      return data.edits.flatMap((edit, i) => {
        const all = (text: string): boolean => query.words.every((word) => text.includes(word));
        if (!all(texts[i] ?? "") && !edit.apps.some((app) => all(apps[app] ?? ""))) return [];
        if (query.app.length > 0 && !edit.apps.some((app) => query.app.includes(apps[app] ?? ""))) return [];
        if (query.place.length > 0 && !edit.places.some((at) => query.place.includes(places[at] ?? ""))) return [];
        return query.action.length > 0 && !query.action.includes(edit.action) ? [] : [i];
      });
    },
    ask(word) {
      const words = typed();
      search.value = (words.includes(word) ? words.filter((one) => one !== word) : [...words, word]).join(" ");
      redraw();
    },
  };
}
