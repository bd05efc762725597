/** Files in flight at once: enough to keep a disk busy, few enough for any limit of open files. */
const WIDTH = 16;

/** Does the work for every item, several at a time. After an error nothing new is begun, and it is thrown once all is still. */
export async function inParallel<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  const errors: unknown[] = [];
  const workFrom = async (first: IteratorResult<T>): Promise<void> => {
    for (let next = first; next.done !== true && errors.length === 0; next = rest.next()) {
      await work(next.value).catch((error: unknown) => void errors.push(error));
    }
  };
  const workers: Promise<void>[] = [];
  for (let next = rest.next(); next.done !== true; next = rest.next()) {
    workers.push(workFrom(next));
    if (workers.length === WIDTH) break;
  }
  await Promise.all(workers);
  if (errors.length > 0) throw errors[0];
}
