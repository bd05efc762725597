/** The log of the actions: in whatever pieces text comes, on whichever stream, the runner gets no command but ours. */
import { guardStreams, lineGuard } from "../../../src/actions/log.ts";
import { COMMANDS } from "../../attacks/hostile.ts";
import { commandsIn } from "../../attacks/runner-commands.ts";
import { decisionsOf } from "../decisions.ts";
import { type FuzzTarget, must } from "../target.ts";

export const runnerLine: FuzzTarget = {
  name: "runner-line",
  fresh: 3000,
  dictionary: [...COMMANDS, "\n", "\r\n", "\r", "::error::", "##[", "::stop-commands::t", "\x00\x40", "é", "\xf0\x9f"],
  seeds: COMMANDS.slice(0, 12).map((text, i) => `${String.fromCodePoint(i * 3)}${text}\n${text}`),
  run(input) {
    const [out, err] = [stream(), stream()];
    const log = guardStreams(out, err);
    for (const chunk of chunksOf(input)) {
      out.write(chunk);
      err.write(chunk.toString("latin1"));
    }
    log.obey("::notice::ours\n");
    log.flush();
    must(commandsIn(err.text()).length === 0, "no command on standard error", err.text());
    must(
      commandsIn(out.text())
        .map(({ name }) => name)
        .join() === "notice",
      "only our own command",
      out.text(),
    );
    must(
      inPieces(input.toString("utf8"), chunksOf(input).length) === inPieces(input.toString("utf8"), 1),
      "pieces do not matter",
    );
  },
};

function stream() {
  let text = "";
  return {
    write: (chunk: string | Uint8Array): boolean => {
      text += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
      return true;
    },
    text: () => text,
  };
}

/** The input in pieces whose lengths its own first bytes decide. */
function chunksOf(input: Buffer): Buffer[] {
  const from = decisionsOf(input);
  const chunks: Buffer[] = [];
  for (let at = 0; at < input.length;) {
    const length = 1 + from.int(40);
    chunks.push(input.subarray(at, at + length));
    at += length;
  }
  return chunks;
}

function inPieces(text: string, count: number): string {
  let written = "";
  const guard = lineGuard((piece) => (written += piece));
  const length = Math.max(1, Math.ceil(text.length / count));
  for (let at = 0; at < text.length; at += length) guard.add(text.slice(at, at + length));
  guard.flush();
  return written;
}
