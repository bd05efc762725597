/** Runs tasks side by side and hands on what they emit, as it comes. */
import { sure } from "../../sure.ts";

/**
 * At most `width` tasks run at once. The first that throws ends the iteration with its error, once those that run have
 * ended too; no further one is started then.
 */
export async function* pool<T>(
  tasks: readonly ((emit: (item: T) => void) => Promise<void>)[],
  width: number,
): AsyncGenerator<T> {
  const items: T[] = [];
  const failures: unknown[] = [];
  let next = 0;
  let running = 0;
  let isStopped = false;
  let wake: (() => void) | undefined;
  const emit = (item: T): void => {
    items.push(item);
    wake?.();
  };
  const isOpen = (): boolean => running < width && next < tasks.length && failures.length === 0 && !isStopped;
  const isOver = (): boolean => running === 0 && items.length === 0;
  const start = (): void => {
    while (isOpen()) {
      const task = sure(tasks[next++], "a task");
      running++;
      task(emit)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => {
          running--;
          start();
          wake?.();
        });
    }
  };
  try {
    start();
    while (!isOver()) {
      const item = items.shift();
      if (item !== undefined) yield item;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    isStopped = true;
  }
  if (failures.length > 0) throw failures[0];
}
