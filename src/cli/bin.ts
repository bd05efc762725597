#!/usr/bin/env node
/** The executable: nothing but {@link main} with the process as its world. */
import nodeModule from "node:module";
import { main } from "./main.ts";
import { processIo } from "./process-io.ts";

// From Node 22 on: compiled code is kept between runs.
(nodeModule as { enableCompileCache?: () => unknown }).enableCompileCache?.();

// grpc-js sets a server name for addresses, which Node warns about (DEP0123): nothing a user could do about it.
process.noDeprecation = true;
process.exitCode = await main(process.argv.slice(2), processIo());
