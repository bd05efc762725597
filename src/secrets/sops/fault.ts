/** Problems of encrypted files. The source line is always shown masked: what is wrong may be a secret in plain text. */
import type { SourceFile } from "../../model.ts";
import type { Code, Problem } from "../../problem.ts";

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One problem of code TU4006 unless said otherwise; without a span it concerns the whole file. */
export function fault(
  file: SourceFile,
  span: Span | undefined,
  message: string,
  options: { readonly fix?: string; readonly code?: Code } = {},
): Problem {
  return {
    code: options.code ?? "TU4006",
    severity: "error",
    message,
    at:
      span === undefined
        ? { file: file.path }
        : { file: file.path, offset: span.start, length: Math.max(span.end - span.start, 1) },
    ...(options.fix === undefined ? {} : { fix: options.fix }),
    masked: true,
  };
}
