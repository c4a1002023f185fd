import { type Deps, move, rowOf } from "./actions.ts";
import type { DeploymentView, ServiceKey } from "./control.ts";
import { rescaled, underWay } from "./course.ts";
import { viewDeployment } from "./deployment.ts";
import type { ServiceRow } from "./store.ts";

export async function scale(deps: Deps, key: ServiceKey, replicas: number, who: string): Promise<DeploymentView> {
  const { store, clock } = deps;
  const { target } = await rowOf(store, key);
  const inStep = await store.write(async (within) => {
    const row = await rowOf(within, key);
    const running = await underWay(within, row);
    if (running === null || replicas === 0) return null;
    await within.addStep(running.id, {
      at: clock.now(),
      do: "scale",
      instance: null,
      because: `${replicas} instances are wanted by ${who}`,
    });
    return rescaled(within, { ...row, overrides: { ...row.overrides, replicas: { by: running.id } } }, running, replicas);
  });
  if (inStep !== null) {
    await deps.changed([key]);
    return viewDeployment(store, inStep, clock.now());
  }
  const amend = (id: string, row: ServiceRow): Partial<ServiceRow> => ({ overrides: { ...row.overrides, replicas: { by: id } } });
  return move(deps, { key, to: target, kind: "scale", who, change: () => ({ replicas, stopped: false }), amend });
}

/** Drained, stopped and removed; `start` gives fresh instances. */
export async function stopService(deps: Deps, key: ServiceKey, stopped: boolean, who: string): Promise<DeploymentView> {
  const found = await rowOf(deps.store, key);
  // What nobody has let in does not come back as the only one.
  const undecided = (await underWay(deps.store, found)) !== null && found.stable !== null;
  const back = { target: found.stable ?? found.target, generation: found.stableGeneration, overrides: found.stableOverrides };
  const change = (): Partial<ServiceRow> => ({ stopped, ...(undecided ? back : {}) });
  return move(deps, { key, to: undecided ? back.target : found.target, kind: "scale", who, change });
}
