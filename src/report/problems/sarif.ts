/** Problems as SARIF 2.1.0, for code scanning. */
import { type Code, CODES, type LocatedProblem } from "../../problem.ts";
import { printJson } from "../json.ts";
import { whyText } from "../why.ts";

export interface SarifOptions {
  /** Version of this tool. */
  readonly version: string;
  /** Config root below the top of the repo, `""` or `config/`. */
  readonly prefix: string;
}

/** One JSON document, indented, ended by a line feed. One result per problem, one rule per code that occurs. */
export function sarifProblems(problems: readonly LocatedProblem[], options: SarifOptions): string {
  const codes = [...new Set(problems.map((problem) => problem.code))];
  return printJson({
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "trueup", version: options.version, rules: codes.map(ruleDocument) } },
        columnKind: "utf16CodeUnits",
        results: problems.map((problem) => resultDocument(problem, codes.indexOf(problem.code), options)),
      },
    ],
  });
}

function ruleDocument(code: Code): object {
  return {
    id: code,
    shortDescription: { text: CODES[code] },
    help: { text: whyText(code) },
  };
}

function resultDocument(problem: LocatedProblem, ruleIndex: number, options: SarifOptions): object {
  const file = problem.position?.file ?? problem.at?.file;
  const text = problem.fix === undefined ? problem.message : `${problem.message}\nfix: ${problem.fix}`;
  return {
    ruleId: problem.code,
    ruleIndex,
    level: problem.severity,
    message: { text },
    // Code scanning wants a place for every result; what has none is about the repo as a whole.
    locations: [{ physicalLocation: locationDocument(file ?? "trueup.yaml", problem, options) }],
    properties: { reach: problem.reach ?? [] },
  };
}

function locationDocument(file: string, problem: LocatedProblem, options: SarifOptions): object {
  const { position, masked } = problem;
  const uri = (options.prefix + file).split("/").map(encodePart).join("/");
  return {
    artifactLocation: { uri, uriBaseId: "%SRCROOT%" },
    ...(position === undefined
      ? {}
      : {
          region: {
            startLine: position.line,
            startColumn: position.column,
            // The end of a masked value would tell how long it is.
            ...(masked === true ? {} : { endLine: position.endLine, endColumn: position.endColumn }),
          },
        }),
  };
}

function encodePart(part: string): string {
  // Half of a surrogate pair has no URL form.
  return encodeURIComponent(part.replace(/\p{Cs}/gu, "\ufffd"));
}
