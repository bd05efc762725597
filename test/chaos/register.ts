/**
 * Is the history of one key that of a register? Wing and Gong's search: some order of the operations, each at one instant
 * between its call and its answer, must explain every read. Values are written once each, which keeps the search small.
 */

export interface Operation {
  readonly kind: "read" | "write";
  /** Undefined: there was no such key. */
  readonly value: string | undefined;
  /** Milliseconds of one clock; a write whose answer never came ends at Infinity, and may never have happened. */
  readonly from: number;
  readonly to: number;
}

/** True if some order explains the history, beginning with a key that has `first`. */
export function isRegister(history: readonly Operation[], first: string | undefined): boolean {
  const operations = bounded(history).toSorted((a, b) => a.from - b.from);
  const refuted = new Set<string>();
  // Deep histories would overflow the stack, so the search keeps its own.
  const stack: { readonly done: ReadonlySet<number>; readonly start: number; readonly value: string | undefined }[] = [
    { done: new Set(), start: 0, value: first },
  ];
  for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
    let { start } = state;
    while (state.done.has(start)) start++;
    if (start >= operations.length) return true;
    const ahead = [...state.done].filter((n) => n >= start).toSorted((a, b) => a - b);
    const name = `${start} ${ahead.join(",")} ${state.value}`;
    if (refuted.has(name)) continue;
    refuted.add(name);
    // Next can only be what was called before the first answer of all that are left.
    let until = Infinity;
    const candidates: number[] = [];
    for (let n = start; n < operations.length && (operations[n]?.from ?? Infinity) <= until; n++) {
      if (state.done.has(n)) continue;
      candidates.push(n);
      until = Math.min(until, operations[n]?.to ?? Infinity);
    }
    for (const n of candidates) {
      const operation = operations[n];
      if (operation === undefined || operation.from > until) continue;
      if (operation.kind === "read" && operation.value !== state.value) continue;
      stack.push({ done: new Set([...ahead, n]), start, value: operation.value });
    }
  }
  return false;
}

/**
 * A write without an answer that nobody ever read may be left out: if it happened, then last. One that was read happened
 * before that read ended.
 */
function bounded(history: readonly Operation[]): Operation[] {
  const read = new Map<string | undefined, number>();
  for (const { kind, value, to } of history)
    if (kind === "read") read.set(value, Math.min(read.get(value) ?? Infinity, to));
  return history.flatMap((operation) => {
    if (operation.kind === "read" || operation.to !== Infinity) return [operation];
    const seen = read.get(operation.value);
    return seen === undefined ? [] : [{ ...operation, to: seen }];
  });
}
