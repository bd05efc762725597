/** As much of STS as taking on a role needs. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Sts {
  readonly endpoint: string;
  /** Roles that were asked for, and the access key that the request was signed with. */
  readonly asked: { readonly role: string; readonly key: string }[];
  /** Error that a role is refused with. */
  refuse: (role: string) => string | undefined;
  stop(): Promise<void>;
}

const NAMESPACE = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"';
const CREDENTIALS =
  "<AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>example</SecretAccessKey>" +
  "<SessionToken>token</SessionToken><Expiration>2199-01-01T00:00:00Z</Expiration>";

export async function startSts(): Promise<Sts> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const role = new URLSearchParams(body).get("RoleArn") ?? "";
    sts.asked.push({ role, key: /Credential=(\w+)/u.exec(request.headers.authorization ?? "")?.[1] ?? "" });
    const error = sts.refuse(role);
    response.writeHead(error === undefined ? 200 : 403, { "content-type": "text/xml" });
    response.end(
      error === undefined
        ? `<AssumeRoleResponse ${NAMESPACE}><AssumeRoleResult><Credentials>${CREDENTIALS}</Credentials></AssumeRoleResult></AssumeRoleResponse>`
        : `<ErrorResponse ${NAMESPACE}><Error><Type>Sender</Type><Code>${error}</Code><Message>no</Message></Error></ErrorResponse>`,
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const sts: Sts = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    refuse: () => undefined,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return sts;
}
