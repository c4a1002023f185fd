import { expect, test } from "vitest";
import type { AdoptionRow, CompletionRow, CrashRow, VolumeRow } from "../../src/reconcile/store.ts";
import { DB, deployment, fact, MAIL, MOMENT, type Place, revision, serviceRow, WEB } from "./store-world.ts";

const names = (rows: readonly { readonly service: string }[]): string[] => rows.map(({ service }) => service);

/** Of stacks, services, deployments and what they were given. */
export function rowsConformance(place: Place): void {
  test("stacks and services are kept by name, in the order of their names", async () => {
    const stack = { name: "shop", updatedAt: MOMENT, removed: false, networks: "{}", volumes: "{}" };
    for (const row of [stack, { ...stack, name: "post" }, { ...stack, removed: true }]) await place().putStack(row);
    expect((await place().stacks()).map(({ name, removed }) => [name, removed])).toEqual([
      ["post", false],
      ["shop", true],
    ]);
    expect(await place().stack("shop")).toEqual({ ...stack, removed: true });
    expect(await place().stack("none")).toBeNull();
    for (const key of [WEB, DB, MAIL]) await place().putService(serviceRow(key));
    await place().putService(serviceRow({ ...DB, target: 7 }));
    expect(names(await place().services())).toEqual(["mail", "db", "web"]);
    expect(names(await place().services("shop"))).toEqual(["db", "web"]);
    expect(await place().service(DB)).toEqual(serviceRow({ ...DB, target: 7 }));
    expect(await place().service({ stack: "post", service: "web" })).toBeNull();
  });

  test("revisions are numbered within their service, newest first; one with a number keeps it", async () => {
    expect((await place().addRevision(revision())).number).toBe(1);
    expect((await place().addRevision(revision(DB))).number).toBe(1);
    await place().putRevision({ ...revision({ instanceHash: "five" }), number: 5 });
    expect(await place().addRevision(revision({ instanceHash: "six" }))).toEqual({ ...revision({ instanceHash: "six" }), number: 6 });
    await place().putRevision({ ...revision({ instanceHash: "one" }), number: 1 });
    expect((await place().revisions(WEB)).map(({ number, instanceHash }) => [number, instanceHash])).toEqual([
      [6, "six"],
      [5, "five"],
      [1, "one"],
    ]);
    expect((await place().revision(WEB, 5))?.instanceHash).toBe("five");
    expect(await place().revision(WEB, 2)).toBeNull();
    expect(await place().images()).toEqual(Array(4).fill(revision().image));
  });

  test("deployments are numbered through all services, newest first; one that is not there is not put", async () => {
    const ids: string[] = [];
    for (const key of [WEB, DB, WEB, WEB]) ids.push((await place().addDeployment(deployment(key))).id);
    expect(ids).toEqual(["D1", "D2", "D3", "D4"]);
    await place().putDeployment({ ...deployment({ outcome: "succeeded", endedAt: MOMENT }), id: "D3" });
    await place().putDeployment({ ...deployment(), id: "D9" });
    expect((await place().deployments(WEB, 2)).map(({ id, outcome }) => [id, outcome])).toEqual([
      ["D4", "running"],
      ["D3", "succeeded"],
    ]);
    expect(await place().deployments(WEB, 100)).toHaveLength(3);
    expect(await place().deployment("D2")).toEqual({ ...deployment(DB), id: "D2" });
    for (const id of ["D9", "nonsense", ""]) expect(await place().deployment(id)).toBeNull();
  });

  test("steps of a deployment come in the order in which they were done", async () => {
    for (const [deployment, what] of [
      ["D1", "create"],
      ["D2", "start"],
      ["D1", "create"],
    ] as const)
      await place().addStep(deployment, { at: MOMENT, do: what, instance: null, because: "it is wanted" });
    expect(await place().steps("D1")).toEqual([1, 2].map(() => ({ at: MOMENT, do: "create", instance: null, because: "it is wanted" })));
    expect(await place().steps("D3")).toEqual([]);
  });

  test("facts are kept by container and found by service", async () => {
    for (const row of [fact("c1"), fact("c2", DB), fact("c1", { heal: "it drifted" }), fact("c3")]) await place().putFact(row);
    await place().dropFact("c3");
    await place().dropFact("c4");
    expect(await place().facts(WEB)).toEqual(new Map([["c1", fact("c1", { heal: "it drifted" })]]));
    expect([...(await place().facts(DB)).keys()]).toEqual(["c2"]);
  });

  test("crashes are found by service and time, oldest first, until they are cleared", async () => {
    const crash = { ...WEB, revision: 1, slot: 1, attempt: 1, instance: "i", exitCode: 3, reason: "it ended" };
    const rows: CrashRow[] = [10, 20, 20].map((at) => ({ ...crash, at }));
    for (const row of [...rows, { ...crash, ...DB, at: 15 }]) await place().addCrash(row);
    expect(await place().crashes(WEB, 0)).toEqual(rows);
    expect(await place().crashes(WEB, 20)).toEqual(rows.slice(1));
    await place().clearCrashes(WEB);
    expect([await place().crashes(WEB, 0), (await place().crashes(DB, 0)).length]).toEqual([[], 1]);
  });

  test("the last completion of each slot stands", async () => {
    const done: CompletionRow = {
      ...WEB,
      ...{ slot: 2, revision: 1, generation: 1, instanceHash: "aa", instance: "i", exitCode: 0, at: MOMENT, log: ["done"] },
    };
    for (const row of [done, { ...done, slot: 1 }, { ...done, exitCode: 4 }, { ...done, ...DB }]) await place().putCompletion(row);
    expect(await place().completions(WEB)).toEqual([
      { ...done, slot: 1 },
      { ...done, exitCode: 4 },
    ]);
  });

  test("an adoption is its stack's, until it is dropped", async () => {
    const row: AdoptionRow = { stack: "shop", at: MOMENT, who: "ann", state: "active", networks: { default: "old" }, containers: [] };
    for (const one of [row, { ...row, stack: "post" }, { ...row, state: "undoing" as const }]) await place().putAdoption(one);
    expect(await place().adoption("shop")).toEqual({ ...row, state: "undoing" });
    expect((await place().adoptions()).map(({ stack }) => stack)).toEqual(["post", "shop"]);
    await place().dropAdoption("shop");
    expect(await place().adoption("shop")).toBeNull();
  });

  test("networks, volumes and ports are kept once each", async () => {
    const network = { name: "shop_default", stack: "shop", subnet: "10.209.0.0/23" };
    for (const row of [network, { ...network, name: "other" }, { ...network, subnet: "10.209.2.0/23" }]) await place().putNetwork(row);
    await place().dropNetwork("other");
    expect(await place().networks()).toEqual([{ ...network, subnet: "10.209.2.0/23" }]);

    const volume: VolumeRow = { name: "shop_data", stack: "shop", owner: null, origin: "made" };
    const owned: VolumeRow = { ...volume, name: "a", owner: { service: "web", slot: 1, target: "/data" } };
    for (const row of [volume, owned, { ...volume, name: "m", stack: "post" }]) await place().putVolume(row);
    await place().putVolume({ ...volume, origin: "adopted" });
    expect((await place().volumes()).map(({ name }) => name)).toEqual(["a", "m", "shop_data"]);
    expect(await place().volumes("shop")).toEqual([owned, { ...volume, origin: "adopted" }]);
    await place().dropVolume("a");
    expect(await place().volumes("shop")).toHaveLength(1);

    const port = { ...WEB, target: 80, protocol: "tcp", published: 8080 };
    for (const row of [port, { ...port, protocol: "udp" }, { ...port, published: 9090 }, { ...port, ...DB }]) await place().putPort(row);
    expect(await place().ports()).toHaveLength(3);
    expect(await place().ports()).toContainEqual({ ...port, published: 9090 });
    await place().dropPorts(WEB);
    expect(await place().ports()).toEqual([{ ...port, ...DB }]);
  });
}
