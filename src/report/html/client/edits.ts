/** What the author did, one row for each outcome. */
import type { PageData } from "../data.ts";
import type { Draw, PageElement, Tools } from "./parts.ts";

export function edits(tools: Tools): Draw {
  const { data, make } = tools;
  const { body, under, count } = tools.section("Edits");
  const rows = tools.listTable(body, ["", "Key", "Change", "Reaches", "Written in"]);
  type Edit = PageData["edits"][number];

  const change = (edit: Edit): PageElement => {
    const cell = make("td", "mono");
    edit.change.forEach((side, n) => {
      const old = edit.action === "remove" || (edit.change.length > 1 && n === 0);
      cell.append(n > 0 ? " → " : "", make(old ? "del" : "ins", "", side));
    });
    cell.append(...edit.notes.map((note) => make("div", "muted", `↳ ${note}`)));
    return cell;
  };
  const where = (edit: Edit): PageElement => {
    if (edit.href === "") return make("td", "mono where", edit.where);
    const link = make("a", "", edit.where);
    link.setAttribute("href", edit.href);
    link.setAttribute("rel", "noreferrer");
    return make("td", "mono where", link);
  };
  const reach = (edit: Edit): PageElement => {
    const named = edit.apps.length > 3 || edit.reach.includes(" · ");
    const names = edit.apps.map((app) => data.apps[app] ?? "").join(", ");
    return make("td", "", named ? edit.reach : `${names} · ${edit.reach}`);
  };
  const row = (edit: Edit): PageElement => {
    const sign = make("span", `sign ${edit.action}`, edit.sign);
    sign.setAttribute("title", edit.action);
    return make(
      "tr",
      "",
      make("td", "", sign),
      make("td", "mono key", edit.key),
      change(edit),
      reach(edit),
      where(edit),
    );
  };

  return (_, numbers) => {
    const wanted = numbers.flatMap((i) => data.edits[i] ?? []);
    count.textContent = `${wanted.length} of ${data.edits.length}`;
    tools.grow(rows, under, wanted.length, (i) => {
      const edit = wanted[i];
      return edit === undefined ? make("tr", "") : row(edit);
    });
  };
}
