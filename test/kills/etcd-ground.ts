/** Kills on a real etcd: a proxy that knows requests stands before it, so that every single one can be the last. */
import { once } from "node:events";
import { type IncomingHttpHeaders, connect, constants, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { drivers } from "../../src/index.ts";
import { startEtcd } from "../stores/etcd-server.ts";
import { type Ground, type Running, runChild } from "./ground.ts";

interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly trailers: IncomingHttpHeaders | undefined;
}

export async function etcdGround(): Promise<Ground> {
  const server = await startEtcd();
  const [endpoint = ""] = server.endpoints;
  const upstream = connect(endpoint);
  let asked: (name: string) => "pass" | "unsent" | "unheard" = () => "pass";

  const ask = async (headers: IncomingHttpHeaders, body: Buffer): Promise<Answer> => {
    const request = upstream.request({
      ":method": "POST",
      ":path": headers[":path"],
      "content-type": "application/grpc",
      te: "trailers",
    });
    request.end(body);
    let trailers: IncomingHttpHeaders | undefined;
    request.on("trailers", (found) => (trailers = found));
    const [answered] = (await once(request, "response")) as [IncomingHttpHeaders];
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    return { headers: answered, bytes: Buffer.concat(chunks), trailers };
  };
  const pending = new Set<Promise<unknown>>();
  const proxy = createServer();
  proxy.on("session", (session) => session.on("error", () => undefined));
  proxy.on("stream", (stream, headers) => {
    stream.on("error", () => undefined);
    const work = (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      const decision = asked(nameOf(headers, body));
      if (decision === "unsent") return;
      const answer = await ask(headers, body);
      if (decision === "unheard" || stream.destroyed) return;
      const { ":status": status, "content-type": type } = answer.headers;
      const plain = { ":status": status, "content-type": type, ...grpcOf(answer.headers) };
      if (answer.trailers === undefined) return stream.respond(plain, { endStream: true });
      stream.respond(plain, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers(grpcOf(answer.trailers ?? {})));
      stream.end(answer.bytes);
    })().catch(() => undefined);
    pending.add(work);
    void work.then(() => pending.delete(work));
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const front = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;

  const kv = async (verb: string, body: object): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${endpoint}/v3/kv/${verb}`, { method: "POST", body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as Record<string, unknown>;
  };
  const range = async (key: string, end: string) =>
    (await kv("range", { key: inBase64(key), ...(end === "" ? {} : { range_end: inBase64(end) }) })) as {
      readonly header: { readonly revision: string };
      readonly kvs?: readonly { readonly key: string; readonly value?: string; readonly mod_revision: string }[];
    };

  return {
    kind: "etcd",
    hows: ["unsent", "unheard"],
    fits: (point, how) => how === "unsent" || point.startsWith("Txn"),
    target: (forChild) => `type: etcd, connection: { endpoints: ["${forChild ? front : endpoint}"] }`,
    drivers,
    atom: (key) => key.split("/").slice(1, 4).join("/"),
    clear: async () => void (await kv("deleterange", { key: inBase64("\0"), range_end: inBase64("\0") })),
    hand: async (_, { key, text }) => void (await kv("put", { key: inBase64(key), value: inBase64(text) })),
    contents: async () =>
      new Map(((await range("\0", "\0")).kvs ?? []).map(({ key, value }) => [outOf(key), outOf(value ?? "")])),
    trace: async (_, key) => (await range(key, "")).kvs?.[0]?.mod_revision ?? "none",
    traces: async () => (await range("\0", "\0")).header.revision,
    async run(child, folder, allow, kill) {
      const points: string[] = [];
      let running: Running | undefined;
      let count = 0;
      asked = (name) => {
        points.push(name);
        if (++count !== kill?.at) return "pass";
        if (kill.how === "unsent") running?.kill();
        return kill.how as "unsent" | "unheard";
      };
      let wait: Promise<unknown> | undefined;
      if (kill?.how === "unheard") {
        const inner = asked;
        asked = (name) => {
          const decision = inner(name);
          // Killed once the request was carried out: its answer is thrown away.
          if (decision === "unheard")
            wait = new Promise((resolve) => setImmediate(resolve))
              .then(() => Promise.all(pending))
              .then(() => running?.kill());
          return decision;
        };
      }
      const ran = await runChild([child.program, folder, allow.join(",")], {}, (started) => (running = started));
      await wait;
      await Promise.all(pending);
      asked = () => "pass";
      return { ...ran, points };
    },
    async stop() {
      upstream.destroy();
      proxy.close();
      await server.stop();
    },
  };
}

function grpcOf(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (name.startsWith("grpc-") ? [[name, String(value)]] : [])),
  );
}

/** What a request is for, from the bytes of its body: keys and records are in it as they are. */
function nameOf(headers: IncomingHttpHeaders, body: Buffer): string {
  const name = String(headers[constants.HTTP2_HEADER_PATH]).split("/").at(-1) ?? "";
  if (name !== "Txn") return name;
  const text = body.toString("latin1");
  const state = /"state":"(\w+)"/u.exec(text)?.[1];
  const what = text.includes('"apply":"killed') || text.includes("/units/") ? " of units" : "";
  return `Txn${state === undefined ? "" : ` head ${state}`}${what}`;
}

const inBase64 = (text: string): string => Buffer.from(text).toString("base64");
const outOf = (base64: string): string => Buffer.from(base64, "base64").toString("utf8");
