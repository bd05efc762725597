/** An SSM in a process of its own, so that its memory is not counted with ours: the double, or moto behind a counting front. */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { startDouble } from "../stores/ssm-double/double.ts";
import { USUAL } from "../stores/ssm-double/quotas.ts";

export type Kind = "moto" | "double" | "double with quotas";

/** Calls by operation, and how many of all were refused for their rate. */
export interface Counts {
  readonly calls: Readonly<Record<string, number>>;
  readonly throttled: number;
}

export interface Server {
  readonly endpoint: string;
  /** Since the last time it was asked. */
  counts(): Promise<Counts>;
  /** From the next call on, refuses every call for that long. */
  storm(ms: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts `program` (this benchmark, bundled) again as a server. */
export async function startServer(program: string, kind: Kind): Promise<Server> {
  const child = fork(program, ["serve", kind], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const [endpoint] = (await once(child, "message")) as [string];
  const ask = async (question: unknown): Promise<unknown> => {
    child.send(question as string);
    return ((await once(child, "message")) as [unknown])[0];
  };
  return {
    endpoint,
    counts: async () => (await ask("counts")) as Counts,
    storm: async (ms) => void (await ask({ storm: ms })),
    async stop() {
      const gone = once(child, "exit");
      child.send("stop");
      await gone;
    },
  };
}

interface Backend {
  readonly endpoint: string;
  readonly calls: { readonly operation: string; readonly answer: string }[];
  storm(ms: number): void;
  stop(): unknown;
}

/** What the child does: serves until it is told to stop. */
export async function serve(kind: Kind): Promise<void> {
  const backend = kind === "moto" ? await motoBackend() : await doubleBackend(kind === "double with quotas");
  process.on("message", (message: "counts" | "stop" | { readonly storm: number }) => {
    if (message === "counts") {
      const taken = backend.calls.splice(0);
      const calls: Record<string, number> = {};
      for (const { operation } of taken) calls[operation] = (calls[operation] ?? 0) + 1;
      const isThrottle = ({ answer }: { answer: string }): boolean => /^throttle$|Throttling/u.test(answer);
      process.send?.({ calls, throttled: taken.filter(isThrottle).length });
    } else if (message === "stop") {
      backend.stop();
      process.exit(0);
    } else {
      backend.storm(message.storm);
      process.send?.("done");
    }
  });
  process.on("disconnect", () => {
    backend.stop();
    process.exit(1);
  });
  process.send?.(backend.endpoint);
}

async function doubleBackend(isLimited: boolean): Promise<Backend> {
  const double = await startDouble({ oddPages: false, room: 100_000, ...(isLimited ? { quotas: USUAL } : {}) });
  return {
    endpoint: double.endpoint,
    calls: double.calls,
    storm: (ms) => {
      let end: number | undefined;
      double.fault = ({ at }) => {
        end ??= at + ms;
        return at < end ? "throttle" : undefined;
      };
    },
    stop: () => double.stop(),
  };
}

async function motoBackend(): Promise<Backend> {
  const calls: { operation: string; answer: string }[] = [];
  let upstream = "";
  const front = createServer(async (request, response) => {
    const body: Buffer[] = [];
    for await (const chunk of request) body.push(chunk as Buffer);
    const target = String(request.headers["x-amz-target"]);
    const headers = {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": target,
      authorization: request.headers.authorization ?? "",
    };
    const answer = await fetch(upstream, { method: "POST", body: Buffer.concat(body), headers });
    calls.push({ operation: target.replace("AmazonSSM.", ""), answer: String(answer.status) });
    response.writeHead(answer.status, { "content-type": headers["content-type"] });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  front.listen(0, "127.0.0.1");
  await once(front, "listening");
  const port = (front.address() as AddressInfo).port;
  const moto = await startMoto(port + 1 > 65_535 ? port - 1 : port + 1);
  upstream = moto.endpoint;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    calls,
    storm: () => undefined,
    stop: () => moto.child.kill("SIGKILL"),
  };
}

async function startMoto(port: number): Promise<{ readonly child: ChildProcess; readonly endpoint: string }> {
  const child = spawn("moto_server", ["-H", "127.0.0.1", "-p", String(port)], { stdio: ["ignore", "ignore", "pipe"] });
  for await (const line of createInterface({ input: child.stderr })) if (line.includes("Running on")) break;
  if (child.exitCode !== null) throw new Error("moto_server did not start");
  child.stderr.resume();
  return { child, endpoint: `http://127.0.0.1:${port}` };
}
