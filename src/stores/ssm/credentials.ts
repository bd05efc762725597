/** Who trueup is towards AWS. */
import type { SSMClientConfig } from "@aws-sdk/client-ssm";
import { Failure, isFailure } from "../../failure.ts";
import type { Options } from "./options.ts";

type Credentials = NonNullable<SSMClientConfig["credentials"]>;
type Environment = Readonly<Record<string, string | undefined>>;

/** What AWS's OIDC provider for GitHub expects in a token (aws-actions/configure-aws-credentials 6.2.3, seen 2026-08). */
const AUDIENCE = "sts.amazonaws.com";
/** Milliseconds to wait for the CI's token. */
const PATIENCE = 10_000;

/**
 * Undefined: whatever the SDK finds by itself (environment, profile, web identity, container, instance). With a role, it
 * is taken on by the CI job's own identity (OIDC) where there is one, otherwise with what the SDK finds. Credentials are
 * asked for when they are first needed, and again before they run out.
 */
export async function credentialsOf(
  { region, profile }: Partial<Pick<Options, "region" | "profile">>,
  role: string | undefined,
  env: Environment = process.env,
): Promise<Credentials | undefined> {
  if (role === undefined) return undefined;
  const { fromNodeProviderChain, fromTemporaryCredentials, fromWebToken } =
    await import("@aws-sdk/credential-providers");
  const session = sessionName(env);
  const clientConfig = { ...(region === undefined ? {} : { region }), ...(profile === undefined ? {} : { profile }) };
  // The SDK alone would prefer keys in the environment to a profile that the connection names.
  const base = profile === undefined ? {} : { masterCredentials: fromNodeProviderChain({ profile }) };
  const params = { RoleArn: role, RoleSessionName: session };
  const assume = fromTemporaryCredentials({ params, clientConfig, ...base });
  return async (identity) => {
    try {
      const token = await identityToken(env);
      if (token === undefined) return await assume(identity);
      return await fromWebToken({ roleArn: role, roleSessionName: session, webIdentityToken: token, clientConfig })(
        identity,
      );
    } catch (error) {
      throw refused(role, error);
    }
  };
}

/** Told by SSM for every version it keeps: who wrote it. */
function sessionName(env: Environment): string {
  const parts = ["trueup", env["GITHUB_RUN_ID"], env["GITHUB_RUN_ATTEMPT"]].filter((part) => part !== undefined);
  return parts
    .join("-")
    .replaceAll(/[^\w+=,.@-]/gu, "-")
    .slice(0, 64);
}

/** A fresh token of this CI job; undefined outside CI, or where the job may not have one. */
async function identityToken(env: Environment): Promise<string | undefined> {
  const [url, secret] = [env["ACTIONS_ID_TOKEN_REQUEST_URL"], env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]];
  if (url === undefined || secret === undefined) return undefined;
  const address = new URL(url);
  address.searchParams.set("audience", AUDIENCE);
  const answer = await fetch(address, {
    headers: { authorization: `bearer ${secret}` },
    signal: AbortSignal.timeout(PATIENCE),
  }).then(
    async (response) => ({ status: `HTTP ${response.status}`, body: await response.json().catch(() => undefined) }),
    () => ({ status: "no answer", body: undefined }),
  );
  const value = (answer.body as { readonly value?: unknown } | undefined)?.value;
  if (typeof value === "string") return value;
  throw new Failure("DENIED", `The CI gave this job no identity token (${answer.status}).`, {
    fix: "Give the job `permissions: id-token: write`, then run it again.",
  });
}

function refused(role: string, error: unknown): Failure {
  if (isFailure(error)) return error;
  const name = (error as { readonly name?: unknown } | null)?.name;
  const why = typeof name === "string" && /^\w{1,80}$/u.test(name) ? name : "UnknownError";
  if (why === "CredentialsProviderError")
    return new Failure("MISSING", `No AWS credentials were found to take on the role ${role} with.`, {
      fix: "In GitHub Actions give the job `permissions: id-token: write`. Elsewhere set AWS_PROFILE or connection.profile, and log in.",
    });
  return new Failure("DENIED", `AWS did not let this run take on the role ${role}.`, {
    fix: "Check the role's trust policy: it must name this repository, branch or environment (or the account you use).",
    details: [`sts: ${why}`],
  });
}
