#!/usr/bin/env node
/** The executable: nothing but {@link main} with the process as its world. */
import { main, processIo } from "./main.ts";

process.exitCode = await main(process.argv.slice(2), processIo());
