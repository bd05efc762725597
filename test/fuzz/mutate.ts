/** New inputs from kept ones: bytes, pieces, words of a dictionary, and two inputs joined. */
import type { Random } from "../leaks/random.ts";

/** Bytes of an input, at most. */
export const LONGEST = 6000;

const BYTES = [
  0, 1, 7, 9, 10, 13, 27, 32, 34, 35, 39, 45, 46, 47, 58, 91, 92, 93, 96, 123, 124, 125, 127, 128, 160, 192, 224, 237,
  240, 255,
];
const NUMBERS = ["0", "-0", "1", "-1", "255", "65536", "9007199254740993", "1e400", "0x10", "NaN", ".inf"];

type Mutation = (input: Buffer, random: Random, dictionary: readonly string[], other: Buffer) => Buffer;

function spot(input: Buffer, random: Random): number {
  return random.int(input.length + 1);
}

function range(input: Buffer, random: Random): readonly [number, number] {
  const from = spot(input, random);
  return [from, Math.min(input.length, from + 1 + random.int(random.chance(0.8) ? 8 : 200))];
}

function replaced(input: Buffer, from: number, to: number, by: Buffer): Buffer {
  return Buffer.concat([input.subarray(0, from), by, input.subarray(to)]);
}

function word(random: Random, dictionary: readonly string[]): Buffer {
  return Buffer.from(dictionary[random.int(dictionary.length)] ?? "");
}

const MUTATIONS: readonly [Mutation, ...Mutation[]] = [
  (input, random) => {
    const at = spot(input, random);
    return replaced(input, at, at + 1, Buffer.from([(input[at] ?? 0) ^ (1 << random.int(8))]));
  },
  (input, random) => {
    const at = spot(input, random);
    return replaced(input, at, at + random.int(2), Buffer.from([BYTES[random.int(BYTES.length)] ?? 0]));
  },
  (input, random) => {
    const at = spot(input, random);
    return replaced(input, at, at + random.int(2), Buffer.from([random.int(256)]));
  },
  (input, random) => {
    const [from, to] = range(input, random);
    return replaced(input, from, to, Buffer.alloc(0));
  },
  (input, random) => {
    const [from, to] = range(input, random);
    const times = random.chance(0.9) ? 1 : 1 + random.int(60);
    return replaced(input, to, to, Buffer.concat(Array.from({ length: times }, () => input.subarray(from, to))));
  },
  (input, random) => {
    const [from, to] = range(input, random);
    const at = spot(input, random);
    return replaced(input, at, at, input.subarray(from, to));
  },
  (input, random, dictionary) => {
    const at = spot(input, random);
    return replaced(input, at, at, word(random, dictionary));
  },
  (input, random, dictionary) => {
    const [from, to] = range(input, random);
    return replaced(input, from, to, word(random, dictionary));
  },
  (input, random) => {
    const number = /-?\d+/u.exec(input.toString("latin1").slice(spot(input, random)));
    if (number === null) return input;
    const from = input.toString("latin1").indexOf(number[0]);
    return replaced(input, from, from + number[0].length, Buffer.from(NUMBERS[random.int(NUMBERS.length)] ?? "0"));
  },
  (input, random) => {
    const lines = input.toString("latin1").split("\n");
    const [a, b] = [random.int(lines.length), random.int(lines.length)];
    [lines[a], lines[b]] = [lines[b] ?? "", lines[a] ?? ""];
    return Buffer.from(lines.join("\n"), "latin1");
  },
  (input, random, _, other) =>
    Buffer.concat([input.subarray(0, spot(input, random)), other.subarray(spot(other, random))]),
  (input, random, _, other) => {
    const [from, to] = range(other, random);
    const at = spot(input, random);
    return replaced(input, at, at, other.subarray(from, to));
  },
];

/** One to a few changes, more seldom than few. */
export function mutated(input: Buffer, random: Random, dictionary: readonly string[], other: Buffer): Buffer {
  let result = input;
  do result = random.pick(MUTATIONS)(result, random, dictionary, other);
  while (random.chance(0.5));
  return result.length > LONGEST ? result.subarray(0, LONGEST) : result;
}
