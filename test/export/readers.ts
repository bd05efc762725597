/** The real readers of the formats: shells, Node, Python, docker, and the GitHub runner's parser as an oracle. */
import { spawn, spawnSync } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export function has(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: "ignore" }).status === 0;
}

function pairsOf(raw: Buffer | string): Map<string, string> {
  const pairs = raw
    .toString("utf8")
    .split("\0")
    .filter((pair) => pair !== "");
  return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}

function ran(program: string, args: readonly string[], input: string, env: NodeJS.ProcessEnv = {}): Buffer {
  const { status, stdout, stderr } = spawnSync(program, args, {
    input,
    env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8", ...env },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`${program}: ${stderr.toString("utf8")}`);
  return stdout;
}

/** `set -a; .` of a file: the environment a program started afterwards sees. `shell` is bash or sh. */
export function sourced(shell: string, file: string): Map<string, string> {
  return pairsOf(ran(shell, ["-c", `set -a; . "$1"; env -0`, shell, file], ""));
}

export function pythonDotenv(file: string): unknown {
  const script = "import dotenv,json,sys; print(json.dumps(dict(dotenv.dotenv_values(sys.argv[1]))))";
  return JSON.parse(ran("python3", ["-c", script, file], "").toString("utf8"));
}

export function pyYaml(text: string): unknown {
  const script = "import yaml,json,sys; print(json.dumps(yaml.safe_load(sys.stdin.buffer.read().decode())))";
  return JSON.parse(ran("python3", ["-c", script], text).toString("utf8"));
}

/** What `node --env-file` gives the program, without what it had before. */
export function nodeEnvFile(file: string): Map<string, string> {
  const script = `process.stdout.write(Object.entries(process.env).map((pair) => pair.join("=") + "\\0").join(""))`;
  return pairsOf(ran(process.execPath, [`--env-file=${file}`, "-e", script], ""));
}

/** Asks the docker program to create a container with `--env-file`; its daemon is a server that only listens. */
export async function dockerEnv(file: string): Promise<readonly string[]> {
  let env: readonly string[] | undefined;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      response.setHeader("Api-Version", "1.43");
      response.setHeader("Content-Type", "application/json");
      if (request.url?.includes("/containers/create") === true) {
        env = (JSON.parse(Buffer.concat(chunks).toString("utf8")) as { Env: readonly string[] }).Env;
        response.statusCode = 201;
        response.end('{"Id":"0123456789ab","Warnings":[]}');
      } else response.end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const child = spawn("docker", ["create", "--pull=never", "--env-file", file, "image"], {
      env: { PATH: process.env["PATH"], DOCKER_HOST: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}` },
    });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
    await new Promise((resolve) => child.on("close", resolve));
    if (env === undefined) throw new Error(`docker: ${said}`);
    return env;
  } finally {
    server.close();
  }
}

/**
 * The file that GITHUB_ENV names, as the runner reads it on Linux (actions/runner, FileCommandManager,
 * EnvFileKeyValuePairs, seen 2026-11): `NAME=value` lines and `NAME<<DELIMITER` blocks, whichever mark comes first.
 */
export function runnerEnv(text: string): Map<string, string> {
  const pairs = new Map<string, string>();
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if (line === "") continue;
    const [equals, heredoc] = [line.indexOf("="), line.indexOf("<<")];
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) pairs.set(line.slice(0, equals), line.slice(equals + 1));
    else if (heredoc > 0) {
      const delimiter = line.slice(heredoc + 2);
      const end = lines.indexOf(delimiter, at + 1);
      if (delimiter === "" || end < 0) throw new Error(`Matching delimiter not found ${delimiter}`);
      pairs.set(line.slice(0, heredoc), lines.slice(at + 1, end).join("\n"));
      at = end;
    } else throw new Error(`Invalid format '${line}'`);
  }
  return pairs;
}
