/** esbuild plugin: generates the checks of our own schemas at build time, in place of `src/load/precompiled.ts`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import errors from "ajv/dist/compile/errors.js";
import standalone from "ajv/dist/standalone/index.js";

const ROOT = join(import.meta.dirname, "..");
const NAMES = ["trueup", "app", "secrets"];
/** The same rules as in `src/load/settings.ts`, which a test of the built command line shows; without words for mistakes. */
const OPTIONS = { messages: false, strict: false, ownProperties: true };

/** What ajv does inside `not` and `if`: a mistake is counted and not described. Half of the code would be descriptions. */
function withoutDescriptions(work) {
  const { reportError } = errors;
  errors.reportError = ({ it }, ...more) => reportError({ it: { ...it, createErrors: false } }, ...more);
  try {
    return work();
  } finally {
    errors.reportError = reportError;
  }
}

/** @type {import("esbuild").Plugin} */
export const precompiledSchemas = {
  name: "precompiled-schemas",
  setup(build) {
    build.onLoad({ filter: /[\\/]src[\\/]load[\\/]precompiled\.ts$/ }, () => {
      const ajv = new Ajv({ ...OPTIONS, code: { source: true, esm: true } });
      const schemas = NAMES.map((name) => JSON.parse(readFileSync(join(ROOT, `schemas/${name}.schema.json`), "utf8")));
      for (const schema of schemas) ajv.addSchema(schema);
      const code = withoutDescriptions(() =>
        standalone.default(ajv, Object.fromEntries(NAMES.map((name) => [`${name}Schema`, `${name}.schema.json`]))),
      );
      const entries = NAMES.map((name) => `${JSON.stringify(`${name}.schema.json`)}: ${name}Schema`);
      return {
        contents: `${code}\nexport const PRECOMPILED = { ${entries.join(", ")} };\n`,
        loader: "js",
        resolveDir: ROOT,
      };
    });
  },
};
