/** `node:crypto` for the directory store, which names temporary folders by chance. */
import { here } from "../platform.ts";

export function randomBytes(length: number): { toString(encoding: "hex"): string } {
  const { dice } = here().actor;
  return { toString: () => Array.from({ length }, () => dice.below(256).toString(16).padStart(2, "0")).join("") };
}
