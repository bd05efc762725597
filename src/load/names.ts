/** Names of files and folders that work on every system and cannot be mistaken for others. */
import { hasHidden, showName } from "./characters.ts";
import { LIMITS } from "./limits.ts";

/** Names of apps, template files and schema files: they become keys, addresses and references. */
const PORTABLE = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?$/u;
/** Windows opens the device, whatever the extension. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/iu;

/** Why a name is not allowed anywhere; undefined if it is fine. */
export function judgeName(name: string): string | undefined {
  if (name === "" || name === "." || name === "..") return "is a path step, not a name";
  if (Buffer.byteLength(name) > LIMITS.nameBytes) return `is longer than ${LIMITS.nameBytes} bytes`;
  if (name.includes("\uFFFD")) return "is not UTF-8";
  if (hasHidden(name) || /[\t\n\r]/u.test(name)) return "holds an invisible or control character";
  const char = /[\\:*?"<>|]/u.exec(name)?.[0];
  if (char !== undefined) return `holds ${showName(char)}, which Windows does not allow`;
  if (/%(?:2e|2f|5c|00)/iu.test(name)) return "holds an escaped path separator";
  if (/[. ]$/u.test(name)) return "ends with a dot or a space, which Windows cuts off";
  if (name.startsWith(" ")) return "starts with a space";
  if (DEVICE.test(name)) return "is the name of a device on Windows";
  return name.normalize("NFC") === name ? undefined : "is not in Unicode's normal form (NFC)";
}

/** True for names that may stand in an address or a `$ref` as they are. */
export function isPortable(name: string): boolean {
  return PORTABLE.test(name);
}

/** Two names that fold to the same text are one file on macOS and Windows. */
export function foldName(path: string): string {
  return path.normalize("NFC").toLowerCase().normalize("NFC");
}
