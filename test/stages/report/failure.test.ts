import { describe, expect, it } from "vitest";
import { Failure } from "../../../src/failure.ts";
import { humanFailure, jsonFailure } from "../../../src/report/failure.ts";

const failure = new Failure("UNREACHABLE", "etcd in prod.us-east-2 did not answer", {
  details: ["https://etcd.us-east-2.example.com:2379: connection refused"],
  fix: "check the network with trueup doctor",
  cause: new Error("ECONNREFUSED at secret-stack-frame.js:12"),
});

describe("failures", () => {
  it("say what happened, the details, the cure, and no stack", () => {
    const text = humanFailure(failure, { color: false });
    expect(text).toBe(
      "error[UNREACHABLE]: etcd in prod.us-east-2 did not answer\n" +
        "  https://etcd.us-east-2.example.com:2379: connection refused\n" +
        "  fix   check the network with trueup doctor\n",
    );
  });

  it("are one JSON document with the exit code", () => {
    expect(JSON.parse(jsonFailure(failure))).toEqual({
      version: 1,
      error: {
        code: "UNREACHABLE",
        message: "etcd in prod.us-east-2 did not answer",
        details: ["https://etcd.us-east-2.example.com:2379: connection refused"],
        fix: "check the network with trueup doctor",
      },
      exit: 1,
    });
    expect(JSON.parse(jsonFailure(new Failure("REFUSED", "no")))).toMatchObject({ exit: 4, error: { details: [] } });
  });
});
