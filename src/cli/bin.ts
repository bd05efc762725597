#!/usr/bin/env node
/** The executable: nothing but `main` with the process as its world. */
import nodeModule from "node:module";
import { join } from "node:path";
import { VERSION } from "../version.ts";
import { bytecodeFolder, loadCompiled } from "./compiled.ts";

// For the client libraries, which are loaded when they are used: from Node 22 on it keeps their compiled code.
(nodeModule as { enableCompileCache?: () => unknown }).enableCompileCache?.();

// grpc-js sets a server name for addresses, which Node warns about (DEP0123): nothing a user could do about it.
process.noDeprecation = true;

/** A digest of `run.cjs`, set by scripts/build.mjs. */
declare const BUILD: string;

const args = process.argv.slice(2);
const folder = bytecodeFolder(process.env);
// One file for each command: what the others need would only be in its way.
const command = /^[a-z]{1,20}$/u.exec(args[0] ?? "")?.[0] ?? "other";
const kept = folder && join(folder, `${command}-${VERSION}-${process.version}-${process.arch}`);
const { exports, keep } = loadCompiled(join(__dirname, "run.cjs"), BUILD, kept);
const { main, processIo } = exports as typeof import("./run.ts");
void main(args, processIo()).then((code) => {
  process.exitCode = code;
  // After a word that is no command there is nothing worth keeping.
  if (code === 0) keep();
});
