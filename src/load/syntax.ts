/** Parses YAML, and says in words that a person understands what is wrong with it. */
import { parseEvents } from "js-yaml";
import type { Event } from "js-yaml";
import { leadBefore, unquotedAbove, unquotedFault, unquotedTemplate } from "./braces.ts";
import type { Span } from "./braces.ts";
import { explain, locateFault } from "./explain.ts";
import { depthFault } from "./faults.ts";
import { LIMITS } from "./limits.ts";
import { lineAt } from "./report.ts";
import type { Report } from "./report.ts";

export interface Parsed {
  readonly events: readonly Event[];
  /** The text the events point into: that of the file, with faulty templates overwritten by `x`. */
  readonly source: string;
}

/**
 * Events of the text; undefined if it is no YAML. A template without quotes breaks the syntax: it is reported, covered
 * up, and the rest is parsed all the same, so that its problems come to light in the same run.
 */
export function parse(text: string, report: Report | undefined): Parsed | undefined {
  let attempt = tryParse(text);
  for (let work = 0; "reason" in attempt; work += 2 * text.length) {
    const better = withoutTemplate(attempt);
    if (better === undefined) {
      if (report !== undefined) reportSyntax(report, attempt);
      return undefined;
    }
    const { start, end } = better.span;
    report?.at(start, end - start, unquotedFault(text, better.span, leadBefore(text, start)));
    if (work > 4 * LIMITS.fileBytes) return undefined;
    attempt = better.attempt;
  }
  return attempt;
}

interface Broken {
  readonly source: string;
  readonly reason: string;
  readonly offset: number;
}

function tryParse(source: string): Parsed | Broken {
  try {
    // One level more than maps and lists may have: the scalar inside the innermost counts too.
    return { events: parseEvents(source, { maxDepth: LIMITS.depth + 1 }), source };
  } catch (error) {
    const { reason, offset } = readError(error);
    return { source, ...locateFault(source, reason, offset) };
  }
}

/**
 * The text with the template covered up that stands where the parser gave up. One further above may be to blame as
 * well (a `"` inside of it swallows lines); it is, if the parser gets further without it.
 */
function withoutTemplate(broken: Broken): { span: Span; attempt: Parsed | Broken } | undefined {
  const here = unquotedTemplate(broken.source, broken.offset);
  if (here !== undefined) return { span: here, attempt: tryParse(cover(broken.source, here)) };
  const above = unquotedAbove(broken.source, broken.offset);
  if (above === undefined) return undefined;
  const attempt = tryParse(cover(broken.source, above));
  return "reason" in attempt && attempt.offset <= broken.offset ? undefined : { span: above, attempt };
}

function cover(source: string, span: Span): string {
  return source.slice(0, span.start) + "x".repeat(span.end - span.start) + source.slice(span.end);
}

function readError(error: unknown): { reason: string; offset: number } {
  const { reason, mark } = error as { reason?: unknown; mark?: { position?: unknown } };
  return {
    reason: typeof reason === "string" ? reason : "unreadable",
    offset: typeof mark?.position === "number" ? mark.position : 0,
  };
}

function reportSyntax(report: Report, { source, reason, offset }: Broken): void {
  if (reason.startsWith("nesting exceeded")) return report.at(offset, 1, depthFault());
  const rest = lineAt(source.slice(offset, offset + 1000), 0).trimEnd();
  report.at(offset, Math.max(rest.length, 1), { ...explain(source, reason, offset), valueShown: true });
}
