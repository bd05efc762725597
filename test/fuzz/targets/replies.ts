/** Stores that answer anything: a failure with words, or entries that are what they should be. Never an endless read. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { isFailure } from "../../../src/failure.ts";
import type { Entry } from "../../../src/model.ts";
import { rangesBy } from "../../../src/stores/etcd/client.ts";
import { read as readEtcd } from "../../../src/stores/etcd/read.ts";
import { failureOf, standingOf } from "../../../src/stores/etcd/status.ts";
import type { Store } from "../../../src/stores/store.ts";
import { openOn } from "../../stores/ssm-double/open.ts";
import { type Decisions, decisionsOf } from "../decisions.ts";
import { type FuzzTarget, must, textOf } from "../target.ts";

const QUERY = {
  prefixes: ["/shop/"],
  keys: ["/other/a"],
  secrets: "versions",
  secretKeys: new Set(["/shop/s"]),
} as const;
/** Not one word: the name of an error, which is one, may be shown. */
const CANARY = "c4nary in a reply";
/** Requests that one read may take, whatever the answers are. */
const MOST = 60;

let http: { readonly server: Server; readonly store: Store } | undefined;
let answer: { readonly status: number; readonly body: Buffer; readonly type: string } | undefined;
let asked = 0;

async function opened(): Promise<Store> {
  if (http !== undefined) return http.store;
  const server = createServer((request, response) => {
    asked++;
    request.resume();
    // After too many requests the connection is cut, so that the read ends and is found out.
    if (answer === undefined || asked > MOST) response.destroy();
    else response.writeHead(answer.status, { "content-type": answer.type }).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const never = { now: () => performance.now() * 1e6, sleep: () => Promise.resolve(), random: () => 0.5 };
  const store = await openOn(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { patience: 1 }, never);
  http = { server, store };
  return store;
}

export const replies: FuzzTarget = {
  name: "replies",
  fresh: 80,
  dictionary: [
    '{"Parameters":[',
    "]}",
    '{"Name":"/shop/a","Type":"String","Value":"x","Version":1}',
    '"NextToken":"t"',
    '"Type":"SecureString"',
    '"Version":-1',
    '"Version":"x"',
    '"Value":null',
    '{"__type":"ThrottlingException","message":"x"}',
    '{"__type":"AccessDeniedException"}',
    "null",
    "[",
    "{",
    "1e999",
    '"__proto__":{}',
    "etcdserver: permission denied",
    "Received message larger",
    CANARY,
    "\x01",
    "\x02",
  ],
  seeds: [
    '\x01{"Parameters":[{"Name":"/shop/a","Type":"String","Value":"x","Version":1},{"Name":"/shop/s","Type":"SecureString","Value":"enc","Version":7}]}',
    '\x01{"Parameters":[{"Name":"/shop/a","Type":"StringList","Value":"x,y","Version":2}],"NextToken":"again"}',
    '\x02{"__type":"com.amazonaws.ssm#ParameterNotFound","message":"no"}',
    "\x03<html>502</html>",
    "\x04\x02\x01\x01\x03\x00\x01\x02/shop/a",
  ],
  async run(input) {
    const store = await opened();
    const [first = 0] = input;
    asked = 0;
    answer = {
      status: [200, 200, 400, 500, 503, 302, 204][first % 7] ?? 200,
      body: input.subarray(1),
      type: first > 127 ? "text/html" : "application/x-amz-json-1.1",
    };
    await checkRead(store.read(QUERY), "ssm");
    must(asked <= MOST, "a read ends");
    await checkRead(readEtcd(etcdThat(decisionsOf(input)), QUERY), "etcd");
    statuses(textOf(input), first);
  },
  async close() {
    await http?.store.close();
    http?.server.closeAllConnections();
    http?.server.close();
    http = undefined;
  },
};

async function checkRead(pages: AsyncIterable<readonly Entry[]>, from: string): Promise<void> {
  try {
    for await (const page of pages)
      for (const { key, version, value, secret } of page) {
        must(
          typeof key === "string" && typeof version === "string" && typeof secret === "boolean",
          "an entry is one",
          from,
          key,
          version,
          secret,
        );
        must(value === undefined || typeof value === "string", "a value is text", from, value);
        must(!secret || value === undefined, "no value of a secret unless asked for", from, key);
      }
  } catch (error) {
    if (!isFailure(error)) throw error;
    must(error.message !== "", "words");
    must(
      !`${error.message}${error.fix ?? ""}${error.details.join("")}`.includes(CANARY),
      "nothing that the store said",
      error.message,
    );
  }
}

/** A client of etcd whose server answers as the input decides. */
function etcdThat(from: Decisions): Parameters<typeof readEtcd>[0] {
  let requests = 0;
  const text = () => from.pick(["0", "1", "2", "7", "-1", "", "9999999999999999999", "x"]);
  const range = () => {
    must(requests++ < MOST, "a read of etcd ends");
    const kvs = Array.from({ length: from.int(4) }, (_, i) => ({
      key: Buffer.from(from.pick([`/shop/${i}`, "/shop/s", "/shop/", "\xff", from.text(9)]), "latin1"),
      value: Buffer.from(from.text(20), "latin1"),
      mod_revision: text(),
    }));
    return {
      header: { revision: text() },
      kvs,
      more: from.int(2) === 1,
      count: from.int(3) === 0 ? text() : `${kvs.length}`,
    };
  };
  const responses = (wanted: readonly object[]) =>
    ({
      header: { revision: text() },
      responses: wanted.slice(from.int(2)).map(() => ({ response_range: range() })),
    }) as never;
  return {
    options: { maxTxnOps: 128 },
    range: () => Promise.resolve(range()),
    ranges: (wanted: readonly object[], subject: string) =>
      rangesBy(() => Promise.resolve(responses(wanted)), wanted, subject),
  } as never;
}

function statuses(details: string, code: number): void {
  const status = { code: code % 18, details: `${details}${CANARY}`, sent: code % 2 === 0, endpoint: "http://e:1" };
  must(["unsent", "login", "busy", "refused", "unknown"].includes(standingOf(status)), "one of five");
  const failure = failureOf(status, { auth: undefined, maxAnswerBytes: 1 } as never, "read /shop/");
  must(
    ![failure.message, failure.fix, ...failure.details].join(" ").includes(CANARY),
    "nothing that the server said",
    failure.details,
  );
}
