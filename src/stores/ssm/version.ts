/** Versions of parameters: `7@1795273774123`. The number alone is not unique: it starts again after a deletion. */
import type { Parameter } from "@aws-sdk/client-ssm";
import { Failure } from "../../failure.ts";
import type { Version } from "../../model.ts";

/** Number and moment (milliseconds since 1970) of the last change, as SSM tells them. */
export function versionOf({ Name, Version: number, LastModifiedDate }: Parameter): {
  readonly number: number;
  readonly version: Version;
} {
  if (number === undefined || LastModifiedDate === undefined)
    throw new Failure("INCOMPLETE", `SSM told no version of ${Name ?? "a parameter"}.`, {
      fix: "Check connection.endpoint: this does not answer as SSM does.",
    });
  return { number, version: `${number}@${LastModifiedDate.getTime()}` };
}

/** Milliseconds since 1970 of the change that made this version. */
export function momentOf(version: Version): number {
  return Number(version.slice(version.indexOf("@") + 1));
}

/** The number that SSM counts; 0 for a parameter that must not exist. */
export function numberOf(version: Version | null): number {
  if (version === null) return 0;
  const number = Number(/^([1-9]\d*)@\d+$/u.exec(version)?.[1]);
  if (Number.isSafeInteger(number)) return number;
  throw new Failure("INTERNAL", "A version that is not SSM's was to be compared with SSM.", {
    fix: "This looks like a fault of trueup. Please report it.",
  });
}
