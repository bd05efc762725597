/** TU1018 and TU11xx: how layers override each other. */
import type { Code } from "../../problem.ts";
import type { Why } from "./words.ts";

export const LAYERS: { readonly [code in Extract<Code, "TU1018" | `TU11${string}`>]: Why } = {
  TU1018: {
    means: ["$remove drops a key that a lower layer gives. No lower layer gives this one, so nothing is dropped."],
    causes: "the key was already removed below; a spelling mistake, which means that the key you meant still lives",
    proceed: "correct the path, or drop it from the list",
    before: "$remove: [features.exprss_checkout]",
    after: "$remove: [features.express_checkout]",
  },
  TU1101: {
    means: [
      "The override says what the layer below says already. The next change below would silently not arrive here.",
    ],
    causes: "a value copied from base.yaml; a value that was promoted to base and left behind",
    proceed: "delete the line (trueup fmt does), unless it is meant to stay when the value below changes",
    before: "base.yaml: { ttl: 300 }   prod.yaml: { ttl: 300 }",
    after: "base.yaml: { ttl: 300 }   prod.yaml: {}",
  },
  TU1102: {
    means: ["The override has another type than the value it overrides, so the app gets a number here and text there."],
    causes: "quotes around a number; a list in place of one value; a map in place of text",
    proceed: "write the same type, or let the app's schema allow both",
    before: 'base.yaml: { port: 8080 }   prod.yaml: { port: "8080" }',
    after: "base.yaml: { port: 8080 }   prod.yaml: { port: 8080 }",
  },
};
