/** `node:os` in a world: everybody runs on one machine. */
export function hostname(): string {
  return "simulated";
}
