/** From the bytes of a file to its text. Only UTF-8 is taken; everything else would be read differently elsewhere. */
import { isUtf8 } from "node:buffer";
import type { SourceFile } from "../model.ts";
import type { Problem } from "../problem.ts";
import { formatBytes, LIMITS } from "./limits.ts";

export interface ReadText {
  readonly file: SourceFile;
  /** Not empty: the text is only good for showing where the problem is. */
  readonly problems: readonly Problem[];
}

/**
 * Text without byte order mark. `bytes` may be one more than the budget, which tells that the file is over it.
 * Refused: over budget, not UTF-8, NUL bytes, pointers of Git LFS.
 */
export function decodeText(path: string, bytes: Uint8Array): ReadText {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const problem = encodingProblem(path, buffer);
  const text = buffer.toString("utf8");
  const file = { path, text: text.startsWith("\uFEFF") ? text.slice(1) : text };
  return { file, problems: problem === undefined ? contentProblems(file) : [problem] };
}

function encodingProblem(path: string, bytes: Buffer): Problem | undefined {
  if (bytes.length > LIMITS.fileBytes)
    return {
      code: "TU1011",
      severity: "error",
      message: `the file is larger than ${formatBytes(LIMITS.fileBytes)}`,
      at: { file: path },
      fix: "split it, or keep such data outside the configuration",
    };
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe ? true : bytes[0] === 0xfe && bytes[1] === 0xff;
  if (utf16) return notUtf8(path, "the file is UTF-16, not UTF-8", 0);
  if (isUtf8(bytes)) return undefined;
  const offset = validLength(bytes);
  const byte = (bytes[offset] ?? 0).toString(16).toUpperCase().padStart(2, "0");
  return notUtf8(path, `the file is not UTF-8: byte ${byte} stands here`, bytes.toString("utf8", 0, offset).length);
}

function contentProblems(file: SourceFile): Problem[] {
  const nul = file.text.indexOf("\0");
  if (nul >= 0) return [notUtf8(file.path, "the file holds a NUL byte: it is not text, or UTF-16 without a mark", nul)];
  if (/^\+\/v[89+/]/u.test(file.text)) return [notUtf8(file.path, "the file is UTF-7, not UTF-8", 0)];
  if (file.text.startsWith("version https://git-lfs.github.com/spec/"))
    return [
      {
        code: "TU1012",
        severity: "error",
        message: "the file is a pointer of Git LFS, not its content",
        at: { file: file.path },
        fix: "keep configuration in Git itself: remove the pattern from .gitattributes, then `git lfs migrate export`",
      },
    ];
  return [];
}

function notUtf8(path: string, message: string, offset: number): Problem {
  return {
    code: "TU1008",
    severity: "error",
    message,
    at: { file: path, offset, length: 1 },
    fix: "save the file as UTF-8",
    masked: true,
  };
}

/** Number of bytes at the start that are UTF-8. */
function validLength(bytes: Buffer): number {
  let low = 0;
  let high = bytes.length;
  // A prefix may end inside a character: up to three bytes less are tried too.
  const isValid = (length: number): boolean =>
    [0, 1, 2, 3].some((cut) => isUtf8(bytes.subarray(0, Math.max(length - cut, 0))));
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (isValid(middle)) low = middle;
    else high = middle - 1;
  }
  while (low > 0 && !isUtf8(bytes.subarray(0, low))) low--;
  return low;
}
