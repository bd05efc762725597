/** Kills on the strict double of SSM: as a request arrives and is not carried out, and when it is and nobody hears of it. */
import { setImmediate as turn } from "node:timers/promises";
import { type Call, startDouble } from "../stores/ssm-double/double.ts";
import { setTestCredentials } from "../stores/ssm-double/open.ts";
import { driversTo } from "../stores/ssm-double/repo.ts";
import { type Ground, type Running, runChild } from "./ground.ts";

export async function ssmGround(): Promise<Ground> {
  const double = await startDouble();
  setTestCredentials();
  const seen = new Map<string, number>();

  function roleOf(name: string): string {
    const nth = (seen.get(name) ?? 0) + 1;
    seen.set(name, nth);
    if (name.includes("/.trueup/")) {
      if (name.includes("/gen/")) return "claim";
      if (name.includes("/parts/")) return "part of a ledger";
      const which = nth === 1 ? "first" : "last";
      return name.endsWith("/head") ? `head, ${which}` : `ledger, ${which}`;
    }
    return double.parameter(name) === undefined ? "new key" : "key";
  }

  const nameOf = ({ operation, names: [name = ""] }: Call): string =>
    operation === "PutParameter"
      ? `${operation} ${roleOf(name)}`
      : operation === "DeleteParameters"
        ? `${operation} ${name.includes("/gen/") ? "old claims" : "keys"}`
        : operation;

  return {
    kind: "ssm",
    hows: ["unsent", "unheard"],
    fits: (point, how) => how === "unsent" || /^(?:Put|Delete)/u.test(point),
    target: () =>
      `type: aws-ssm, connection: { endpoint: "${double.endpoint}", region: us-east-2, takeover: 1, rates: { read: 10000, write: 10000, describe: 10000, delete: 10000 } }`,
    drivers: driversTo(double.endpoint, { takeover: 16, settle: 100, timeout: 10_000 }),
    atom: (key) => key,
    clear() {
      for (const key of double.everything("/").keys()) double.handDelete(key);
      return Promise.resolve();
    },
    hand: (_, { key, text, secret }) => {
      double.handPut(key, text, { secret: secret === true });
      return Promise.resolve();
    },
    contents: () => Promise.resolve(double.everything("/")),
    trace(_, key) {
      const last = double.parameter(key)?.versions.at(-1);
      return Promise.resolve(`${last?.number} ${last?.at} ${last?.type}`);
    },
    traces: () => Promise.resolve(`${double.count("PutParameter", "DeleteParameters")}`),
    async run(child, folder, allow, kill) {
      const points: string[] = [];
      let running: Running | undefined;
      let [count, isOver] = [0, false];
      seen.clear();
      double.fault = (call) => {
        const name = nameOf(call);
        if (isOver) return undefined;
        points.push(name);
        const isHere = kill?.named === undefined ? ++count === kill?.at : name === kill.named;
        if (!isHere || kill === undefined) return undefined;
        isOver = true;
        running?.kill();
        return kill.how === "unsent" ? "lose-request" : "lose-reply";
      };
      const ran = await runChild([child.program, folder, allow.join(",")], {}, (started) => (running = started));
      double.fault = () => undefined;
      // What the dead process had sent is carried out all the same; then nothing of it is left.
      for (let turns = 0; turns < 4; turns++) await turn();
      return { ...ran, points };
    },
    stop: () => double.stop(),
  };
}
