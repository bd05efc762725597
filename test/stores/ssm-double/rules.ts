/**
 * What SSM refuses, with its words where they are known. Sources: service model of @aws-sdk/client-ssm 3.1169.0 [M],
 * messages of moto 5.2.1 [moto], reports of users [R]; `docs/stores.md` lists where moto differs.
 */

/** An answer with HTTP status 400: `name` is the error's type. */
export class Refusal extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

export interface PutInput {
  readonly Name: string;
  readonly Value: string;
  readonly Type?: string;
  readonly KeyId?: string;
  readonly Overwrite?: boolean;
  readonly Tier?: string;
  readonly AllowedPattern?: string;
  readonly Description?: string;
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[];
}

const invalid = (message: string): Refusal => new Refusal("ValidationException", message);

export function checkName(name: string): void {
  const bare = name.replace(/^\//u, "").toLowerCase();
  if (/^\/aws(?:[^/]*)\//iu.test(name))
    throw new Refusal("AccessDeniedException", `No access to reserved parameter name: ${name}.`);
  if (bare.startsWith("aws") || bare.startsWith("ssm"))
    throw invalid('Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).');
  if (!/^[\w./-]+$/u.test(name) || name.includes("//") || name.endsWith("/"))
    throw invalid("Parameter name must be a fully qualified name of letters, numbers and the symbols .-_/");
  if (name.includes("/") && !name.startsWith("/"))
    throw invalid("Parameter name must begin with a slash in a hierarchy");
  if (name.split("/").length - 1 > 15)
    throw new Refusal("HierarchyLevelLimitExceededException", "A hierarchy can have a maximum of 15 levels.");
  if (name.length + "arn:aws:ssm:us-east-2:111122223333:parameter".length > 1011)
    throw invalid("Parameter name is too long");
}

export function checkPut(input: PutInput): void {
  checkName(input.Name);
  const { Value, Tags = [], Tier = "Standard", Description = "", Type, KeyId } = input;
  if (Value === "")
    throw invalid(
      "Value '' at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1.",
    );
  if (Value.includes("{{"))
    throw invalid("Parameter value can't nest another parameter: do not use {{}} in the value.");
  if (Value.length > 8192) throw invalid("Parameter value can't be longer than 8192 characters.");
  if (Value.length > 4096 && Tier !== "Advanced")
    throw invalid("Standard tier parameters support a maximum parameter value of 4096 characters.");
  if (input.Overwrite === true && Tags.length > 0)
    throw invalid("Invalid request: tags and overwrite can't be used together.");
  if (Description.length > 1024) throw invalid("Description can't be longer than 1024 characters.");
  if (Tags.length > 50) throw new Refusal("TooManyTagsError", "At most 50 tags");
  if (KeyId !== undefined && Type !== "SecureString")
    throw invalid("KeyId is required for SecureString type parameter only.");
  if (KeyId !== undefined && !/^[\w:/-]{1,256}$/u.test(KeyId)) throw new Refusal("InvalidKeyId", "Invalid KeyId");
}

export function checkBatch(names: readonly string[]): void {
  if (names.length < 1 || names.length > 10) throw invalid("Member must have length less than or equal to 10.");
  // Whether AWS refuses this is not documented; whoever never does it is safe.
  if (new Set(names).size < names.length) throw invalid("The list holds a name twice.");
  for (const name of names)
    if (!/^[\w./:-]+$/u.test(name)) throw invalid("Parameter name holds characters that are not allowed");
}

export const downgrade = (): Refusal =>
  invalid(
    "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier.",
  );
