/** Keys that live as long as the process: what they open is thrown away with the repo. */
import { generateIdentity, identityToRecipient } from "age-encryption";

export const IDENTITY = await generateIdentity();
export const STRANGER = await generateIdentity();
export const RECIPIENT = await identityToRecipient(IDENTITY);
