/** Which units of a commit may be written, and what exactly would change. */
import { Failure } from "../../failure.ts";
import type { Key, Version } from "../../model.ts";
import type { CommitEvent, Group, Write } from "../store.ts";
import type { Disk, Facts } from "./disk.ts";
import { keysMerge } from "./failures.ts";
import { foldsNames, mergedKeys } from "./folding.ts";
import type { RevisionChange } from "./history.ts";
import { limits } from "./limits.ts";
import type { Files } from "./scan.ts";
import type { NewFile } from "./stage.ts";
import { secretMoments, versionNow } from "./versions.ts";

export interface Checked {
  readonly group: Group;
  /** Why the unit is left out; undefined: it is written. */
  readonly event: CommitEvent | undefined;
  readonly files: readonly NewFile[];
  readonly changes: readonly RevisionChange[];
}

interface Guarded {
  readonly key: Key;
  readonly expected: Version | null;
}

interface Before {
  readonly facts?: Facts;
  readonly text?: string;
}

/** Checks every group against the files of the live generation. `probe` is a free path, to ask the file system about names. */
export async function checkGroups(
  disk: Disk,
  files: Files,
  groups: readonly Group[],
  probe: string,
  directory: string,
): Promise<Checked[]> {
  const momentFor = secretMoments(BigInt(Date.now()) * 1000n);
  const checked: Checked[] = [];
  for (const group of groups) checked.push(await checkGroup(disk, files, group, momentFor));
  return withoutMerged(disk, files, checked, probe, directory);
}

async function checkGroup(
  disk: Disk,
  files: Files,
  group: Group,
  momentFor: (old: Facts | undefined) => bigint,
): Promise<Checked> {
  const nothing = { group, files: [], changes: [] };
  const refusal = group.writes.map(refusalOf).find((failure) => failure !== undefined);
  if (refusal !== undefined)
    return { ...nothing, event: { kind: "failed", unit: group.unit, failure: refusal, written: [] } };

  const moved: Key[] = [];
  const look = async ({ key, expected }: Guarded): Promise<Before> => {
    const now = await versionNow(disk, files.get(key), expected);
    if (now.version !== expected) moved.push(key);
    return now;
  };
  const looked: { readonly write: Write; readonly before: Before }[] = [];
  for (const write of group.writes) looked.push({ write, before: await look(write) });
  await look(group.ledger);
  if (moved.length > 0) return { ...nothing, event: { kind: "moved", unit: group.unit, keys: moved } };

  const previous = group.ledger.previous?.settings;
  return {
    group,
    event: undefined,
    files: looked.flatMap(({ write, before }) => fileOf(write, before.facts, momentFor)),
    changes: looked.flatMap(({ write, before }) => changeOf(write, before, previous?.get(write.key)?.secret === true)),
  };
}

function refusalOf(write: Write): Failure | undefined {
  if (write.kind === "delete") return undefined;
  const text = typeof write.text === "string" ? write.text : undefined;
  const refused = limits.refuses(write, text);
  return refused && new Failure("LIMIT", `${write.key}: ${refused.message}.`, { fix: refused.fix });
}

function fileOf(write: Write, old: Facts | undefined, momentFor: (old: Facts | undefined) => bigint): NewFile[] {
  if (write.kind === "delete") return [];
  const text = typeof write.text === "string" ? write.text : write.text.reveal();
  return [{ key: write.key, text, secret: write.secret, ...(write.secret ? { modified: momentFor(old) } : {}) }];
}

/** What goes into the history: no text of a key that is a secret, was one, or is marked as one. */
function changeOf(write: Write, before: Before, wasSecret: boolean): RevisionChange[] {
  const after = write.kind === "put" && typeof write.text === "string" ? write.text : undefined;
  const sealed = write.kind === "put" && (write.secret || after === undefined);
  const secret = sealed || wasSecret || before.facts?.private === true;
  const kind = write.kind === "delete" ? "delete" : write.expected === null ? "create" : "update";
  if (secret) return [{ key: write.key, kind, secret }];
  if (kind === "update" && before.text === after) return [];
  return [
    {
      key: write.key,
      kind,
      secret,
      ...(before.text === undefined ? {} : { before: before.text }),
      ...(after === undefined ? {} : { after }),
    },
  ];
}

/** Leaves out units whose keys the file system would take for others. It is asked only where names come that close. */
async function withoutMerged(
  disk: Disk,
  files: Files,
  checked: readonly Checked[],
  probe: string,
  directory: string,
): Promise<Checked[]> {
  const accepted = checked.filter((each) => each.event === undefined);
  const gone = new Set(accepted.flatMap(({ group }) => group.writes.map((write) => write.key)));
  const present = [...files.keys()].filter((key) => !gone.has(key));
  const added = accepted.flatMap((each) => each.files.map((file) => file.key));
  if (mergedKeys(present, added).length === 0 || !(await foldsNames(disk, probe))) return [...checked];
  return checked.map((each) => {
    if (each.event !== undefined) return each;
    const own = each.files.map((file) => file.key);
    const merged = mergedKeys(present, own);
    if (merged.length === 0) {
      present.push(...own);
      return each;
    }
    present.push(...each.group.writes.map((write) => write.key).filter((key) => files.has(key)));
    const failure = keysMerge(merged, directory);
    return { ...each, files: [], changes: [], event: { kind: "failed", unit: each.group.unit, failure, written: [] } };
  });
}
