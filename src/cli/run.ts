/** What the executable loads, in one piece. */
export { main } from "./main.ts";
export { processIo } from "./process-io.ts";
