/** `canonical.ts` in a world: the real digests, each text once. The same few texts come again in every world. */
import * as real from "../../../src/canonical.ts";
import { remembered } from "../remembered.ts";

export const { canonicalJson } = real;
export const digest = remembered(real.digest);
export const sha256 = remembered(real.sha256);
