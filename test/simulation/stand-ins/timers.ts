/** `node:timers/promises` in a world. */
import { here } from "../platform.ts";

export function setTimeout(
  ms: number,
  _value?: unknown,
  options: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  return here().sleep(ms, options.signal);
}
