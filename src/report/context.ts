/** What printers need to know beyond the data they print. Everything is given; nothing is looked up here. */
import type { At, Place, Position, SourceFile } from "../model.ts";

export interface ReportOptions {
  /** ANSI codes in the output. The caller has looked at NO_COLOR, FORCE_COLOR and the terminal. */
  readonly color: boolean;
  /** Columns of the terminal, or of the page. */
  readonly width: number;
  /** List everything, fold nothing. */
  readonly verbose: boolean;
  /** Columns one value may take (`report.maxValueWidth` of trueup.yaml). */
  readonly maxValueWidth: number;
}

/** The repo, in numbers: what "everywhere" and "3 of 10 apps" are measured against. */
export interface World {
  /** Every place of the repo, in promotion order. */
  readonly places: readonly Place[];
  /** How many apps and units were looked at. */
  readonly apps: number;
  readonly units: number;
}

export interface PlanContext extends ReportOptions {
  readonly world: World;
  readonly locate: (at: At) => Position | undefined;
}

export interface ProblemsContext extends ReportOptions {
  /** Undefined where the repo could not be loaded far enough to know. */
  readonly world: World | undefined;
  readonly sources: ReadonlyMap<string, SourceFile>;
  /** Values checked and time taken, for the line that says all is well. */
  readonly keys: number;
  readonly durationMs: number;
}

/** For comments and step summaries. Width and colour are not used there. */
export interface MarkdownContext extends PlanContext {
  /** Config root, `.` at the top of the repo: part of the hidden first line. */
  readonly root: string;
  /** UTF-8 bytes that the text may take: 60,000 for a comment (the default), 900,000 for a step summary. */
  readonly budget?: number;
  /** Web address of a line in the repo. */
  readonly link?: (position: Position) => string | undefined;
  /** Where the rest is: full plan, picture, JSON. Named wherever something was cut. */
  readonly homes?: readonly { readonly name: string; readonly url: string }[];
  /** `12:04 UTC`. */
  readonly comparedAt?: string;
  /** Commit that the change is merged into. */
  readonly base?: string;
  /** Repository permission of the person whose label lifts a guard. */
  readonly liftBy?: string;
}
