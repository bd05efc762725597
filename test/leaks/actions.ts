/** The five actions in this process: log, outputs, summary, annotations and the files they leave. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { NOTHING_BEFORE } from "../../src/actions/forge-steps.ts";
import { ACTIONS, type ActionName } from "../../src/actions/inputs.ts";
import { guardStreams } from "../../src/actions/log.ts";
import { runAction } from "../../src/actions/run.ts";
import { type Run, ended, ioOf, overheard } from "./world.ts";

/** Inputs beside the defaults. */
const INPUTS: Readonly<Record<ActionName, Readonly<Record<string, string>>>> = {
  validate: { sarif: "out/action.sarif", strict: "true" },
  render: { out: "out/action", format: "k8s" },
  diff: {},
  apply: { env: "dev", allow: "drift,conflict,replace,adopt,dirty" },
  drift: { restore: "**", unmanaged: "list" },
};

export async function runActions(run: Run, count: number): Promise<void> {
  for (const name of run.random.some(ACTIONS, count)) await action(run, name);
}

async function action(run: Run, name: ActionName): Promise<void> {
  const streams = ["", ""];
  const stream = (index: number): { write: (chunk: string | Uint8Array) => boolean } => ({
    write: (chunk) => {
      streams[index] += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
      return true;
    },
  });
  const log = guardStreams(stream(0), stream(1));
  const published: string[] = [];
  const env = { ...run.env, CI: "true", GITHUB_ACTIONS: "true", GITHUB_EVENT_NAME: "push" };
  const inputs = INPUTS[name];
  const exit = await overheard(run, `action ${name}`, () =>
    runAction(name, {
      log,
      getInput: (asked) => inputs[asked] ?? "",
      setOutput: (output, value) => void published.push(`${output}=${value}`),
      addSummary: (markdown) => {
        published.push(markdown);
        return Promise.resolve();
      },
      // Hands a secret to the runner, which is what it is for.
      mask: () => undefined,
      payload: () => undefined,
      folder: () => mkdtempSync(join(run.folder, "out/action-")),
      io: { ...ioOf(run, env, { out: "", err: "" }, ""), out: log.out, err: log.err, outIsTerminal: false },
      deadline: new Promise(() => undefined),
      steps: { before: () => Promise.resolve(NOTHING_BEFORE), after: () => Promise.resolve({}) },
    }),
  );
  ended(run, `action ${name} ${exit}`);
  run.said.push([`log of action ${name}`, streams.join("\n")], [`outputs of action ${name}`, published.join("\n")]);
}
