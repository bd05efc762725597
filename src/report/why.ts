/** What a code means, why it usually happens, and how to proceed: the words behind `trueup why TU3002`. */
import { type Code, CODES } from "../problem.ts";
import { print } from "./print.ts";
import { FILES } from "./why/files.ts";
import { LAYERS } from "./why/layers.ts";
import { MAPPING } from "./why/mapping.ts";
import { SCHEMA } from "./why/schema.ts";
import { SECRETS } from "./why/secrets.ts";
import { TEMPLATES } from "./why/templates.ts";
import type { Why } from "./why/words.ts";

const ALL: { readonly [code in Code]: Why } = { ...FILES, ...LAYERS, ...TEMPLATES, ...SCHEMA, ...SECRETS, ...MAPPING };

/** Three to eight lines for any code: title, meaning, causes, cure, an example before and after. */
export function whyText(code: Code): string {
  const why = ALL[code];
  return print(
    [
      [`${code}  ${CODES[code]}`],
      ...why.means.map((line) => [`  ${line}`]),
      [`  Usual causes   ${why.causes}`],
      [`  To proceed     ${why.proceed}`],
      ...(why.before === undefined ? [] : [[`  Before         ${why.before}`]]),
      ...(why.after === undefined ? [] : [[`  After          ${why.after}`]]),
    ],
    false,
  );
}
