/** Who trueup is towards AWS. */
import type { SSMClientConfig } from "@aws-sdk/client-ssm";
import { Failure } from "../../failure.ts";
import type { Options } from "./options.ts";

type Credentials = NonNullable<SSMClientConfig["credentials"]>;

/** Undefined: whatever the SDK finds by itself (environment, profile, web identity, container, instance). */
export function credentialsOf(_options: Options, role: string | undefined): Promise<Credentials | undefined> {
  if (role === undefined) return Promise.resolve(undefined);
  const failure = new Failure("USAGE", "connection.role is not supported yet.", { fix: "Use connection.profile." });
  return Promise.reject(failure);
}
