/** A write that went over somebody else's: noticed by the version that came back, and told with both names. */
import { Failure } from "../../failure.ts";
import type { Key, UnitId } from "../../model.ts";
import { sure } from "../../sure.ts";
import type { Client } from "./client.ts";
import { lookAtVersion } from "./look.ts";

export interface Race {
  readonly key: Key;
  /** Number of our version; theirs is the one before. */
  readonly number: number;
}

/** False if the version in between says the same as the one that was read: nothing is lost then. */
export async function isLoss(client: Client, race: Race, before: string | undefined): Promise<boolean> {
  if (before === undefined) return true;
  const between = await lookAtVersion(client, race.key, race.number - 1, false);
  return between?.text !== before;
}

/** The failure of a unit that was written, over changes made in the same moment. */
export async function overtaken(client: Client, unit: UnitId, races: readonly Race[]): Promise<Failure> {
  const details: string[] = [];
  for (const race of races.slice(0, 10)) details.push(await tell(client, race));
  const first = sure(races[0], "a race");
  return new Failure(
    "MOVED",
    `${unit} was written, over a change that somebody made in the same moment: ${races.map(({ key }) => key).join(", ")}.`,
    {
      fix: `Their value is still in the history: aws ssm get-parameter --name ${first.key}:${first.number - 1}. If it was right, put it into Git.`,
      details,
    },
  );
}

async function tell(client: Client, { key, number }: Race): Promise<string> {
  const writers = await writersOf(client, key);
  const by = (version: number): string => {
    const writer = writers.get(version);
    return writer === undefined ? "" : ` by ${writer}`;
  };
  return `${key}: version ${number - 1}${by(number - 1)} was replaced by version ${number}${by(number)}`;
}

/** Who wrote each version (an ARN), as far as SSM tells: the right to see the history may be missing. */
async function writersOf(client: Client, key: Key): Promise<ReadonlyMap<number, string>> {
  const writers = new Map<number, string>();
  try {
    let token: string | undefined;
    do {
      const input = {
        Name: key,
        WithDecryption: false,
        MaxResults: 50,
        ...(token === undefined ? {} : { NextToken: token }),
      };
      const page = await client.ask("GetParameterHistory", input, `read the history of ${key}`);
      for (const { Version, LastModifiedUser } of page.Parameters ?? [])
        if (Version !== undefined && LastModifiedUser !== undefined) writers.set(Version, LastModifiedUser);
      // The last token may be empty instead of absent.
      token = page.NextToken === "" ? undefined : page.NextToken;
    } while (token !== undefined);
  } catch {
    // What is told without names is true as well.
  }
  return writers;
}
