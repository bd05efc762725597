/** Parameters by exact name, ten a call. */
import type { Parameter } from "@aws-sdk/client-ssm";
import { Failure } from "../../failure.ts";
import type { Key, Version } from "../../model.ts";
import { sure } from "../../sure.ts";
import type { Client } from "./client.ts";
import { versionOf } from "./version.ts";

/** A parameter as it stands. */
export interface Seen {
  readonly key: Key;
  readonly number: number;
  readonly version: Version;
  readonly secret: boolean;
  /** Of a secret: cipher text, unless decryption was asked for. */
  readonly text: string;
}

/** Names in one call (GetParameters, service model, seen 2026-11). */
const BATCH = 10;

export function seenOf(parameter: Parameter): Seen {
  const { Name: key = "", Value: text = "", Type: type } = parameter;
  return { key, ...versionOf(parameter), secret: type === "SecureString", text };
}

/** What exists of `keys`; the rest is absent. Throws if SSM answers about only some of them. */
export async function look(
  client: Client,
  keys: readonly Key[],
  decrypt: boolean,
  signal?: AbortSignal,
): Promise<Map<Key, Seen>> {
  const names = [...new Set(keys)];
  const batches = Array.from({ length: Math.ceil(names.length / BATCH) }, (_, n) =>
    names.slice(n * BATCH, (n + 1) * BATCH),
  );
  const found = await Promise.all(batches.map((batch) => lookOnce(client, batch, decrypt, signal)));
  return new Map(found.flat().map((seen) => [seen.key, seen]));
}

async function lookOnce(
  client: Client,
  batch: readonly Key[],
  decrypt: boolean,
  signal?: AbortSignal,
): Promise<readonly Seen[]> {
  const subject = `read ${sure(batch[0], "a name")}${batch.length > 1 ? ` and ${batch.length - 1} more` : ""}`;
  const input = { Names: [...batch], WithDecryption: decrypt };
  const { Parameters = [], InvalidParameters = [] } = await client.ask("GetParameters", input, subject, signal);
  const answered = new Set([...Parameters.map(({ Name }) => Name), ...InvalidParameters]);
  const forgotten = batch.find((key) => !answered.has(key));
  if (forgotten !== undefined)
    throw new Failure(
      "INCOMPLETE",
      `SSM said nothing about ${forgotten}, neither that it exists nor that it does not.`,
      {
        fix: "Run the command again. If it stays so, check connection.endpoint.",
      },
    );
  return Parameters.map(seenOf);
}

/** One older or newer version of a parameter; undefined if SSM keeps it no more. */
export async function lookAtVersion(
  client: Client,
  key: Key,
  number: number,
  decrypt: boolean,
): Promise<Seen | undefined> {
  const input = { Names: [`${key}:${number}`], WithDecryption: decrypt };
  const { Parameters = [] } = await client.ask("GetParameters", input, `read version ${number} of ${key}`);
  const [parameter] = Parameters;
  return parameter === undefined ? undefined : seenOf(parameter);
}
