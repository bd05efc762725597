/** The store of a repo, past trueup: what it holds, and a hand in it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SsmDouble } from "../stores/ssm-double/double.ts";
import { filesBelow } from "./files.ts";
import type { LeakRepo } from "./repo.ts";
import { fakeStore } from "./stores.ts";

/** What the test knows of the mapping by itself: in which keys there may be secrets. */
const SECRET_KEY =
  /^\/(?:platform\/|closed\/|cfg\/(?:dev|prod)(?:\/(?:east|west))?\/(?:orders|cart|fresh)\/(?:cred(?:$|\/(?!user$))|again|files|open|all$))/u;

export function mayHoldSecret(key: string): boolean {
  return SECRET_KEY.test(key) && !key.includes("/.trueup/");
}

export interface LiveStore {
  /** Text of every key; none for a directory, whose files are searched as files. */
  contents(): ReadonlyMap<string, string>;
  /** Those that may hold secrets. */
  secrets(): Map<string, string>;
  /** Writes a secret; in a directory, over what is there. */
  handPut(key: string, text: string): void;
}

export function liveStore(repo: LeakRepo, folder: string, ssm: SsmDouble | undefined): LiveStore {
  if (repo.store === "directory") return directory(folder);
  const memory = fakeStore(String(repo.seed)).memory;
  const contents = (): ReadonlyMap<string, string> => ssm?.everything("/") ?? memory.contents();
  return {
    contents,
    secrets: () => new Map([...contents()].filter(([key]) => mayHoldSecret(key))),
    handPut: (key, text) => (ssm ?? memory).handPut(key, text, { secret: true }),
  };
}

/** Keys of generated repos are paths as they are. */
function directory(folder: string): LiveStore {
  const live = join(folder, ".trueup/live");
  return {
    contents: () => new Map(),
    secrets: () =>
      new Map(
        filesBelow(live)
          .map((path) => `/${path}`)
          .filter(mayHoldSecret)
          .map((key) => [key, readFileSync(join(live, key), "utf8")]),
      ),
    handPut: (key, text) => writeFileSync(join(live, key), text),
  };
}

/** The key of a file in one of a directory's generations; undefined for a file elsewhere. */
export function keyOfFile(path: string): string | undefined {
  return /^\.trueup\/live\.generations\/\d+(\/.*)$/u.exec(path)?.[1];
}
