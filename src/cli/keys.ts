/** Keys for encrypted files, from where `sops` finds them. */
import { readFile } from "node:fs/promises";
import type { KeySource } from "../secrets/sops/decrypt.ts";
import { ageIdentities } from "../secrets/sops/identities.ts";
import { awsKms } from "../secrets/sops/kms.ts";
import type { Io } from "./io.ts";

/** age keys of the environment and of the user's own file, and AWS KMS. Throws as `ageIdentities` does. */
export async function sopsKeys(io: Pick<Io, "env">): Promise<KeySource> {
  return {
    ageIdentities: await ageIdentities(io.env, (path) => readFile(path, "utf8")),
    decryptKms: awsKms().decryptKms,
  };
}
