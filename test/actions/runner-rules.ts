/**
 * A double of the GitHub runner, as far as an action can tell: what it gives to an action, what it takes from its
 * streams and files. After actions/runner 2.336 (seen 2026-11), each rule with the file it comes from; the grammar of
 * commands itself is in `test/attacks/runner-commands.ts`.
 */
import { type RunnerCommand, commandsIn } from "../attacks/runner-commands.ts";

/**
 * Variables for the inputs of a step (Runner.Worker/Handlers/Handler.cs, AddInputsToEnvironment): upper case, spaces to
 * underscores, everything else as it is.
 */
export function inputVariables(inputs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name.replaceAll(" ", "_").toUpperCase()}`, value]),
  );
}

/**
 * What the runner obeys in one stream. Lines end at CR LF, CR or LF (.NET's StreamReader.ReadLine in
 * Runner.Sdk/ProcessInvoker.cs); output and error are read alike (Runner.Worker/Handlers/NodeScriptActionHandler.cs), each
 * on its own. After `stop-commands` only the token that it named is heard (Runner.Worker/ActionCommandManager.cs).
 */
export function obeyed(stream: string): readonly RunnerCommand[] {
  const taken: RunnerCommand[] = [];
  let token: string | undefined;
  for (const line of stream.split(/\r\n|\r|\n/u)) {
    if (token !== undefined) {
      if (line.includes(token) && /::|##\[/u.test(line)) token = undefined;
      continue;
    }
    for (const command of commandsIn(line)) {
      taken.push(command);
      if (command.name.toLowerCase() === "stop-commands") token = command.data;
    }
  }
  return taken;
}

/** Levels that become annotations, of each at most ten, cut at 4,096 characters (Runner.Worker/ExecutionContext.cs, AddIssue). */
export function annotationsOf(commands: readonly RunnerCommand[]): Readonly<Record<string, readonly RunnerCommand[]>> {
  const of = (level: string) => commands.filter((command) => command.name === level).slice(0, 10);
  return { error: of("error"), warning: of("warning"), notice: of("notice") };
}

/**
 * The file that GITHUB_OUTPUT names (Runner.Worker/FileCommandManager.cs, EnvFileKeyValuePairs): `name=value`, or
 * `name<<end` with lines up to one that is `end`. The last value of a name counts. Throws where the runner fails the step.
 */
export function readOutputs(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  const lines = text.split(/\r\n|\r|\n/u);
  while (lines.length > 0) {
    const line = lines.shift() ?? "";
    if (line === "") continue;
    const [equals, heredoc] = [line.indexOf("="), line.indexOf("<<")];
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      found[line.slice(0, equals)] = line.slice(equals + 1);
      continue;
    }
    if (heredoc <= 0) throw new Error(`Invalid format '${line}'`);
    const end = line.slice(heredoc + 2);
    const stop = lines.indexOf(end);
    if (end === "" || stop < 0) throw new Error(`Matching delimiter not found '${end}'`);
    found[line.slice(0, heredoc)] = lines
      .splice(0, stop + 1)
      .slice(0, -1)
      .join("\n");
  }
  return found;
}

/** Above this many bytes a step summary is dropped whole (Runner.Worker/FileCommandManager.cs, CreateStepSummaryCommand). */
export const LARGEST_SUMMARY = 1_048_576;
