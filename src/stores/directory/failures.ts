/** Every way in which a directory store can fail, in words. Each message names the path it is about. */
import { Failure, isFailure, type FailureCode } from "../../failure.ts";
import type { Key } from "../../model.ts";
import { codeOf } from "./disk.ts";

const CODES: Readonly<Record<string, { readonly code: FailureCode; readonly what: string; readonly fix: string }>> = {
  ENOSPC: { code: "FULL", what: "the disk is full", fix: "Make room, then run it again." },
  EDQUOT: { code: "FULL", what: "the disk quota is used up", fix: "Make room, then run it again." },
  EACCES: denied("this user may not"),
  EPERM: denied("the system does not allow it"),
  EROFS: denied("the file system is read-only"),
  ENAMETOOLONG: {
    code: "LIMIT",
    what: "the path is too long for this file system",
    fix: "Shorten the names in the key, or the path of the folder.",
  },
  EMFILE: { code: "LIMIT", what: "too many files are open", fix: "Raise the limit of open files (ulimit -n)." },
  ENFILE: { code: "LIMIT", what: "too many files are open", fix: "Raise the limit of open files of the system." },
  EFBIG: { code: "LIMIT", what: "the file is too large to be a value", fix: "Move the file out of the store." },
  EEXIST: {
    code: "LIMIT",
    what: "the file system takes two names of the store for one, or somebody else writes there",
    fix: "Rename one of two keys that differ only in case or accents, or use a file system that tells them apart.",
  },
  ENOENT: gone("something there disappeared meanwhile"),
  ENOTEMPTY: gone("something there changed meanwhile"),
  EISDIR: gone("something there changed meanwhile"),
  ENOTDIR: {
    code: "MISSING",
    what: "a part of the path is a file, not a folder",
    fix: "Correct connection.directory, or move that file out of the way.",
  },
  EXDEV: {
    code: "LIMIT",
    what: "the link and its generations are on different file systems",
    fix: "Keep the folder and the .generations folder beside it on one file system.",
  },
  ELOOP: { code: "CORRUPT", what: "a symbolic link is in the way", fix: "Remove the link, then run it again." },
  EAGAIN: gone("the file is being written all the time"),
  EBUSY: {
    code: "DENIED",
    what: "it is in use, perhaps as a mount point",
    fix: "Name a folder inside the mount in connection.directory.",
  },
};

function denied(what: string): { code: FailureCode; what: string; fix: string } {
  return { code: "DENIED", what, fix: "Give the user that runs trueup read and write access to the folder around it." };
}

function gone(what: string): { code: FailureCode; what: string; fix: string } {
  return { code: "INCOMPLETE", what, fix: "Wait until nobody else changes the folder, then run it again." };
}

/** A failure out of whatever was thrown while working on the store in `directory`. */
export function asFailure(error: unknown, directory: string): Failure {
  if (isFailure(error)) return error;
  const code = codeOf(error);
  const known = code === undefined ? undefined : CODES[code];
  const path = (error as { readonly path?: unknown } | null)?.path;
  const where = typeof path === "string" ? path : directory;
  const about = where === directory ? "" : ` (directory store ${directory})`;
  if (known !== undefined)
    return new Failure(known.code, `${where}: ${known.what}${about}.`, { fix: known.fix, cause: error });
  return new Failure("UNREACHABLE", `${where} cannot be used: ${code ?? "unexpected error"}${about}.`, {
    fix: "Check the disk and how it is mounted, then run it again.",
    cause: error,
  });
}

export function interrupted(directory: string, done: string): Failure {
  return new Failure("INTERRUPTED", `Stopped while working on ${directory}. ${done}`, {
    fix: "Run it again when you are ready.",
  });
}

export function headMoved(key: Key, directory: string): Failure {
  return new Failure("MOVED", `${key} in ${directory} is not the head that was read: another apply came first.`, {
    fix: "Plan again, then apply.",
  });
}

export function keepsMoving(directory: string): Failure {
  return new Failure("MOVED", `${directory} is changed by somebody else again and again. Nothing was written.`, {
    fix: "Wait until the other edits are done, then run it again.",
  });
}

export function locked(lock: string, holder: string): Failure {
  return new Failure("MOVED", `Another apply holds ${lock} (${holder}). Nothing was written.`, {
    fix: "Wait for it and run again. If it surely runs no more, delete that lock, then run again.",
  });
}

export function lostLock(lock: string): Failure {
  return new Failure("MOVED", `${lock} was taken over by another apply. Nothing was written.`, {
    fix: "Plan again, then apply.",
  });
}

export function foreignFolder(directory: string, generations: string, name: string): Failure {
  const [from, beside, to] = [directory, generations, `${generations}/${name}`].map(forShell);
  return new Failure("USAGE", `${directory} is an ordinary folder with files, not a store that trueup made.`, {
    fix:
      `Name another folder in connection.directory, or hand this one over: ` +
      `mkdir -p ${beside} && mv ${from} ${to} && ln -s ${to} ${from}`,
  });
}

function forShell(path: string): string {
  return /^[\w./@%+=:,-]+$/u.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}

export function notAStore(directory: string): Failure {
  return new Failure(
    "CORRUPT",
    `${directory} is nothing that trueup made: it must be a link to a generation, or a folder beside it.`,
    {
      fix: "Name another folder in connection.directory, or move what is there out of the way.",
    },
  );
}

export function dangling(directory: string, target: string): Failure {
  return new Failure("CORRUPT", `${directory} leads to ${target}, where no generation of the store is.`, {
    fix: "Let the link lead to the newest folder in the store's .generations folder, or restore that folder.",
  });
}

export function liveIsGone(directory: string, generations: string): Failure {
  return new Failure("CORRUPT", `${directory} is gone, but ${generations} says that it was there.`, {
    fix: `To restore it, link ${directory} to the newest folder in ${generations}. To start afresh, delete ${generations} too.`,
  });
}

export function linkInside(path: string): Failure {
  return new Failure("CORRUPT", `${path} is a symbolic link; a store holds only files and folders.`, {
    fix: "Replace the link by the file it leads to, or remove it.",
  });
}

export function notAFile(path: string): Failure {
  return new Failure("CORRUPT", `${path} is neither a file nor a folder (a pipe, a socket or a device).`, {
    fix: "Remove it from the store.",
  });
}

export function nameNotUtf8(path: string): Failure {
  return new Failure("CORRUPT", `${path}: the name is not UTF-8 text.`, { fix: "Rename the file." });
}

export function twoFilesOneKey(one: string, other: string, key: Key): Failure {
  return new Failure("CORRUPT", `${one} and ${other} both stand for the key ${key}.`, {
    fix: "Remove one of the two files.",
  });
}

export function keysMerge(keys: readonly Key[], directory: string): Failure {
  return new Failure(
    "LIMIT",
    `The file system of ${directory} does not tell names apart that differ only in case or accents: ${keys.join(", ")}.`,
    { fix: "Rename one of the keys, or keep the store on a file system that tells them apart." },
  );
}

export function namesBent(path: string): Failure {
  return new Failure("LIMIT", `The file system changed names of the store while they were written: ${path}.`, {
    fix: "Keep the store on a file system that keeps names as they are.",
  });
}

export function notARecord(path: string): Failure {
  return new Failure("CORRUPT", `${path} is not a revision that trueup wrote.`, {
    fix: "Restore the file, or delete it: then that revision is missing from the history.",
  });
}

export function outcomeUnknown(directory: string, cause: unknown): Failure {
  return new Failure("UNKNOWN_OUTCOME", `${directory} was switched, but it is not sure that the disk keeps it.`, {
    fix: "Check the disk, then plan again: the plan shows what is live.",
    cause,
  });
}
