/** The script of the page as text: its parts, and the call that starts them. */
import { edits } from "./client/edits.ts";
import { environments } from "./client/environments.ts";
import { list } from "./client/list.ts";
import { matrix } from "./client/matrix.ts";
import type { Parts } from "./client/parts.ts";
import { start } from "./client/start.ts";
import { tools } from "./client/tools.ts";

const PARTS: Parts = { tools, matrix, edits, environments, list };

export const SCRIPT = `(${start.toString()})({${Object.entries(PARTS)
  .map(([name, part]) => `${name}: ${String(part)}`)
  .join(",\n")}}, document);`;
