/** `node:fs/promises` for the lock, which reads when a process started. */
export function readFile(path: string): Promise<string> {
  if (path.endsWith("boot_id")) return Promise.resolve("boot\n");
  const pid = path.split("/")[2] ?? "";
  return Promise.resolve(`${pid} (node) S ${Array.from({ length: 18 }, () => "0").join(" ")} ${pid}00 0`);
}
