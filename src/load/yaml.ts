/** One YAML file: its value, or everything that is wrong with it. */
import type { Plain, SourceFile } from "../model.ts";
import { hasErrors } from "../problem.ts";
import type { Problem } from "../problem.ts";
import { isOrdinary } from "./characters.ts";
import { compose } from "./compose.ts";
import { directiveFault } from "./faults.ts";
import { reportHidden } from "./hidden.ts";
import { formatBytes, formatCount, LIMITS } from "./limits.ts";
import { reportFor } from "./report.ts";
import type { Report } from "./report.ts";
import { parse } from "./syntax.ts";

export interface YamlDocument {
  /** Undefined if there is an error among the problems. Maps have no prototype; what aliases name is shared, not copied. */
  readonly value: Plain | undefined;
  readonly problems: readonly Problem[];
  /** Nothing but white space and comments: `value` is null then. */
  readonly empty: boolean;
}

export interface YamlOptions {
  /** Merge keys (`<<`) are merged; otherwise they are problems. */
  readonly merge: boolean;
  /** Default 1 MiB of UTF-8. */
  readonly maxBytes?: number;
  /** `names` (default): letters, digits and a few signs. `any`: every visible character, for JSON Schemas. */
  readonly keys?: "names" | "any";
  /** False: `1e3` and the like are fine, because the file is JSON. */
  readonly spelling?: boolean;
  /** True: `$remove` may stand at the top level. */
  readonly remove?: boolean;
  /** Keys that a schema says are secret: their values are not repeated in messages. */
  readonly secretNames?: ReadonlySet<string>;
}

/**
 * Reads one document of YAML 1.2 core. Refused are: what other parsers read differently, tags, directives, keys that
 * make no good names, invisible characters, and whatever is over a budget ({@link LIMITS}). Never throws, whatever the
 * text is.
 */
export function readYaml(file: SourceFile, options: YamlOptions): YamlDocument {
  const report = reportFor(file.path, file.text, options.secretNames);
  const read = readInto(file.text, options, report);
  const problems = report.problems();
  return { value: hasErrors(problems) ? undefined : read.value, problems, empty: read.empty };
}

type Read = Pick<YamlDocument, "value" | "empty">;
const NOTHING: Read = { value: null, empty: false };

function readInto(text: string, options: YamlOptions, report: Report): Read {
  const limit = options.maxBytes ?? LIMITS.fileBytes;
  // A UTF-16 unit is at most three bytes of UTF-8: nearly always no need to count.
  const bytes = text.length * 3 > limit ? Buffer.byteLength(text) : 0;
  if (bytes > limit) {
    report.at(0, 1, {
      code: "TU1011",
      message: `the file has ${formatCount(bytes)} bytes; ${formatBytes(limit)} are allowed`,
      fix: "split it, or keep such data outside the configuration",
    });
    return NOTHING;
  }
  const parsed = parse(coverDirectives(text, report), report);
  if (!isOrdinary(text)) reportHidden(text, parsed?.events, report);
  if (parsed === undefined) return NOTHING;
  const value = compose(
    parsed.source,
    parsed.events,
    {
      merge: options.merge,
      anyKeys: options.keys === "any",
      spelling: options.spelling !== false,
      remove: options.remove === true,
    },
    report,
  );
  const [, first] = parsed.events;
  const empty = value === null && (first === undefined || ("valueStart" in first && first.valueStart === -1));
  return { value, empty };
}

/** Reports `%YAML` and `%TAG` lines and turns them into comments of the same length. Nothing else starts with `%`. */
function coverDirectives(text: string, report: Report): string {
  if (!text.includes("%")) return text;
  return text.replace(/^%[^\n\r]*/gmu, (line, offset: number) => {
    report.at(offset, line.length, directiveFault());
    return `#${line.slice(1)}`;
  });
}
