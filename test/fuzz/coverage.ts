/** Which blocks of src/ ran, asked of V8 itself: no instrumentation, so what runs is what users run. */
import { readFileSync, readdirSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

type Stretch = readonly [start: number, end: number];

/** A function that ran, and the stretches of it that did not. */
export interface Ran {
  readonly id: string;
  readonly missed: readonly Stretch[];
}

export interface Coverage {
  /** What ran since the last question. */
  taken(): Promise<readonly Ran[]>;
}

/** Starts to watch the bundles of esbuild in a folder, in which each module stands below a comment with its path. */
export async function watchBlocks(folder: string): Promise<Coverage> {
  const ours = new Map(
    readdirSync(folder)
      .filter((name) => name.endsWith(".mjs"))
      .map((name) => join(folder, name))
      .map((path) => [pathToFileURL(path).href, stretchesOf(readFileSync(path, "utf8"))]),
  );
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  const taken = async (): Promise<readonly Ran[]> => {
    const { result } = await session.post("Profiler.takePreciseCoverage");
    return result.flatMap(({ url, functions }) => {
      const stretches = ours.get(url) ?? [];
      return functions.flatMap(({ ranges: [whole, ...inner] }): Ran[] => {
        if (whole === undefined || whole.count === 0 || !isIn(stretches, whole.startOffset)) return [];
        const missed = inner.filter(({ count }) => count === 0);
        return [
          {
            id: `${url}:${whole.startOffset}-${whole.endOffset}`,
            missed: missed.map(({ startOffset, endOffset }) => [startOffset, endOffset]),
          },
        ];
      });
    });
  };
  await taken();
  return { taken };
}

export interface Reached {
  /** True if something ran that had not before. */
  add(ran: readonly Ran[]): boolean;
  /** Functions that ran, and blocks of them that were missed at first. */
  count(): number;
}

/** What ran so far. V8 joins neighbouring blocks, so what is compared are the places that nothing has run yet. */
export function makeReached(): Reached {
  const missed = new Map<string, readonly Stretch[]>();
  const blocks = new Set<string>();
  return {
    add(ran) {
      let isNew = false;
      for (const one of ran) {
        const before = missed.get(one.id);
        const after = before === undefined ? one.missed : common(before, one.missed);
        if (before === undefined || length(after) < length(before)) {
          isNew = true;
          missed.set(one.id, after);
          for (const [start] of before ?? [])
            if (!after.some(([other]) => other === start)) blocks.add(`${one.id} ${start}`);
        }
      }
      return isNew;
    },
    count: () => missed.size + blocks.size,
  };
}

function common(a: readonly Stretch[], b: readonly Stretch[]): Stretch[] {
  return a.flatMap(([start, end]) =>
    b.flatMap(([from, to]): Stretch[] => {
      const [low, high] = [Math.max(start, from), Math.min(end, to)];
      return low < high ? [[low, high]] : [];
    }),
  );
}

function length(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, [start, end]) => sum + end - start, 0);
}

/** Where the modules of src/ stand in a bundle, in order. */
function stretchesOf(bundle: string): Stretch[] {
  const heads = [...bundle.matchAll(/^\/\/ (\S+\.\w+)$/gmu)];
  return heads.flatMap(({ index, 1: path = "" }, i): Stretch[] =>
    path.startsWith("src/") ? [[index, heads[i + 1]?.index ?? bundle.length]] : [],
  );
}

function isIn(stretches: readonly Stretch[], offset: number): boolean {
  let [low, high] = [0, stretches.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [start, end] = stretches[middle] ?? [0, 0];
    if (offset < start) high = middle - 1;
    else if (offset >= end) low = middle + 1;
    else return true;
  }
  return false;
}
