/** What each answer of etcd means: recorded texts of 3.4 to 3.7 (api/v3rpc/rpctypes/error.go) and of gRPC. */
import { describe, expect, it } from "vitest";
import { optionsOf } from "../../src/stores/etcd/options.ts";
import { failureOf, isAuthOff, lacksNesting, standingOf } from "../../src/stores/etcd/status.ts";
import type { Status } from "../../src/stores/etcd/status.ts";

const status = (code: number, details: string, sent = true): Status => ({
  code,
  details,
  sent,
  endpoint: "http://etcd:2379",
});
const options = await optionsOf({ endpoints: ["http://etcd:2379"], username: "shop", password: "c4nary" }, ".");

describe("an answer of etcd", () => {
  it.each([
    [4, "Deadline exceeded after 10.001s", "unknown", "TIMEOUT"],
    [14, "etcdserver: request timed out", "unknown", "UNREACHABLE"],
    [14, "etcdserver: request timed out, possibly due to previous leader failure", "unknown", "UNREACHABLE"],
    [14, "etcdserver: leader changed", "unknown", "UNREACHABLE"],
    [14, "read ECONNRESET", "unknown", "UNREACHABLE"],
    [14, "Connection dropped", "unknown", "UNREACHABLE"],
    [2, "context deadline exceeded", "unknown", "UNREACHABLE"],
    [1, "Call cancelled", "unknown", "UNREACHABLE"],
    [13, "Received RST_STREAM with code 2", "unknown", "UNREACHABLE"],
    [8, "Received message larger than max (6291604 vs 4194304)", "unknown", "LIMIT"],
    [14, "No connection established. Last error: connect ECONNREFUSED", "unsent", "UNREACHABLE"],
    [14, "Name resolution failed for target dns:nowhere", "unsent", "UNREACHABLE"],
    [14, "etcdserver: rpc not supported for learner", "unsent", "UNREACHABLE"],
    [9, "etcdserver: rpc not supported for learner", "unsent", "INTERNAL"],
    [14, "etcdserver: no leader", "busy", "UNREACHABLE"],
    [8, "etcdserver: too many requests", "busy", "UNREACHABLE"],
    [16, "etcdserver: invalid auth token", "login", "DENIED"],
    [3, "etcdserver: revision of auth store is old", "login", "INTERNAL"],
    [7, "etcdserver: permission denied", "refused", "DENIED"],
    [3, "etcdserver: user name is empty", "refused", "DENIED"],
    [3, "etcdserver: authentication failed, invalid user ID or password", "refused", "DENIED"],
    [8, "etcdserver: mvcc: database space exceeded", "refused", "FULL"],
    [3, "etcdserver: request is too large", "refused", "LIMIT"],
    [8, "grpc: received message larger than max (2098187 vs. 2097152)", "refused", "LIMIT"],
    [3, "etcdserver: too many operations in txn request", "refused", "LIMIT"],
    [12, "unknown method Txn", "refused", "LIMIT"],
    [11, "etcdserver: mvcc: required revision has been compacted", "refused", "INCOMPLETE"],
    [15, "etcdserver: corrupt cluster", "refused", "CORRUPT"],
    [3, "etcdserver: duplicate key given in txn request", "refused", "INTERNAL"],
  ] as const)("%i %s is %s, and %s to people", (code, details, standing, failure) => {
    expect(standingOf(status(code, details))).toBe(standing);
    const shown = failureOf(status(code, details), options, "read /config/");
    expect(shown.code).toBe(failure);
    expect(shown.fix).toBeTruthy();
    expect(shown.message).toContain("http://etcd:2379");
    expect(shown.message).not.toContain("c4nary");
  });

  it("to a request that never left lets another endpoint be tried, whatever went wrong", () => {
    expect(standingOf(status(4, "Deadline exceeded", false))).toBe("unsent");
    expect(standingOf(status(14, "not connected", false))).toBe("unsent");
    expect(standingOf(status(3, "etcdserver: authentication failed, invalid user ID or password", false))).toBe(
      "refused",
    );
  });

  it("is repeated only where it is one of etcd's own sentences", () => {
    const details = (text: string) => failureOf(status(7, text), options, "read /config/").details;
    expect(details("etcdserver: permission denied")).toEqual(["etcdserver: permission denied"]);
    for (const strange of [
      "denied: password=hunter2",
      "etcdserver: /config/db/password=hunter2",
      `etcdserver: ${"a".repeat(200)}`,
    ])
      expect(details(strange)).toEqual([]);
  });

  it("tells servers that cannot nest, and servers without users", () => {
    expect(lacksNesting(status(3, "etcdserver: too many operations in txn request"))).toBe(true);
    expect(lacksNesting(status(3, "etcdserver: unsupported operations in txn request"))).toBe(true);
    expect(lacksNesting(status(12, ""))).toBe(true);
    expect(lacksNesting(status(7, "etcdserver: permission denied"))).toBe(false);
    expect(isAuthOff(status(9, "etcdserver: authentication is not enabled", false))).toBe(true);
  });
});
