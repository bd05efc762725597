/** A short run of `npm run chaos`: one leader killed, one stopped, one cut off, while applies, a person and readers go on. */
import { expect, it } from "vitest";
import { describeWithEtcd } from "../stores/etcd-server.ts";
import { type Trouble, chaos } from "./chaos.ts";

describeWithEtcd("a cluster of three that is hurt while it is written to", () => {
  it("loses nothing that was acknowledged, and no answer is wrong", { timeout: 90_000 }, async () => {
    const troubles: Trouble[] = ["leader killed", "leader stopped", "leader cut off"];
    const { verdicts, counts } = await chaos({
      appliers: 2,
      lasts: 1200,
      peace: 1000,
      next: (done) => troubles[done],
    });
    expect(verdicts.wrongs).toEqual([]);
    expect([...counts.keys()]).toEqual(troubles);
    expect(verdicts.applied).toBeGreaterThan(2);
    expect(verdicts.samples).toBeGreaterThan(10);
    expect(verdicts.revisions).toBeGreaterThan(verdicts.applied - 1);
  });
});
