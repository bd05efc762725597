/** The leak test can fail: every kind of canary is found in every encoding it is planted in, and nowhere else. */
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { CANARY_KINDS, type Canary, canaryOf } from "./canary.ts";
import { detectorOf } from "./detector.ts";
import { ENCODINGS } from "./encodings.ts";
import { randomOf } from "./random.ts";

const NOISE = `2026-11-21T12:00:00Z 0123456789abcdef orders@prod.east:database.pool.max 10 -> 20 (secret) • `.repeat(
  40,
);
const canaries: readonly Canary[] = CANARY_KINDS.map((kind, index) => canaryOf(kind, randomOf(7 + index), kind));
const detector = detectorOf([
  ...canaries,
  ...CANARY_KINDS.map((kind) => canaryOf(`other ${kind}`, randomOf(99), kind)),
]);

const planted = (form: string): string[] => [
  ...new Set(detector.search(`${NOISE}[${form}]${NOISE}`).map(({ canary }) => canary.role)),
];

describe.each(CANARY_KINDS.map((kind, index) => [kind, canaries[index] as Canary] as const))(
  "a secret: %s",
  (_, canary) => {
    it.each(ENCODINGS.map(({ name, forms }) => [name, forms] as const))("is found as %s", (_name, forms) => {
      for (const form of forms(canary.text)) expect(planted(form)).toEqual([canary.role]);
    });

    it("is found in capitals, over several lines, in a frame and with colours", () => {
      const wrapped = canary.text.replace(/(.{3})/gu, "$1\n │ ");
      const coloured = canary.text.replace(/(.{3})/gu, "$1\u001b[31m");
      for (const form of [canary.text.toUpperCase(), canary.text.toLowerCase(), wrapped, coloured])
        expect(planted(form)).toEqual([canary.role]);
    });

    it("is found compressed, in a file and inside a text", () => {
      const text = Buffer.from(`${NOISE}${canary.text}`);
      for (const pack of [gzipSync, deflateSync, brotliCompressSync]) {
        const found = detector.searchBytes(pack(text)).map((each) => each.canary.role);
        expect(new Set(found)).toEqual(new Set([canary.role]));
      }
      for (const pack of [gzipSync, deflateSync])
        expect(planted(` ${pack(text).toString("base64")} `)).toEqual([canary.role]);
      expect(planted(gzipSync(text).toString("hex"))).toEqual([canary.role]);
    });

    it("is found by eight characters at its beginning, in its middle and at its end; a number or a long text by more", () => {
      for (const core of canary.cores) {
        const width = canary.kind === "numeric" ? 13 : canary.kind === "long" ? 12 : 8;
        const middle = core.length > 320 ? 80 : Math.floor(core.length / 2) - 4;
        for (const piece of [core.slice(0, width), core.slice(-width), core.slice(Math.max(0, middle), middle + width)])
          if (piece.length >= Math.min(width, core.length)) expect(planted(piece)).toEqual([canary.role]);
      }
    });

    it.skipIf(canary.kind === "short")("is found by its length: in words, as a mark, as columns", () => {
      const { length } = canary.text;
      const bytes = Buffer.byteLength(canary.text);
      const told = [
        `db_password (${bytes} bytes)`,
        `has ${length.toLocaleString("en")} characters`,
        `"length": ${length}`,
      ];
      const wide = [
        ` ${"•".repeat(length)} `,
        ` ${"─".repeat(length + 2)} `,
        `· ${"─".repeat(8)}┬${"─".repeat(length - 9)}`,
        `"column": 5, "endLine": 3, "endColumn": ${5 + length}`,
        `col=3,endColumn=${5 + length}`,
      ];
      for (const text of length < 100 ? told : [...told, ...wide])
        expect([text, planted(text)]).toEqual([text, expect.arrayContaining([canary.role])]);
    });
  },
);

it("knows at least the sixteen encodings that were promised", () => {
  const more = ["case", "line breaks", "compression", "pieces of eight", "length"];
  expect(ENCODINGS.length + more.length).toBeGreaterThanOrEqual(16);
  expect(new Set(ENCODINGS.map(({ name }) => name)).size).toBe(ENCODINGS.length);
});

it("finds nothing where nothing is", () => {
  expect(detector.search(NOISE)).toEqual([]);
  const random = randomOf(3);
  const text = Array.from({ length: 2000 }, () => `${random.text(64)} ${random.digits(20)}`).join("\n");
  expect(detector.search(text)).toEqual([]);
  expect(detector.search("(secret)".repeat(1000))).toEqual([]);
});
