/** Puts the sections together and listens: `/` goes to the search, Escape forgets it. */
import type { Draw, PageDocument, Parts } from "./parts.ts";

export function start(parts: Parts, document: PageDocument): void {
  const draws: Draw[] = [];
  const redraw = (): void => {
    const query = tools.query();
    const edits = tools.wantedEdits(query);
    for (const draw of draws) draw(query, edits);
  };
  const tools = parts.tools(document, redraw);
  const { data } = tools;
  tools.find("main").replaceChildren();
  draws.push(parts.matrix(tools), parts.edits(tools), parts.environments(tools));
  const noDrift = data.live ? "Live is what was applied." : "No store was read.";
  draws.push(parts.list(tools, "Drift", ["Key", "Git says", "Live is", "What happened"], data.drift, noDrift));
  const noSecrets = "No secret changes or waits for a value.";
  draws.push(parts.list(tools, "Secrets", ["Secret", "State", "Where"], data.secrets, noSecrets));

  const search = tools.find("search");
  search.addEventListener("input", redraw);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      search.value = "";
      redraw();
    } else if (event.key === "/" && event.target !== search && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
    }
  });
  redraw();
}
