/** Finds out why an endpoint does not answer: gRPC says "unavailable" for a closed port and for an untrusted certificate alike. */
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Socket } from "node:net";
import { Failure } from "../../failure.ts";
import type { Endpoint, Options, TlsFiles } from "./options.ts";

interface Cause {
  readonly endpoint: string;
  readonly code: string;
  readonly isTls: boolean;
}

/** Milliseconds to wait for a connection. */
const PATIENCE = 3000;
/** A server that wants a client certificate says so only after the handshake (TLS 1.3): milliseconds to hear it. */
const ALERT_PATIENCE = 300;
const SPEAKS_TLS = "SPEAKS_TLS";
/** It can be connected to, and still gRPC could not. */
const NO_CAUSE = "UNAVAILABLE";

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "the name is unknown",
  EAI_AGAIN: "the name could not be looked up",
  ETIMEDOUT: "no connection within 3 seconds",
  ECONNRESET: "the connection was cut",
  EHOSTUNREACH: "there is no way to that host",
  ENETUNREACH: "there is no way to that network",
  EPROTO: "it does not speak TLS, or no version that we do",
  [SPEAKS_TLS]: "it speaks TLS, and the address begins with http://",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is signed by an authority that is not trusted here",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is signed by an authority that is not trusted here",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is signed by an authority that is not trusted here",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself and not trusted here",
  CERT_SIGNATURE_FAILURE: "its certificate is not signed by the authority that connection.tls.ca names",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host name",
};

/** The failure for endpoints none of which could be connected to. Takes up to about 3 seconds. */
export async function unreachable(options: Options, subject: string): Promise<Failure> {
  const causes = await Promise.all(options.endpoints.map((endpoint) => probe(endpoint, options.tls)));
  const isTls = causes.some((cause) => cause.isTls);
  const details = causes.map(({ endpoint, code }) => `${endpoint}: ${WORDS[code] ?? "it does not answer"} (${code})`);
  const message = `Could not ${subject}: no endpoint of etcd could be connected to. ${details.join("; ")}.`;
  return new Failure(isTls ? "TLS" : "UNREACHABLE", message, {
    fix: isTls
      ? "Check the address and connection.tls: ca must be the authority that signed the server's certificate; cert and key are for servers that ask who is calling."
      : "Check connection.endpoints, and that this machine may reach them (a private cluster needs a runner inside its network).",
  });
}

async function probe(endpoint: Endpoint, tls: TlsFiles): Promise<Cause> {
  const code = endpoint.secure ? await handshake(endpoint, tls) : await plainText(endpoint);
  return { endpoint: endpoint.url, code, isTls: !isOfNetwork(code) };
}

/** Codes of the operating system look like ECONNRESET; those of OpenSSL and of Node's certificate checks do not. */
function isOfNetwork(code: string): boolean {
  return (
    (/^E[A-Z]+(?:_AGAIN)?$/u.test(code) && code !== "EPROTO") || code === NO_CAUSE || code.startsWith("ERR_SOCKET")
  );
}

async function plainText(endpoint: Endpoint): Promise<string> {
  const code = await outcome(connect({ host: endpoint.host, port: endpoint.port }), "connect", 0);
  if (code !== undefined) return code;
  // Nothing is sent over this connection; it only shows whether the other side speaks TLS at all.
  const hello = connectTls({ host: endpoint.host, port: endpoint.port, rejectUnauthorized: false });
  return (await outcome(hello, "secureConnect", 0)) === undefined ? SPEAKS_TLS : NO_CAUSE;
}

async function handshake({ host, port }: Endpoint, tls: TlsFiles): Promise<string> {
  const socket = connectTls({ host, port, ...tls, ALPNProtocols: ["h2"] });
  return (await outcome(socket, "secureConnect", ALERT_PATIENCE)) ?? NO_CAUSE;
}

/** Code of the error the socket ends with; undefined if it got to `event` and stayed fine for `after` milliseconds. */
function outcome(socket: Socket, event: string, after: number): Promise<string | undefined> {
  return new Promise<string | undefined>((resolve) => {
    socket.setTimeout(PATIENCE, () => resolve("ETIMEDOUT"));
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(String(error.code)));
    socket.once("close", () => resolve("ECONNRESET"));
    socket.once(event, () => setTimeout(resolve, after, undefined));
  }).finally(() => socket.destroy());
}
