/** age, through the library of its author, which is loaded only when a file has to be opened or written. */

/** Why an age file could not be opened. */
export type NotOpened = "no key fits" | "damaged";

/** Identities ready for use. Texts that are none are counted, never shown. */
export interface AgeKeys {
  /** How many of those given could be used. */
  readonly usable: number;
  readonly unusable: number;
  open(armored: string, recipient: string): Promise<Uint8Array | NotOpened>;
}

/** Reads identities: `AGE-SECRET-KEY-1…` and `AGE-SECRET-KEY-PQ-1…`. Plugins and SSH keys are not usable. */
export async function ageKeys(identities: readonly string[]): Promise<AgeKeys> {
  const age = await import("age-encryption");
  const decrypter = new age.Decrypter();
  const own = new Set<string>();
  let unusable = 0;
  for (const identity of identities) {
    try {
      own.add(await age.identityToRecipient(identity));
      decrypter.addIdentity(identity);
    } catch {
      // The library's words would quote the identity.
      unusable++;
    }
  }
  const open = async (armored: string, recipient: string): Promise<Uint8Array | NotOpened> => {
    try {
      return await decrypter.decrypt(age.armor.decode(armored));
    } catch (error) {
      const strangers = error instanceof Error && error.message.startsWith("no identity matched");
      return strangers && !own.has(recipient) ? "no key fits" : "damaged";
    }
  };
  return { usable: own.size, unusable, open };
}

/** Encrypts for one recipient (`age1…`, `age1pq1…`), armored. Undefined if the text is no recipient. */
export async function sealForAge(recipient: string, data: Uint8Array): Promise<string | undefined> {
  const age = await import("age-encryption");
  const encrypter = new age.Encrypter();
  try {
    encrypter.addRecipient(recipient);
  } catch {
    return undefined;
  }
  return age.armor.encode(await encrypter.encrypt(data));
}
