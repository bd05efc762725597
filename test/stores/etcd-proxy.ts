/** A TCP proxy in front of a server, which can be told to lose things. */
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/**
 * - `pass`: forwards everything.
 * - `deaf`: requests arrive, answers are thrown away.
 * - `mute`: nothing arrives, nothing comes back, the connection stays open.
 * - `cut-once`: the connection ends as soon as the client sends anything, which does not arrive; then `pass`.
 */
export type Mode = "pass" | "deaf" | "mute" | "cut-once";

export interface Proxy {
  readonly endpoint: string;
  mode: Mode;
  /** Ends all connections; new ones are served. */
  drop(): void;
  /** Ends all connections and serves no more. */
  close(): Promise<void>;
}

export async function startProxy(target: string): Promise<Proxy> {
  const { hostname, port, protocol } = new URL(target);
  const sockets = new Set<Socket>();
  const proxy = { mode: "pass" as Mode };
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on("data", (bytes) => {
      if (proxy.mode === "cut-once") {
        proxy.mode = "pass";
        client.destroy();
      } else if (proxy.mode !== "mute") upstream.write(bytes);
    });
    upstream.on("data", (bytes) => {
      if (proxy.mode === "pass") client.write(bytes);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const drop = (): void => sockets.forEach((socket) => socket.destroy());
  return Object.assign(proxy, {
    endpoint: `${protocol}//127.0.0.1:${(server.address() as AddressInfo).port}`,
    drop,
    async close() {
      drop();
      if (!server.listening) return;
      server.close();
      await once(server, "close");
    },
  });
}
