/**
 * The script of the page. It is put into the page as text (`Function.toString`), so it may use nothing from outside of
 * itself but what a browser has. Every text goes in by `textContent`: there is no way from data to markup.
 */
import type { PageData } from "./data.ts";

interface Node {
  textContent: string | null;
  className: string;
  hidden: boolean;
  value: string;
  id: string;
  append(...children: (Node | string)[]): void;
  replaceChildren(...children: (Node | string)[]): void;
  setAttribute(name: string, value: string): void;
  addEventListener(name: string, listener: (event: KeyEvent) => void): void;
  focus(): void;
}
interface KeyEvent {
  readonly key: string;
  readonly target: unknown;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  preventDefault(): void;
}
declare const document: {
  createElement(tag: string): Node;
  getElementById(id: string): Node | null;
  addEventListener(name: string, listener: (event: KeyEvent) => void): void;
};

export function client(): void {
  const find = (id: string): Node => {
    const node = document.getElementById(id);
    if (node === null) throw new Error(`the page has no ${id}`);
    return node;
  };
  const data = JSON.parse(find("data").textContent ?? "") as PageData;
  const search = find("search");
  const STEP = 200;

  const make = (tag: string, className: string, ...children: (Node | string)[]): Node => {
    const node = document.createElement(tag);
    if (className !== "") node.className = className;
    node.append(...children);
    return node;
  };
  const button = (text: string, className: string, act: () => void): Node => {
    const node = make("button", className, text);
    node.setAttribute("type", "button");
    node.addEventListener("click", act);
    return node;
  };
  const ask = (word: string): void => {
    const words = search.value.split(" ").filter((one) => one !== "");
    search.value = (words.includes(word) ? words.filter((one) => one !== word) : [...words, word]).join(" ");
    draw();
  };

  /** `app:x`, `place:x`, `action:x` are exact; any other word may stand anywhere. */
  interface Query {
    readonly words: readonly string[];
    readonly app: readonly string[];
    readonly place: readonly string[];
    readonly action: readonly string[];
  }
  const query = (): Query => {
    const words = search.value
      .toLowerCase()
      .split(" ")
      .filter((one) => one !== "");
    const after = (head: string): string[] =>
      words.filter((one) => one.startsWith(head)).map((one) => one.slice(head.length));
    return {
      words: words.filter((one) => !/^(?:app|place|action):/u.test(one)),
      app: after("app:"),
      place: after("place:"),
      action: after("action:"),
    };
  };
  const has = (text: string, words: readonly string[]): boolean => words.every((word) => text.includes(word));
  const apps = data.apps.map((app) => app.toLowerCase());
  const places = data.places.map((place) => place.id.toLowerCase());
  const editTexts = data.edits.map((edit) => {
    const names = edit.apps.length > 5 ? [] : edit.apps.map((app) => apps[app] ?? "");
    return [edit.key, ...edit.change, edit.where, edit.reach, ...edit.notes, ...names].join("\n").toLowerCase();
  });
  const wantedEdits = (asked: Query): number[] =>
    data.edits.flatMap((edit, i) => {
      if (!has(editTexts[i] ?? "", asked.words) && !edit.apps.some((app) => has(apps[app] ?? "", asked.words)))
        return [];
      if (asked.app.length > 0 && !edit.apps.some((app) => asked.app.includes(apps[app] ?? ""))) return [];
      if (asked.place.length > 0 && !edit.places.some((place) => asked.place.includes(places[place] ?? ""))) return [];
      if (asked.action.length > 0 && !asked.action.includes(edit.action)) return [];
      return [i];
    });

  /** A list that grows by a button, so that ten thousand rows do not stand in the page at once. */
  const grow = (into: Node, under: Node, count: number, row: (i: number) => Node): void => {
    into.replaceChildren();
    under.replaceChildren();
    let shown = 0;
    const more = (): void => {
      const end = Math.min(count, shown + STEP);
      for (; shown < end; shown++) into.append(row(shown));
      under.replaceChildren();
      if (shown < count) under.append(button(`Show more (${shown} of ${count})`, "more", more));
    };
    more();
  };

  const sections: { readonly draw: (asked: Query, edits: readonly number[]) => void }[] = [];
  const main = find("main");
  const nav = find("nav");
  main.replaceChildren();
  const section = (
    name: string,
    count: string,
  ): { readonly body: Node; readonly under: Node; readonly count: Node } => {
    const id = name.toLowerCase();
    const heading = make("h2", "", `${name} `);
    heading.id = id;
    const number = make("span", "muted", count);
    heading.append(number);
    const body = make("div", "wide");
    const under = make("div", "");
    main.append(heading, body, under);
    const link = make("a", "", name);
    link.setAttribute("href", `#${id}`);
    nav.append(link);
    return { body, under, count: number };
  };
  const listTable = (body: Node, heads: readonly string[]): Node => {
    const rows = make("tbody", "");
    const head = make("tr", "", ...heads.map((text) => make("th", "", text)));
    body.append(make("table", "list", make("thead", "", head), rows));
    return rows;
  };

  const drawMatrix = (): void => {
    const { body, under, count } = section("Matrix", "");
    const legend = make("p", "legend");
    const kinds: readonly (readonly [string, string])[] = [
      ["add", "add"],
      ["change", "change"],
      ["remove", "delete"],
      ["replace", "replace"],
      ["conflict", "conflict"],
    ];
    for (const [kind, words] of kinds)
      legend.append(
        make(
          "span",
          "",
          make("span", `cell ${kind}`),
          button(words, "", () => ask(`action:${kind}`)),
        ),
      );
    legend.append(make("span", "", make("span", "cell shadow"), "edit hidden by an override"));
    legend.append(
      make("span", "", make("span", "cell ring"), "protected"),
      make("span", "", "! drift · ? needs a value"),
    );
    const heads = data.places.map((place) => {
      const words = place.region === "" ? place.env : `${place.env} ${place.region}`;
      return make(
        "th",
        "",
        button(place.guarded ? words.toUpperCase() : words, "", () => ask(`place:${place.id}`)),
      );
    });
    const rows = make("tbody", "");
    const table = make("table", "grid", make("thead", "", make("tr", "", make("th", ""), ...heads)), rows);
    body.append(legend, table);
    const byApp = new Map<number, PageData["cells"][number][]>();
    for (const cell of data.cells) byApp.set(cell[0], [...(byApp.get(cell[0]) ?? []), cell]);
    const row = (app: number): Node => {
      const name = data.apps[app] ?? "";
      const node = make(
        "tr",
        "",
        make(
          "th",
          "",
          button(name, "mono", () => ask(`app:${name}`)),
        ),
      );
      const cells = byApp.get(app) ?? [];
      data.places.forEach((place, p) => {
        const cell = cells.find((one) => one[1] === p);
        const [, , worst = "none", number = 0, marks = ""] = cell ?? [];
        const ring = place.guarded && number > 0 ? " ring" : "";
        const shadow = marks.includes("s") ? " shadow" : "";
        const text =
          (number === 0 ? "" : String(number)) + (marks.includes("d") ? "!" : "") + (marks.includes("v") ? "?" : "");
        const inner = make("div", `cell ${worst}${ring}${shadow}`, text);
        inner.setAttribute("title", `${name}@${place.id}: ${number === 0 ? "nothing" : `${number} (worst: ${worst})`}`);
        node.append(make("td", "", inner));
      });
      return node;
    };
    sections.push({
      draw: (asked, edits) => {
        const narrowed = asked.words.length + asked.action.length + asked.place.length > 0;
        const touched = new Set(edits.flatMap((i) => data.edits[i]?.apps ?? []));
        const shown = data.apps.flatMap((_, app) => {
          const name = apps[app] ?? "";
          if (asked.app.length > 0 && !asked.app.includes(name)) return [];
          const named =
            asked.words.length > 0 && has(name, asked.words) && asked.action.length + asked.place.length === 0;
          return !narrowed || named || touched.has(app) ? [app] : [];
        });
        count.textContent = `${shown.length} of ${data.apps.length} apps`;
        grow(rows, under, shown.length, (i) => row(shown[i] ?? 0));
      },
    });
  };

  const drawEdits = (): void => {
    const { body, under, count } = section("Edits", "");
    const rows = listTable(body, ["", "Key", "Change", "Reaches", "Written in"]);
    const row = (i: number): Node => {
      const edit = data.edits[i];
      if (edit === undefined) return make("tr", "");
      const change = make("td", "mono");
      edit.change.forEach((side, n) => {
        const old = edit.action === "remove" || (edit.change.length > 1 && n === 0);
        if (n > 0) change.append(" → ");
        change.append(make(old ? "del" : "ins", "", side));
      });
      for (const note of edit.notes) change.append(make("div", "muted", `↳ ${note}`));
      const where = make("td", "mono");
      if (edit.href === "") where.append(edit.where);
      else {
        const link = make("a", "", edit.where);
        link.setAttribute("href", edit.href);
        link.setAttribute("rel", "noreferrer");
        where.append(link);
      }
      const sign = make("span", `sign ${edit.action}`, edit.sign);
      sign.setAttribute("title", edit.action);
      const names =
        edit.apps.length > 3 || edit.reach.includes(" · ") ? "" : edit.apps.map((app) => data.apps[app]).join(", ");
      const reach = names === "" ? edit.reach : `${names} · ${edit.reach}`;
      return make("tr", "", make("td", "", sign), make("td", "mono", edit.key), change, make("td", "", reach), where);
    };
    sections.push({
      draw: (_, edits) => {
        count.textContent = `${edits.length} of ${data.edits.length}`;
        grow(rows, under, edits.length, (i) => row(edits[i] ?? -1));
      },
    });
  };

  const drawEnvironments = (): void => {
    if (data.environments.length === 0) return;
    const { body, count } = section("Environments", "");
    let equal = false;
    const toggle = button("show equal rows too", "", () => {
      equal = !equal;
      toggle.textContent = equal ? "hide equal rows" : "show equal rows too";
      draw();
    });
    sections.push({
      draw: (asked) => {
        body.replaceChildren(toggle);
        const wanted = data.environments.filter(
          (one) => asked.app.length === 0 || asked.app.includes(one.app.toLowerCase()),
        );
        count.textContent = `${wanted.length} of ${data.environments.length} apps`;
        for (const app of wanted.slice(0, 20)) {
          body.append(make("h3", "mono", app.app));
          const rows = listTable(body, ["Key", ...app.places]);
          for (const one of app.rows) {
            const text = [app.app, one.key, ...one.cells].join("\n").toLowerCase();
            if ((!equal && one.kind === "equal") || !has(text, asked.words)) continue;
            const cells = one.cells.map((cell) => make("td", `mono ${one.kind}`, cell));
            rows.append(make("tr", "", make("td", "mono", one.key), ...cells));
          }
        }
      },
    });
  };

  const drawList = (
    name: string,
    heads: readonly string[],
    all: readonly (readonly string[])[],
    empty: string,
  ): void => {
    const { body, under, count } = section(name, "");
    if (all.length === 0) {
      body.append(make("p", "muted", empty));
      return;
    }
    const rows = listTable(body, heads);
    const texts = all.map((one) => one.join("\n").toLowerCase());
    sections.push({
      draw: (asked) => {
        const wanted = all.filter((_, i) => has(texts[i] ?? "", [...asked.words, ...asked.app, ...asked.place]));
        count.textContent = `${wanted.length} of ${all.length}`;
        grow(rows, under, wanted.length, (i) =>
          make("tr", "", ...(wanted[i] ?? []).map((text) => make("td", "mono", text))),
        );
      },
    });
  };

  const draw = (): void => {
    const asked = query();
    const edits = wantedEdits(asked);
    for (const one of sections) one.draw(asked, edits);
  };

  drawMatrix();
  drawEdits();
  drawEnvironments();
  drawList(
    "Drift",
    ["Key", "Git says", "Live is", "What happened"],
    data.drift,
    data.live ? "Live is what was applied." : "No store was read.",
  );
  drawList("Secrets", ["Secret", "State", "Where"], data.secrets, "No secret changes or waits for a value.");
  search.addEventListener("input", draw);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      search.value = "";
      draw();
    } else if (event.key === "/" && event.target !== search && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
    }
  });
  draw();
}
