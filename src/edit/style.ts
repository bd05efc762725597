/** How a file is indented, so that what is added looks like the rest. */
import { column } from "./lines.ts";
import type { MapNode } from "./nodes.ts";
import type { Style } from "./write.ts";

/** The steps of the first nested map and of the first list found; two columns where there is none. */
export function styleOf(text: string, root: MapNode | undefined): Style {
  const found: { step?: number; listStep?: number } = {};
  if (root !== undefined) look(text, root, found);
  const step = found.step ?? 2;
  return { step, listStep: found.listStep ?? step };
}

function look(text: string, map: MapNode, found: { step?: number; listStep?: number }): void {
  for (const pair of map.pairs) {
    if (pair.value.kind === "scalar" || pair.value.kind === "alias" || pair.value.flow) continue;
    const deeper = column(text, pair.value.start) - column(text, pair.start);
    if (pair.value.kind === "list") found.listStep ??= Math.max(0, deeper);
    else {
      if (deeper > 0) found.step ??= deeper;
      look(text, pair.value, found);
    }
  }
}
