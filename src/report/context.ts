/** What printers need to know beyond the data they print. Everything is given; nothing is looked up here. */
import type { At, Place, Position, SourceFile } from "../model.ts";
import type { Problem } from "../problem.ts";

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
  /** Undefined where no schema changed, or nobody knows. */
  readonly schemas?: SchemaChanges;
}

/** Rules and values that change together: nobody is held to what was agreed before. */
export interface SchemaChanges {
  /** From the config root, sorted. */
  readonly files: readonly string[];
  /** What the schemas of before would not have allowed. */
  readonly brokenBefore: readonly Pick<Problem, "code" | "message" | "reach">[];
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
  /** Room for the text; a comment's where nothing is said. */
  readonly budget?: Budget;
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
  /** Why no store was read, where a Git ref had to stand in for the stores. */
  readonly unread?: { readonly message: string; readonly fix?: string | undefined };
}

/** How much a text may take, in the counting of the place it goes to. */
export interface Budget {
  readonly most: number;
  /** Characters are UTF-16 units, so that they are never fewer than GitHub's. */
  readonly unit: "characters" | "bytes";
  /** Deletions in protected environments, conflicts, guards and missing values that can still be reviewed in one text. */
  readonly critical: number;
}

/** GitHub takes 65,536 characters in a comment. */
export const COMMENT: Budget = { most: 60_000, unit: "characters", critical: 200 };
/** The runner drops a step summary of more than 1,048,576 UTF-8 bytes as a whole (actions/runner, seen 2026-11). */
export const SUMMARY: Budget = { most: 900_000, unit: "bytes", critical: Infinity };
