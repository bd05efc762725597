/** The canonical form and the texts of settings: equal values have equal texts, and a text gives its value back. */
import { canonicalJson, digest, sha256 } from "../../../src/canonical.ts";
import type { Plain } from "../../../src/model.ts";
import { decisionsOf, frozen, plainFrom, turned } from "../decisions.ts";
import { type FuzzTarget, must, mustEqual, textOf } from "../target.ts";

export const canonical: FuzzTarget = {
  name: "canonical",
  fresh: 4000,
  dictionary: ['{"a":', "[", "]", "1e21", "-0", '"\\ud800"', '"__proto__":', "\u2028", "1.0", "null"],
  seeds: ['{"b":1,"a":[true,null,"x"]}', "\x07\x03\x00\x02\x05\x01\x01", '{"10":1,"9":2,"a":{"c":{},"b":[]}}'],
  run(input) {
    for (const value of [plainFrom(decisionsOf(input)), jsonOf(textOf(input))]) {
      if (value === undefined) continue;
      frozen(value);
      const text = canonicalJson(value);
      mustEqual(plain(JSON.parse(text) as Plain), plain(value), "the text is JSON of the value");
      must(canonicalJson(JSON.parse(text) as Plain) === text, "once more changes nothing", text);
      must(canonicalJson(turned(value)) === text, "the order of keys does not matter", text);
      must(!/[\n\r]/u.test(text), "one line");
      must(/^[\w-]{22}$/u.test(digest(text)) && /^[0-9a-f]{64}$/u.test(sha256(text)), "digests");
    }
  },
};

function jsonOf(text: string): Plain | undefined {
  try {
    return JSON.parse(text) as Plain;
  } catch {
    return undefined;
  }
}

/** JSON has one zero. */
function plain(value: Plain): Plain {
  return JSON.parse(JSON.stringify(value)) as Plain;
}
