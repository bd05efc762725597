/** How an apply goes on, place by place, on stderr. No timers: it moves when something happened. */
import { type Line, printLine, styled } from "./print.ts";
import { cutText } from "./table.ts";
import { displayWidth } from "./width.ts";
import { count } from "./words.ts";

/** What is needed of `process.stderr`. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface Progress {
  /** A place is about to be written. `total`: values to write there. */
  start(place: string, total: number): void;
  /** `done` values of the place are in the store. */
  advance(place: string, done: number): void;
  /** The place is finished, whole or not; `note` is the store's proof, the time taken, the reason. */
  finish(place: string, note: string, ok?: boolean): void;
  /** Nothing more will come: what is still open is left as a line. */
  end(): void;
}

export interface ProgressOptions {
  readonly color: boolean;
  readonly quiet: boolean;
  /** Every name that will be used, so that columns line up from the first line. */
  readonly places: readonly string[];
}

const BAR = 20;
const FULL = "█";
const EMPTY = "░";

interface State {
  readonly total: number;
  done: number;
}

/**
 * Bars that are redrawn in place on a terminal; elsewhere one calm line per finished place; nothing when quiet.
 * Finished places scroll up, so the part that is redrawn holds only what is open.
 */
export function makeProgress(stream: ProgressStream, options: ProgressOptions): Progress {
  const open = new Map<string, State>();
  const width = Math.min(40, Math.max(0, ...options.places.map(displayWidth)));
  const live = stream.isTTY === true && !options.quiet;
  let drawn: readonly string[] = [];

  function line(place: string, state: State, note: string, ok: boolean): string {
    const name = cutText(place, 40);
    const full = state.total === 0 ? BAR : Math.floor((BAR * Math.min(state.done, state.total)) / state.total);
    const bar = live
      ? [styled(ok ? "green" : "red", FULL.repeat(full)), styled("dim", EMPTY.repeat(BAR - full)), "  "]
      : [];
    const pad = " ".repeat(Math.max(0, width - displayWidth(name)));
    const keys = `${count(state.done)}/${count(state.total)} keys`;
    const mark = live ? "" : ok ? "✔ " : "✖ ";
    const head: Line = [`  ${mark}${name}${pad}   `, ...bar, keys];
    const room = (live ? (stream.columns ?? 80) : 200) - 1 - displayWidth(printLine(head, false));
    // A line that wraps would break counting lines upwards.
    const tail = note === "" || room < 5 ? "" : `   ${cutText(note, room - 3)}`;
    const plain = printLine([...head, tail], false);
    return live && displayWidth(plain) >= (stream.columns ?? 80)
      ? cutText(plain, (stream.columns ?? 80) - 1)
      : printLine([...head, tail], options.color);
  }

  function redraw(above: readonly string[]): void {
    const next = [...open].map(([place, state]) => line(place, state, "", true));
    if (above.length === 0 && next.join("\n") === drawn.join("\n")) return;
    const up = drawn.length === 0 ? "" : `\x1b[${drawn.length}A\x1b[J`;
    stream.write(up + [...above, ...next].map((text) => `${text}\n`).join(""));
    drawn = next;
  }

  return {
    start(place, total) {
      open.set(place, { total, done: 0 });
      if (live) redraw([]);
    },
    advance(place, done) {
      const state = open.get(place);
      if (state === undefined) return;
      state.done = done;
      if (live) redraw([]);
    },
    finish(place, note, ok = true) {
      const state = open.get(place) ?? { total: 0, done: 0 };
      open.delete(place);
      if (options.quiet) return;
      const text = line(place, state, note, ok);
      if (live) redraw([text]);
      else stream.write(`${text}\n`);
    },
    end() {
      drawn = [];
      open.clear();
    },
  };
}
