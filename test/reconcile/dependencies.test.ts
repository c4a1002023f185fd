import { beforeEach, describe, expect, it } from "vitest";
import type { CauseKind } from "../../src/reconcile/control.ts";
import { type Dependencies, lookAtDependencies, NONE } from "../../src/reconcile/dependencies.ts";
import type { EngineInstance } from "../../src/reconcile/ports.ts";
import type { DeploymentRow, ServiceRow } from "../../src/reconcile/store.ts";
import type { DependencySpec } from "../../src/spec/types.ts";
import { DB, deployment, MOMENT, revision, serviceRow } from "../conformance/store-world.ts";
import { createFakeStore, type FakeStore } from "../sim/fake-store.ts";

let store: FakeStore;
beforeEach(() => {
  store = createFakeStore("here");
});

const CONDITIONS: readonly DependencySpec["condition"][] = ["service_started", "service_healthy", "service_completed_successfully"];
/** What a deployment of `web`, which depends on `db`, waits for. */
function waited(dependency: DependencySpec, kind: CauseKind, instances: readonly EngineInstance[] = []): Promise<Dependencies> {
  const { spec, ...web } = { ...revision(), number: 1 };
  const of = { cause: { kind, who: "ann" }, startedAt: MOMENT };
  return lookAtDependencies(store, async () => instances, { ...web, spec: { ...spec, dependsOn: { db: dependency } } }, of);
}
const db = (given: Partial<ServiceRow> = {}) => store.putService(serviceRow({ ...DB, deployment: null, ...given }));

describe("a dependency that is not deployed", () => {
  it.each([
    ["that was removed", true],
    ["that never was there", false],
  ])("%s holds up an up, whose file has it, and nothing else", async (_what, removed) => {
    if (removed) await db({ removed: true });
    for (const condition of CONDITIONS) {
      const required = { condition, required: true };
      expect(await waited(required, "up")).toEqual({ waitsFor: "waits for db, which is not deployed", failed: null });
      for (const kind of ["redeploy", "deploy", "drift", "scale"] as const) expect(await waited(required, kind)).toEqual(NONE);
      expect(await waited({ condition, required: false }, "up")).toEqual(NONE);
    }
  });
});

describe("a dependency that failed", () => {
  it("in its first deployment fails who requires it, and holds up nobody else", async () => {
    await db({ halted: "D7" });
    for (const condition of CONDITIONS) {
      expect(await waited({ condition, required: true }, "up")).toEqual({ waitsFor: null, failed: "db failed in D7" });
      expect(await waited({ condition, required: false }, "up")).toEqual(NONE);
    }
  });

  it("as a one-off that ended with an error fails who requires it, and holds up nobody else", async () => {
    await db({ target: 2 });
    const ended = { state: "exited", exitCode: 7, revision: 2 } as EngineInstance;
    const condition = "service_completed_successfully";
    expect(await waited({ condition, required: true }, "up", [ended])).toEqual({ waitsFor: null, failed: "db ended with exit code 7" });
    expect(await waited({ condition, required: false }, "up", [ended])).toEqual(NONE);
  });

  it("as a one-off that went back since fails who requires it, although it completed once", async () => {
    await db({ target: 2 });
    const { id } = await store.addDeployment(deployment({ ...DB, to: 2 }));
    const ended = { ...(await store.deployment(id)), outcome: "rolled-back", endedAt: MOMENT, reason: null } as DeploymentRow;
    const completed = { state: "exited", exitCode: 0, revision: 2 } as EngineInstance;
    const condition = "service_completed_successfully";
    await store.putDeployment({ ...ended, endedAt: MOMENT - 1 });
    expect((await waited({ condition, required: true }, "up", [completed])).failed).toBe(null);
    await store.putDeployment(ended);
    const failed = `db is rolled-back in ${id}: it was asked for`;
    expect(await waited({ condition, required: true }, "up", [completed])).toEqual({ waitsFor: null, failed });
    for (const other of ["service_started", "service_healthy"] as const)
      expect((await waited({ condition: other, required: true }, "up", [completed])).failed).toBe(null);
    expect((await waited({ condition, required: false }, "up", [completed])).failed).toBe(null);
  });

  it("is not yet a failure while its deployment may try again", async () => {
    const { id } = await store.addDeployment(deployment({ ...DB, to: 2 }));
    await db({ target: 2, deployment: id });
    const ended = { state: "exited", exitCode: 7, revision: 2 } as EngineInstance;
    for (const required of [true, false])
      expect(await waited({ condition: "service_completed_successfully", required }, "up", [ended])).toEqual({
        waitsFor: "waits for db to complete",
        failed: null,
      });
  });
});
