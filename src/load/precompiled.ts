/**
 * Whether a value fits our own schemas, by the schema's `$id`. Empty in the sources: the build fills it with what ajv generates
 * (`scripts/precompile-plugin.mjs`), because compiling them takes longer than a small repo takes as a whole.
 */
import type { Plain } from "../model.ts";

export const PRECOMPILED: Readonly<Record<string, (value: Plain) => boolean>> = {};
