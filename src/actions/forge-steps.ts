/** What an action does on the forge around a command: the seam between here and whatever speaks to GitHub's API. */
import type { RunEvent } from "./event.ts";
import type { Inputs } from "./inputs.ts";
import type { Done, Outputs, Word } from "./outcome.ts";

export interface Before {
  /** Ids of plans that were reviewed, beside those of the input `expect`. */
  readonly expect: readonly string[];
  /** Guards that labels lift, beside those of the input `allow`. */
  readonly allow: readonly string[];
}

export interface After {
  readonly inputs: Inputs;
  readonly event: RunEvent;
  readonly done: Done;
  readonly word: Word;
  /** Path of the JSON document. */
  readonly report: string;
  /** Commit that was compared with, if the event has one. */
  readonly base: string | undefined;
}

export interface ForgeSteps {
  /** May throw a failure: then nothing is run. */
  readonly before: (inputs: Inputs, event: RunEvent) => Promise<Before>;
  /** Comment, labels, check, issue. Gives outputs. What it throws becomes a warning: it never changes the result. */
  readonly after: (after: After) => Promise<Outputs>;
}

export const NOTHING_BEFORE: Before = { expect: [], allow: [] };
