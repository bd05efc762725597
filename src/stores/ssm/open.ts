/** Opens the store, as the role of plans or as that of applies. */
import type { Purpose, Store } from "../store.ts";
import type { Client } from "./client.ts";
import { openClient } from "./client.ts";
import { realClock } from "./clock.ts";
import type { Clock } from "./clock.ts";
import { commit } from "./commit.ts";
import type { Options } from "./options.ts";
import { read } from "./read.ts";
import { rightsOf } from "./rights.ts";

/**
 * A store over options that are complete already. Loads the SDK, and connects when it is first used. Opened for an
 * apply, it does everything in the role for applies: the job of an apply need not be trusted with the one for plans.
 */
export async function openSsm(options: Options, purpose: Purpose = "plan", clock: Clock = realClock): Promise<Store> {
  const reader = await openClient(options, purpose, clock);
  const isOneRole = options.role[purpose] === options.role.apply;
  let writer: Promise<Client> | undefined;
  const write = (): Promise<Client> =>
    (writer ??= isOneRole ? Promise.resolve(reader) : openClient(options, "apply", clock));
  const ready = (): Promise<Client> => Promise.resolve(reader);
  return {
    read: (query, signal) =>
      withClient(query.secrets === "values" ? write : ready, (client) => read(client, query, signal)),
    commit: (head, groups, signal) => withClient(write, (client) => commit(client, head, groups, signal)),
    async rights(query, signal) {
      return rightsOf(reader, isOneRole ? undefined : await write(), query, signal);
    },
    async close() {
      reader.close();
      if (writer !== undefined) (await writer).close();
    },
  };
}

async function* withClient<T>(
  open: () => Promise<Client>,
  use: (client: Client) => AsyncIterable<T>,
): AsyncGenerator<T> {
  yield* use(await open());
}
