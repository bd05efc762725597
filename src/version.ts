/** Version of trueup, from package.json at build time and in tests alike. */
import manifest from "../package.json" with { type: "json" };

export const VERSION: string = manifest.version;
