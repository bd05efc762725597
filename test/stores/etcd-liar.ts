/** A gRPC proxy in front of a real etcd that changes answers, as no etcd does and a bad proxy might. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { IRangeResponse, ITxnResponse } from "etcd3";

export interface Lies {
  Range?: (answer: IRangeResponse) => object;
  Txn?: (answer: ITxnResponse) => object;
}

export interface Liar {
  readonly endpoint: string;
  /** What is done to answers from now on. */
  lies: Lies;
  close(): void;
}

type Callback = (error: Error | null, answer?: unknown) => void;
type Upstream = { close(): void } & Readonly<Record<keyof Lies, (request: object, done: Callback) => void>>;
/** The parts of @grpc/grpc-js and @grpc/proto-loader that are used; both come with etcd3. */
interface Grpc {
  readonly Server: new () => {
    addService(service: object, handlers: object): void;
    bindAsync(address: string, credentials: object, done: (error: Error | null, port: number) => void): void;
    forceShutdown(): void;
  };
  readonly ServerCredentials: { createInsecure(): object };
  readonly credentials: { createInsecure(): object };
  makeGenericClientConstructor(service: object, name: string): new (address: string, credentials: object) => Upstream;
}
interface Loader {
  loadSync(file: string, options: object): { readonly "etcdserverpb.KV": object };
}

const require = createRequire(import.meta.url);
const ofEtcd3 = (name: string): unknown => require(require.resolve(name, { paths: [require.resolve("etcd3")] }));

export async function startLiar(target: string): Promise<Liar> {
  const grpc = ofEtcd3("@grpc/grpc-js") as Grpc;
  const loader = ofEtcd3("@grpc/proto-loader") as Loader;
  const file = join(dirname(require.resolve("etcd3")), "../proto/rpc.proto");
  const service = loader.loadSync(file, { keepCase: true, longs: String, enums: String })["etcdserverpb.KV"];
  const Client = grpc.makeGenericClientConstructor(service, "KV");
  const upstream = new Client(new URL(target).host, grpc.credentials.createInsecure());
  const liar: { lies: Lies } = { lies: {} };
  const handler =
    (name: keyof Lies) =>
    ({ request }: { readonly request: object }, done: Callback): void =>
      upstream[name](request, (error, answer) => {
        const lie = liar.lies[name] as ((answer: unknown) => object) | undefined;
        done(error, error === null && lie !== undefined ? lie(answer) : answer);
      });
  const server = new grpc.Server();
  server.addService(service, { Range: handler("Range"), Txn: handler("Txn") });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return Object.assign(liar, {
    endpoint: `http://127.0.0.1:${port}`,
    close() {
      server.forceShutdown();
      upstream.close();
    },
  });
}
