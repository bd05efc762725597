/** Words for what the walk over a file's events finds (`compose.ts`). */
import { showName } from "./characters.ts";
import { formatCount, LIMITS } from "./limits.ts";
import type { Fault } from "./report.ts";
import { suggest } from "../suggest.ts";

export function twinFault(key: string, first: string): Fault {
  const same = key === first;
  return {
    code: "TU1002",
    message: same
      ? `the key ${showName(key)} is given twice`
      : `two keys look like ${showName(key)} and differ in how their letters are composed`,
    label: same ? "given again here" : "looks the same as the key above",
    fix: "keep one of the two",
  };
}

export function tagFault(raw: string, known: boolean): Fault {
  const tag = raw.length > 40 ? `${raw.slice(0, 40)}…` : raw;
  return {
    code: "TU1006",
    message: known ? `the value is not what its tag ${tag} says` : `the tag ${tag} is not supported`,
    label: "tag",
    discreet: { message: known ? "the value is not what its tag says" : "the tag is not supported" },
    fix: "remove the tag; text is written in quotes, everything else without",
  };
}

export function complexKeyFault(): Fault {
  return {
    code: "TU1006",
    message: "a key must be plain text, not a map, a list or a reference",
    label: "read as a key",
    fix: "put text with special characters in quotes",
  };
}

export function templateKeyFault(): Fault {
  return {
    code: "TU1003",
    message: "template is not quoted, and stands in a key; templates work in values only",
    label: "YAML reads an unquoted {{ as the start of a map, not as text",
    fix: "write the key out; what differs between environments goes into their files",
  };
}

const QUOTE = "put the value in quotes, if text is meant";

export function aliasFault(name: string, open: boolean, anchors: Iterable<string>): Fault {
  const near = suggest(name, anchors);
  if (open)
    return { code: "TU1001", message: `*${name} refers to the value that it is part of`, fix: "write the value out" };
  return {
    code: "TU1001",
    message: `*${name} refers to nothing: no &${name} stands above`,
    label: "YAML reads * as a reference",
    fix: near === undefined ? QUOTE : `*${near}`,
    discreet: { message: "the reference leads to nothing", fix: QUOTE },
  };
}

export function mergeFault(): Fault {
  return {
    code: "TU1006",
    message: "merge keys (<<) are not part of YAML 1.2, and parsers differ about them",
    label: "other parsers read a key of this name",
    fix: "write the keys out, or set `yaml: { merge: true }` in trueup.yaml",
  };
}

export function mergeSourceFault(): Fault {
  return {
    code: "TU1006",
    message: "<< can only merge maps",
    fix: "let it name a map, or a list of maps: `<<: *defaults`",
  };
}

export function removeFault(prefix: string): Fault {
  return {
    code: "TU1009",
    message: "$remove works at the top level of a file only",
    fix: `$remove: [${prefix}.<key>] at the top of the file, with the path of each key to drop`,
  };
}

export function documentsFault(): Fault {
  return {
    code: "TU1006",
    message: "the file holds more than one document",
    label: "a second one starts here",
    fix: "remove the `---`, or make two files",
  };
}

export function directiveFault(): Fault {
  return {
    code: "TU1006",
    message: "directives (lines that start with %) are not supported",
    label: "changes how the file is read",
    fix: "remove the line",
  };
}

export function mapSizeFault(): Fault {
  return {
    code: "TU1011",
    message: `a map has more than ${formatCount(LIMITS.keysPerMap)} keys`,
    fix: "split it, or keep such data outside the configuration",
  };
}

export function nodesFault(): Fault {
  return {
    code: "TU1011",
    message: `the file holds more than ${formatCount(LIMITS.nodes)} values, or references that multiply what is written`,
    fix: "write the values out instead of referring to them, or split the file",
  };
}

export function depthFault(): Fault {
  return {
    code: "TU1011",
    message: `maps and lists are nested more than ${LIMITS.depth} levels deep`,
    fix: "flatten the structure",
  };
}
