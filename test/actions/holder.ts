/** A TCP proxy that passes everything until a certain text is about to go through; that and all after it is held. */
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

export interface Holder {
  readonly endpoint: string;
  /** Resolves when something is held. */
  readonly held: Promise<void>;
  /** Drops what is held, with its connections; what comes after passes. */
  release(): void;
  close(): Promise<void>;
}

export async function startHolder(target: string, text: string): Promise<Holder> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let armed = true;
  let hold: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (hold = resolve));
  let isHolding = false;
  const drop = (): void => sockets.forEach((socket) => socket.destroy());
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
      if (armed && bytes.includes(text)) {
        isHolding = true;
        hold();
      }
      if (!isHolding) upstream.write(bytes);
    });
    upstream.on("data", (bytes) => {
      if (!isHolding) client.write(bytes);
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    held,
    release: () => {
      [armed, isHolding] = [false, false];
      drop();
    },
    close: async () => {
      drop();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}
