/** Hostile text on its way to the log of an action: in pieces, on both streams, with commands of ours in between. */
import { type Log, type Stream, guardStreams } from "../../src/actions/log.ts";
import { annotationCommands } from "../../src/report/annotation.ts";
import { mix } from "../attacks/hostile.ts";
import { obeyed } from "./runner-rules.ts";

const MORE = [
  "::stop-commands::token-1",
  "::token-1::",
  "##[token-1]",
  "\u2028::error::line separator",
  "\u2029##[error]paragraph separator",
  "\u000b::error::vertical tab",
  "\f::warning::form feed",
  "\u0085##[set-output name=result]ok",
  "::set-output name=result::ok",
  "::save-state name=x::y",
  "::set-env name=NODE_OPTIONS::--require=/tmp/x",
  "::add-path::/tmp",
  "::debug::x",
  "::echo::on",
  "\u001b[0m::error::after a colour",
  "\u001b]0;title\u0007##[error]after a title",
  "%0A::error::percent",
  "::",
  ":",
  "e",
  "rror::x",
  "##",
  "[error]x",
  "\n",
  "\r",
  "\r\n",
  "\u{1f600}",
  "\ud83d",
];

/** One value: a mix of fragments that are commands, and of what could join them to one. */
export function hostileValue(random: () => number): string {
  const pieces = [mix(random)];
  while (random() < 0.5) pieces.push(MORE[Math.floor(random() * MORE.length)] ?? "", random() < 0.3 ? mix(random) : "");
  return pieces.join("");
}

class Sink implements Stream {
  text = "";
  write(chunk: string | Uint8Array): boolean {
    this.text += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
    return true;
  }
}

/** How text leaves a program: by our log, or by a library that writes to the stream itself, as text or as bytes. */
const WAYS: readonly ((piece: string, log: Log, streams: readonly [Stream, Stream]) => void)[] = [
  (piece, log) => log.out(piece),
  (piece, log) => log.err(piece),
  (piece, _, [out]) => out.write(piece),
  (piece, _, [, err]) => err.write(piece),
  (piece, _, [out]) => out.write(Buffer.from(piece)),
  (piece, _, [, err]) => err.write(Buffer.from(piece)),
];

/** Puts the values through, cut into pieces at random. Gives what reached the runner, and how many commands were ours. */
export function putThrough(
  values: readonly string[],
  random: () => number,
): { readonly out: string; readonly err: string; readonly ours: number } {
  const [out, err] = [new Sink(), new Sink()];
  const seen = { out, err };
  const log = guardStreams(out, err);
  let ours = 0;
  for (const value of values) {
    const way = WAYS[Math.floor(random() * WAYS.length)];
    const cut = Math.floor(random() * (value.length + 1));
    for (const piece of random() < 0.5 ? [value] : [value.slice(0, cut), value.slice(cut)])
      way?.(piece, log, [out, err]);
    if (random() < 0.02) {
      ours++;
      log.obey(annotationCommands([{ level: "notice", file: value, title: value, message: [value] }]));
    }
  }
  log.flush();
  return { out: seen.out.text, err: seen.err.text, ours };
}

/** Commands that the runner would take, beyond ours. */
export function forged(through: { readonly out: string; readonly err: string; readonly ours: number }): number {
  const out = obeyed(through.out);
  const notOurs = out.filter((command) => command.name !== "notice").length;
  return notOurs + Math.abs(out.length - notOurs - through.ours) + obeyed(through.err).length;
}
