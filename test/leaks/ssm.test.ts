/** The same repos on the strict double of SSM, which sometimes answers with an error that holds every secret there is. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { type SsmDouble, startDouble } from "../stores/ssm-double/double.ts";
import { setTestCredentials } from "../stores/ssm-double/open.ts";
import { leakLines, runRepos } from "./tally.ts";

const REPOS = 24;
/** Seeds that no other test uses. */
const FIRST = 900_000;
let double: SsmDouble;

beforeAll(async () => {
  setTestCredentials();
  double = await startDouble();
});
afterAll(() => double.stop());

it(`finds no secret where none belongs, in ${REPOS} repos on SSM`, { timeout: 300_000 }, async () => {
  let calls = 0;
  let faults = 0;
  double.fault = ({ operation }) => {
    calls++;
    if (calls % 29 !== 0) return undefined;
    faults++;
    const all = JSON.stringify([...double.everything("/")]);
    const name = ["ValidationException", "AccessDeniedException", "ParameterLimitExceeded"][faults % 3] ?? "";
    return { name, message: `1 validation error of ${operation}: ${all}` };
  };
  const tally = await runRepos(FIRST, REPOS, { lines: 8, ssm: double });
  expect(leakLines(tally.leaks)).toEqual([]);
  expect(faults).toBeGreaterThan(REPOS);
  expect(tally.delivered).toBeGreaterThan(REPOS);
  expect([...tally.exits.keys()].filter((exit) => /^permissions \w+ 0$/u.test(exit))).not.toEqual([]);
  expect([...tally.exits.keys()].filter((exit) => exit.startsWith("apply"))).toEqual(
    expect.arrayContaining(["apply 0", "apply 1"]),
  );
});
