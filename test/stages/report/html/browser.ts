/** As much of a browser as the page's script needs: elements, text, clicks and keys. Markup is not read at all. */
import { runInNewContext } from "node:vm";

export class Element {
  readonly tag: string;
  readonly children: (Element | string)[] = [];
  readonly attributes = new Map<string, string>();
  readonly listeners = new Map<string, ((event: object) => void)[]>();
  className = "";
  value = "";
  id = "";
  constructor(tag: string) {
    this.tag = tag;
  }
  get textContent(): string {
    return this.children.map((child) => (typeof child === "string" ? child : child.textContent)).join("");
  }
  set textContent(text: string) {
    this.replaceChildren(text);
  }
  append(...children: (Element | string)[]): void {
    this.children.push(...children);
  }
  replaceChildren(...children: (Element | string)[]): void {
    this.children.splice(0, this.children.length, ...children);
  }
  setAttribute(name: string, value: string): void {
    this.attributes.set(name, value);
  }
  addEventListener(name: string, listener: (event: object) => void): void {
    this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener]);
  }
  focus(): void {
    this.send("focus", {});
  }
  send(name: string, event: object): void {
    for (const listener of this.listeners.get(name) ?? []) listener(event);
  }
  /** Every element below, this one first. */
  all(): Element[] {
    return [this, ...this.children.flatMap((child) => (typeof child === "string" ? [] : child.all()))];
  }
}

export interface Opened {
  readonly main: Element;
  readonly search: Element;
  /** Types into the search field. */
  readonly type: (text: string) => void;
  readonly press: (key: string) => void;
  /** Rows of the section with this heading, as the texts of their cells. */
  readonly rows: (section: string) => string[][];
  readonly click: (text: string) => void;
}

/** Runs the script of a page on its data, as a browser would. */
export function openPage(html: string): Opened {
  const [, data = ""] = /<script type="application\/json" id="data">([^<]*)<\/script>/u.exec(html) ?? [];
  const [, script = ""] = /<script>([\s\S]*)<\/script>\n<\/body>/u.exec(html) ?? [];
  const known = new Map(["data", "search", "main", "nav"].map((id) => [id, new Element("div")]));
  known.get("data")?.append(data);
  const page = new Element("document");
  const document = {
    createElement: (tag: string) => new Element(tag),
    getElementById: (id: string) => known.get(id) ?? null,
    addEventListener: (name: string, listener: (event: object) => void) => page.addEventListener(name, listener),
  };
  runInNewContext(script, { document }, { timeout: 20_000 });
  const main = known.get("main") as Element;
  const search = known.get("search") as Element;
  const press = (key: string): void => page.send("keydown", { key, target: main, preventDefault: () => undefined });
  return {
    main,
    search,
    type: (text) => {
      search.value = text;
      search.send("input", {});
    },
    press,
    rows: (section) => {
      const at = main.children.findIndex((child) => typeof child !== "string" && child.id === section);
      const body = main.children[at + 1] as Element;
      const rows = body.all().filter((one) => one.tag === "tbody");
      return rows.flatMap((tbody) =>
        tbody.children.map((row) => (row as Element).children.map((cell) => (cell as Element).textContent)),
      );
    },
    click: (text) => {
      const button = main.all().find((one) => one.tag === "button" && one.textContent === text);
      if (button === undefined) throw new Error(`no button ${text}`);
      button.send("click", {});
    },
  };
}
