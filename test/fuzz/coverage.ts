/** Which blocks of src/ ran, asked of V8 itself: no instrumentation, so what runs is what users run. */
import { readFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { pathToFileURL } from "node:url";

export interface Coverage {
  /** Blocks that ran since the last question. */
  taken(): Promise<readonly string[]>;
}

/** Starts to watch a bundle of esbuild, in which each module stands below a comment with its path. */
export async function watchBlocks(bundle: string): Promise<Coverage> {
  const ours = stretchesOf(readFileSync(bundle, "utf8"));
  const url = pathToFileURL(bundle).href;
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  const taken = async (): Promise<readonly string[]> => {
    const { result } = await session.post("Profiler.takePreciseCoverage");
    const script = result.find((one) => one.url === url);
    return (script?.functions ?? []).flatMap(({ ranges }) =>
      ranges.flatMap(({ startOffset, endOffset, count }) =>
        count > 0 && isIn(ours, startOffset) ? [`${startOffset}-${endOffset}`] : [],
      ),
    );
  };
  await taken();
  return { taken };
}

type Stretch = readonly [start: number, end: number];

/** Where the modules of src/ stand in the bundle, in order. */
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
