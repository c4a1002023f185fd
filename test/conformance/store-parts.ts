import { expect, test } from "vitest";
import type { FollowRow } from "../../src/reconcile/autoredeploy-store.ts";
import type { DeclaredExec } from "../../src/reconcile/execution.ts";
import type { FreezeRow } from "../../src/reconcile/freeze-store.ts";
import type { GroupRow } from "../../src/reconcile/groups-store.ts";
import type { JobRow } from "../../src/reconcile/jobs-store.ts";
import type { DeliveryRow, TriggerRow } from "../../src/reconcile/trigger-store.ts";
import { DB, MOMENT, type Place, WEB } from "./store-world.ts";

/** Of freezes, contexts, jobs and groups, triggers and registries. */
export function partsConformance(place: Place): void {
  test("a freeze is its volume's until it is dropped", async () => {
    const row: FreezeRow = {
      ...{ volume: "shop_b", stack: "shop", instances: ["i"], who: "ann", at: MOMENT },
      freeze: { command: ["sync"], thaw: [], timeoutMs: 1, limitMs: 2 },
    };
    for (const one of [row, { ...row, volume: "shop_a" }, { ...row, instances: [] }]) await place().putFreeze(one);
    expect(await place().freezes()).toEqual([
      { ...row, volume: "shop_a" },
      { ...row, instances: [] },
    ]);
    await place().dropFreeze("shop_a");
    expect(await place().freezes()).toHaveLength(1);
  });

  test("of declared executions the newest thousand are kept", async () => {
    const row = (id: string): DeclaredExec => ({ id, instance: "i", command: ["sync"], why: "freeze", who: "ann", at: MOMENT });
    await place().write(async (within) => {
      for (let n = 1; n <= 1002; n++) await within.addDeclaredExec(row(`e${n}`));
    });
    const kept = await place().declaredExecs();
    expect([kept.size, kept.has("e2"), kept.get("e3"), kept.has("e1002")]).toEqual([1000, false, row("e3"), true]);
  });

  test("contexts are kept by service and identity, and what was told by instance", async () => {
    const context = { ...WEB, identity: "a", version: "1", at: MOMENT };
    for (const row of [context, { ...context, identity: "b" }, { ...context, version: "2" }]) await place().putContext(row);
    await place().dropContext({ ...WEB, identity: "b" });
    await place().dropContext({ ...DB, identity: "a" });
    expect(await place().contexts()).toEqual([{ ...context, version: "2" }]);
    for (const [id, version] of [
      ["c1", "1"],
      ["c2", "1"],
      ["c1", "2"],
    ] as const)
      await place().putTold({ ...WEB, id, version });
    await place().dropTold("c2");
    expect(await place().told()).toEqual([{ ...WEB, id: "c1", version: "2" }]);
  });

  test("jobs are kept by deployment and moment, before and then after; those are open whose container may be there", async () => {
    const job: JobRow = {
      ...{ ...WEB, deployment: "D2", moment: "after", revision: 1, job: "job", container: "c", createdAt: MOMENT },
      ...{ startedAt: null, stoppedBecause: null, result: null, closed: false },
    };
    const before: JobRow = { ...job, moment: "before" };
    for (const row of [job, before, { ...job, deployment: "D10" }, { ...job, deployment: "D3", ...DB }]) await place().putJob(row);
    expect(await place().job("D2", "after")).toEqual(job);
    expect(await place().job("D3", "before")).toBeNull();
    expect(await place().jobsOf("D2")).toEqual([before, job]);
    expect(await place().openJobs(WEB)).toEqual([before, job, { ...job, deployment: "D10" }]);
    await place().putJob({ ...before, closed: true, startedAt: MOMENT });
    expect(await place().openJobs(WEB)).toEqual([job, { ...job, deployment: "D10" }]);
    expect(await place().jobsOf("D2")).toHaveLength(2);
  });

  test("a cursor begins nowhere, and stands where it was put", async () => {
    expect(await place().cursor("hooks")).toBeNull();
    for (const seq of [4, 9]) await place().putCursor("hooks", seq);
    expect([await place().cursor("hooks"), await place().cursor("other")]).toEqual([9, null]);
  });

  test("groups are numbered; one that is not there is not put", async () => {
    const group: Omit<GroupRow, "id"> = {
      ...{ stack: "shop", who: "ann", members: ["D1"], prune: [], outcome: "running", reason: null, startedAt: MOMENT, endedAt: null },
    };
    expect(await place().write((within) => within.addGroup(group))).toEqual({ ...group, id: "G1" });
    expect((await place().write((within) => within.addGroup(group))).id).toBe("G2");
    await place().putGroup({ ...group, id: "G1", outcome: "succeeded" });
    await place().putGroup({ ...group, id: "G7" });
    expect(await place().group("G1")).toEqual({ ...group, id: "G1", outcome: "succeeded" });
    for (const id of ["G7", "nonsense"]) expect(await place().group(id)).toBeNull();
  });

  test("triggers go with their deliveries", async () => {
    const trigger: TriggerRow = {
      ...{ ...WEB, id: "t2", name: null, kind: "redeploy", secretHash: "aa", hmac: false, body: false, anyTag: false, by: 1, most: 1 },
      ...{ createdAt: MOMENT, who: "ann", calls: { accepted: 0, refused: 0 }, last: null },
    };
    const called: TriggerRow = { ...trigger, calls: { accepted: 1, refused: 0 } };
    for (const row of [trigger, { ...trigger, id: "t1" }, { ...trigger, ...DB, id: "t3" }, called]) await place().putTrigger(row);
    expect((await place().triggers()).map(({ id }) => id)).toEqual(["t3", "t1", "t2"]);
    expect(await place().trigger("t2")).toEqual(called);

    const delivery: DeliveryRow = { trigger: "t2", key: "k1", at: 20, deployment: null, reason: "taken", callback: "http://here" };
    for (const row of [delivery, { ...delivery, key: "k2", at: 10 }, { ...delivery, trigger: "t1" }]) await place().putDelivery(row);
    expect((await place().owedCallbacks()).map(({ at }) => at)).toEqual([10, 20, 20]);
    await place().putDelivery({ ...delivery, callback: null });
    expect((await place().owedCallbacks()).map(({ trigger, key }) => [trigger, key])).toEqual([
      ["t2", "k2"],
      ["t1", "k1"],
    ]);
    await place().dropDeliveries(15);
    expect(await place().delivery("t2", "k2")).toBeNull();
    expect(await place().delivery("t2", "k1")).toEqual({ ...delivery, callback: null });
    await place().dropTrigger("t2");
    expect([await place().trigger("t2"), await place().delivery("t2", "k1")]).toEqual([null, null]);
    expect(await place().delivery("t1", "k1")).not.toBeNull();
  });

  test("who follows a registry has one row, and an image that was pulled is known by its name", async () => {
    const follow: FollowRow = { ...WEB, sighting: null, approved: null, began: null, trouble: null };
    expect(await place().followed(WEB)).toBeNull();
    for (const row of [follow, { ...follow, approved: { digest: "sha256:aa", by: "ann" } }]) await place().putFollow(row);
    expect((await place().followed(WEB))?.approved?.by).toBe("ann");
    expect(await place().followed(DB)).toBeNull();
    for (const [reference, at] of [
      ["web:1", 1],
      ["web:2", 2],
      ["web:1", 3],
    ] as const)
      await place().putPull(reference, at);
    await place().dropPull("web:2");
    expect(await place().pulls()).toEqual(["web:1"]);
  });
}
