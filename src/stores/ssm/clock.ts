/** Time and chance, as the driver sees them. Tests bring a faster clock, and dice that always fall the same way. */

export interface Clock {
  /** Milliseconds; only differences mean anything. */
  now(): number;
  /** Ends early when `signal` aborts; whoever waits looks at the signal afterwards. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** From 0 up to, not including, 1. */
  random(): number;
}

export const realClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener("abort", done, { once: true });
    }),
  random: () => Math.random(),
};
