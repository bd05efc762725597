/** The store of a repo, past trueup: what it holds, and a hand in it. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { layOut } from "../../src/stores/directory/key-path.ts";
import type { SsmDouble } from "../stores/ssm-double/double.ts";
import type { LeakRepo } from "./repo.ts";
import { fakeStore } from "./stores.ts";

export interface LiveStore {
  /** Text of every key; none for a directory, whose files are searched as files. */
  contents(): ReadonlyMap<string, string>;
  /** Texts at keys that hold secrets. */
  secretTexts(keys: ReadonlySet<string>): string[];
  /** Writes a secret, in a directory only where one is. */
  handPut(key: string, text: string, keys: ReadonlySet<string>): void;
}

export function liveStore(repo: LeakRepo, folder: string, ssm: SsmDouble | undefined): LiveStore {
  if (repo.store === "directory") return directory(folder);
  const memory = fakeStore(String(repo.seed)).memory;
  const contents = (): ReadonlyMap<string, string> => ssm?.everything("/") ?? memory.contents();
  return {
    contents,
    secretTexts: (keys) => [...contents()].flatMap(([key, text]) => (keys.has(key) ? [text] : [])),
    handPut: (key, text) => (ssm ?? memory).handPut(key, text, { secret: true }),
  };
}

function directory(folder: string): LiveStore {
  const live = join(folder, ".trueup/live");
  const fileOf = (key: string, keys: ReadonlySet<string>): string => join(live, layOut(keys).get(key) ?? "");
  return {
    contents: () => new Map(),
    secretTexts: (keys) =>
      [...layOut(keys).values()].flatMap((path) => {
        const file = join(live, path);
        return existsSync(file) ? [readFileSync(file, "utf8")] : [];
      }),
    handPut: (key, text, keys) => {
      const file = fileOf(key, keys);
      if (existsSync(file)) writeFileSync(file, text);
    },
  };
}

/** The path below the store of a file in one of its generations; undefined for a file elsewhere. */
export function entryPath(path: string): string | undefined {
  return /^\.trueup\/live\.generations\/\d+\/(.*)$/u.exec(path)?.[1];
}

