/** Builds the next generation in a folder of its own: unchanged files as hard links, changed ones written anew. */
import { dirname, join } from "node:path";
import type { Key, Version } from "../../model.ts";
import { sure } from "../../sure.ts";
import { codeOf, type Disk, type Facts } from "./disk.ts";
import { namesBent } from "./failures.ts";
import { inParallel } from "./in-parallel.ts";
import { layOut } from "./key-path.ts";
import { scan, type Files } from "./scan.ts";
import { plainVersion, secretVersion } from "./versions.ts";

export interface NewFile {
  readonly key: Key;
  readonly text: string;
  readonly secret: boolean;
  /** Moment to stamp on a secret: its version. */
  readonly modified?: bigint;
}

export interface NextGeneration {
  /** Files of the old generation that stay as they are. */
  readonly kept: Files;
  readonly settings: readonly NewFile[];
  /** Keys of trueup's own records, and their texts once the versions of the settings are known. */
  readonly recordKeys: readonly Key[];
  readonly records: (versions: ReadonlyMap<Key, Version>) => readonly NewFile[];
}

/** Hard links are refused by some file systems, and by Linux for files of other users. */
const CANNOT_LINK = new Set<string | undefined>([
  "EPERM",
  "EACCES",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EMLINK",
  "EXDEV",
]);

/** Writes the whole generation into `folder`, which must not exist, and waits until the disk has it. Returns every new version. */
export async function stage(disk: Disk, folder: string, next: NextGeneration): Promise<ReadonlyMap<Key, Version>> {
  const keys = [...next.kept.keys(), ...next.settings.map((file) => file.key), ...next.recordKeys];
  const paths = new Map([...layOut(keys)].map(([key, path]) => [key, join(folder, path)]));
  const folders = await createFolders(disk, folder, paths.values());
  const pathOf = (key: Key): string => sure(paths.get(key), key);
  const versions = new Map<Key, Version>();
  const write = async (file: NewFile): Promise<void> => {
    const { secret, modified } = file;
    const options = { private: secret, ...(modified === undefined ? {} : { modified }) };
    const facts = await disk.write(pathOf(file.key), Buffer.from(file.text, "utf8"), options);
    versions.set(file.key, secret ? secretVersion(facts) : plainVersion(file.text));
  };
  await inParallel(next.kept, ([key, path]) => carryOver(disk, path, pathOf(key)));
  await inParallel(next.settings, write);
  await inParallel(next.records(versions), write);
  await inParallel(folders, (each) => disk.flush(each));
  await checkNames(disk, folder, paths);
  return versions;
}

/** Folders above the given files, parents first. A folder that exists already is one that the file system merged. */
async function createFolders(disk: Disk, root: string, paths: Iterable<string>): Promise<readonly string[]> {
  const folders = new Set([root]);
  for (const path of paths) {
    for (let folder = dirname(path); !folders.has(folder); folder = dirname(folder)) folders.add(folder);
  }
  const parentsFirst = [...folders].toSorted((a, b) => a.length - b.length);
  for (const folder of parentsFirst) await disk.createFolder(folder);
  return parentsFirst;
}

async function carryOver(disk: Disk, from: string, to: string): Promise<void> {
  try {
    await disk.link(from, to);
  } catch (error) {
    if (!CANNOT_LINK.has(codeOf(error))) throw error;
    await copy(disk, from, to);
  }
}

/** The copy has the same moment and the same rights: it is the same version of the key. */
async function copy(disk: Disk, from: string, to: string): Promise<void> {
  const found = await disk.read(from);
  if (found === undefined) throw Object.assign(new Error("file is gone"), { code: "ENOENT", path: from });
  const { modified, private: secret }: Facts = found.facts;
  await disk.write(to, found.bytes, { private: secret, modified });
}

/** Some file systems respell names, or take two for one, without a word. */
async function checkNames(disk: Disk, folder: string, paths: ReadonlyMap<Key, string>): Promise<void> {
  const found = await scan(disk, folder);
  for (const [key, path] of paths) if (found.get(key) !== path) throw namesBent(path);
  if (found.size !== paths.size) throw namesBent(folder);
}
