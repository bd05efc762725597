#!/usr/bin/env node
/** The executable: nothing but `main` with the process as its world. */
import nodeModule from "node:module";

// From Node 22 on compiled code is kept between runs: of what is loaded after this line.
(nodeModule as { enableCompileCache?: () => unknown }).enableCompileCache?.();

// grpc-js sets a server name for addresses, which Node warns about (DEP0123): nothing a user could do about it.
process.noDeprecation = true;
const { main, processIo } = await import("./run.ts");
process.exitCode = await main(process.argv.slice(2), processIo());
