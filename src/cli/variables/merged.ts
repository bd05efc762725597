/** Writes variables into a `.env` file that people write in too, and says what that changed. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type EnvFile, updateEnvFile } from "../../export/env-file.ts";
import type { Named } from "../../export/format.ts";
import type { Io } from "../io.ts";
import type { Ignored } from "./ignored.ts";

/** Names of each kind that are listed without `-v`. */
const LISTED = 8;

export function mergeInto(
  target: { readonly path: string; readonly shown: string; readonly ignored: Ignored },
  file: EnvFile,
  variables: readonly Named[],
  unit: string,
  all: boolean,
  io: Io,
): void {
  const change = updateEnvFile(file, variables, unit);
  mkdirSync(dirname(target.path), { recursive: true });
  if (existsSync(target.path)) chmodSync(target.path, 0o600);
  writeFileSync(target.path, change.text, { mode: 0o600 });
  const marked = [
    ...listed("+", change.added, all),
    ...listed("~", change.changed, all),
    ...listed("-", change.removed, all),
  ];
  const kept = change.kept.length;
  const parts = [
    marked.length === 0 ? "no changes" : marked.join("   "),
    ...(kept === 0 ? [] : [`${kept} ${kept === 1 ? "line" : "lines"} of your own kept`]),
    ...(target.ignored === "ignored" ? [`${target.shown} is git-ignored ✔`] : []),
    ...(target.ignored === "open" ? [`${target.shown} is not git-ignored ⚠`] : []),
  ];
  io.out(`  ${parts.join("      ")}\n`);
}

function listed(mark: string, names: readonly string[], all: boolean): string[] {
  const shown = all ? names : names.slice(0, LISTED);
  const more = names.length - shown.length;
  return [...shown.map((name) => `${mark} ${name}`), ...(more === 0 ? [] : [`${mark} ${more} more`])];
}
