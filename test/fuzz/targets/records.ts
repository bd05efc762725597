/** Heads and ledger records that anybody with access to the store may have written: understood whole, or refused. */
import { isFailure } from "../../../src/failure.ts";
import { decodeHead, decodeLedger, encodeHead, encodeLedger } from "../../../src/stores/records.ts";
import { pack, rootOf, unpack } from "../../../src/stores/ssm/packed.ts";
import { type FuzzTarget, must, mustEqual, textOf } from "../target.ts";

const KEY = "/cfg/.trueup/units/orders";

export const records: FuzzTarget = {
  name: "records",
  fresh: 3000,
  dictionary: [
    '"format":1',
    '"generation":',
    '"settings":{',
    '"pending":{',
    '"prefix":"/cfg/"',
    '"@"',
    '{"d":"x","v":"1"}',
    '{"s":1}',
    '"m":{"a":0}',
    '"r":{"a":"1"}',
    '"p":"@"',
    '"__proto__":',
    "null",
    "0",
    "{}",
    "[]",
    "trueup:packed:1 2 even 0123456789ab ",
    "state",
    "applying",
    "ready",
  ],
  seeds: [
    '{"format":1,"generation":3,"commit":"4f2c1aa","applyId":"a-1","plan":"p-1","state":"ready","at":"2026","by":"eva","tool":"1"}',
    '{"format":1,"unit":"orders@prod","commit":null,"apply":"a","prefix":"/cfg/prod/","settings":{"a":"digest","b":{"d":"x","v":"7","s":1,"p":"@","r":{"x":"2026"},"m":{"k":0,"l":"d"}}},"pending":{"c":0,"d":"z"}}',
    "trueup:packed:1 0 even 0123456789ab H4sIAAAAAAAAA6tWKkstKs7Mz1OyUlAqKMrMK1GyMtJRSsvPL1ayUqrlAgBNbl2aHwAAAA==",
  ],
  run(input) {
    const text = textOf(input);
    const head = unlessCorrupt(() => decodeHead(text, KEY));
    if (head !== undefined)
      mustEqual(
        decodeHead(encodeHead(head), KEY),
        { ...head, generation: head.generation + 0 },
        "a head comes back as it was written",
      );
    const ledger = unlessCorrupt(() => decodeLedger(text, KEY, "99"));
    if (ledger !== undefined) {
      // Versions stand for themselves from here on.
      const once = decodeLedger(encodeLedger(ledger), KEY, "99");
      mustEqual(decodeLedger(encodeLedger(once), KEY, "99"), once, "a record comes back as it was written");
      mustEqual([...once.settings.keys()].toSorted(), [...ledger.settings.keys()].toSorted(), "with the same keys");
      mustEqual(
        [...once.settings.values()].map(({ secret }) => secret).filter(Boolean).length,
        [...ledger.settings.values()].filter(({ secret }) => secret).length,
        "as many secrets",
      );
    }
    const root = rootOf(KEY, text);
    if (root !== undefined) {
      must(root.parts.length <= 9999, "a number of parts that can be read");
      unpack(root, new Map(root.parts.map((part) => [part, `${root.tag} ${text}`])));
    }
    const packing = pack(KEY, text.repeat(40), input.length);
    const own = rootOf(KEY, packing.root);
    if (own !== undefined)
      must(
        unpack(own, new Map(packing.parts.map((part) => [part.key, part.text]))) === text.repeat(40),
        "a packed record unpacks",
      );
    must(
      [packing.root, ...packing.parts.map((part) => part.text)].every((part) => Buffer.byteLength(part) <= 4096),
      "no part over 4 KB",
    );
  },
};

function unlessCorrupt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    must(
      isFailure(error) && error.code === "CORRUPT" && error.message.includes(KEY),
      "refused, naming the key",
      String(error),
    );
    return undefined;
  }
}
