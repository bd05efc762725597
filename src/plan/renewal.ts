/** What makes trueup write a secret although Git says the same of it: its source moved, or its value is made anew. */
import type { Key, LedgerEntry, Live, Member, MemberChange, SecretId, SourceMove, Version } from "../model.ts";
import { secretsIn } from "../secret.ts";

export interface Renewal {
  /** True if a source of the member moved. A source that is gone moves nothing: what was taken from it stays. */
  readonly isMoved: (member: Member) => boolean;
  /** True if the apply makes up a value for a secret of it. */
  readonly isMade: (member: Member) => boolean;
  /** What a change of the member says about it. */
  readonly facts: (member: Member) => Pick<MemberChange, "made" | "sources">;
  /** For the ledger: versions that the sources have now. */
  readonly versions: (members: readonly Member[]) => ReadonlyMap<Key, Version>;
}

/**
 * `sources` are the unit's, `live` their versions (undefined: no store was asked), `makes` knows the secrets that get a
 * new value.
 */
export function renewalOf(
  sources: ReadonlyMap<SecretId, Key>,
  live: Live["sources"],
  applied: LedgerEntry | undefined,
  makes: (secret: SecretId) => boolean,
): Renewal {
  const keysOf = (member: Member): Key[] => [
    ...new Set(secretsIn(member.value).flatMap((id) => sources.get(id) ?? [])),
  ];
  const movesOf = (member: Member): SourceMove[] =>
    live === undefined
      ? []
      : keysOf(member)
          .map((key): SourceMove => ({ key, from: applied?.sources?.get(key), to: live.get(key) }))
          .filter(({ from, to }) => from !== to);
  const isMade = (member: Member): boolean => secretsIn(member.value).some(makes);
  return {
    isMoved: (member) => movesOf(member).some(({ to }) => to !== undefined),
    isMade,
    facts: (member) => {
      const moves = movesOf(member);
      return { ...(isMade(member) ? { made: true as const } : {}), ...(moves.length === 0 ? {} : { sources: moves }) };
    },
    versions: (members) =>
      new Map(
        members.flatMap(keysOf).flatMap((key) => {
          const version = live?.get(key);
          return version === undefined ? [] : [[key, version] as const];
        }),
      ),
  };
}
