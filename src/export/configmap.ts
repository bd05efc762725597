/** A unit as a Kubernetes ConfigMap: what `envFrom` and a volume can read. Secrets never go into one. */
import { Failure } from "../failure.ts";
import { FORMATS, type Named } from "./format.ts";

/** DNS-1123 subdomain (Kubernetes, names of objects). */
const NAME = /^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/u;
/** Keys of a ConfigMap's data (Kubernetes, IsConfigMapKey). */
const KEY = /^(?!\.\.?$)[-._a-zA-Z0-9]{1,253}$/u;
/** Bytes of all values together (Kubernetes, MaxSecretSize; the same for ConfigMaps). */
const LARGEST = 1_048_576;

/** YAML of one ConfigMap. `data` are variables and whole files. Throws `LIMIT` for what Kubernetes would not take. */
export function configMap(name: string, data: readonly Named[]): string {
  if (!NAME.test(name))
    throw new Failure("LIMIT", `${name} cannot be the name of a ConfigMap`, {
      fix: "give the app a name of small letters, digits and dashes, or choose another format",
    });
  const bad = data.filter((item) => !KEY.test(item.name));
  if (bad.length > 0)
    throw new Failure("LIMIT", `${name} has names that a ConfigMap cannot hold`, {
      details: bad.map((item) => item.name),
      fix: "use letters, digits, dash, dot and underscore, at most 253 of them",
    });
  const size = data.reduce((sum, item) => sum + Buffer.byteLength(item.text), 0);
  if (size > LARGEST)
    throw new Failure("LIMIT", `${name} is ${size} bytes, and a ConfigMap holds ${LARGEST}`, {
      fix: "choose another format, or make its files smaller",
    });
  const lines = data.length === 0 ? [] : (FORMATS["yaml"]?.write(data) ?? "").trimEnd().split("\n");
  return [
    "apiVersion: v1",
    "kind: ConfigMap",
    "metadata:",
    `  name: ${JSON.stringify(name)}`,
    "  labels:",
    "    app.kubernetes.io/managed-by: trueup",
    lines.length === 0 ? "data: {}" : "data:",
    ...lines.map((line) => `  ${line}`),
    "",
  ].join("\n");
}
