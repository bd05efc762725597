/**
 * Hostile values through everything a pull request shows: `npm run bench -- markdown [values]`, 100,000 if no number is
 * given. Each is app, key, value, file, reason and name of a place; a parser of GitHub's Markdown says what a reader
 * would get. Ends with 1 if anything is not as harmless as it must be.
 */
import { complaintsAbout, documentsWith, MORE } from "../attacks/documents.ts";
import { mix, seeded } from "../attacks/hostile.ts";

/** Values in one document. */
const TOGETHER = 50;

const n = Number(process.argv[2] ?? 100_000);
const random = seeded(7);
const found: string[] = [];
const took = { written: 0, read: 0 };
let documents = 0;
let characters = 0;
for (let done = 0; done < n; done += TOGETHER) {
  const values = Array.from(
    { length: Math.min(TOGETHER, n - done) },
    (_, i) => MORE[done + i] ?? (mix(random) || "empty"),
  ).map((text) => text || "empty");
  const start = performance.now();
  const all = documentsWith(values);
  const middle = performance.now();
  for (const one of all) {
    documents++;
    characters += one.text.length;
    found.push(...complaintsAbout(one).map((complaint) => `${JSON.stringify(values[0])}: ${complaint}`));
  }
  took.written += middle - start;
  took.read += performance.now() - middle;
}
for (const complaint of found.slice(0, 20)) process.stdout.write(`${complaint}\n`);
process.stdout.write(
  `${n} values, ${documents} documents, ${(characters / 1e6).toFixed(0)} million characters; ` +
    `written in ${(took.written / 1000).toFixed(1)} s, read in ${(took.read / 1000).toFixed(1)} s; ${found.length} complaints\n`,
);
process.exitCode = found.length === 0 ? 0 : 1;
