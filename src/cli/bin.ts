#!/usr/bin/env node
/** The executable: nothing but {@link main} with the process as its world. */
import nodeModule from "node:module";
import { main, processIo } from "./main.ts";

// From Node 22 on: compiled code is kept between runs.
(nodeModule as { enableCompileCache?: () => unknown }).enableCompileCache?.();

process.exitCode = await main(process.argv.slice(2), processIo());
