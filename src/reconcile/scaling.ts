import { type Deps, move, rowOf } from "./actions.ts";
import type { CauseKind, DeploymentView, ServiceKey } from "./control.ts";
import { rescaled, undecided, underWay } from "./course.ts";
import { viewDeployment } from "./deployment.ts";
import type { ServiceRow } from "./store.ts";

export async function scale(
  deps: Deps,
  key: ServiceKey,
  replicas: number,
  who: string,
  kind: CauseKind = "scale",
): Promise<DeploymentView> {
  const { store, clock } = deps;
  const found = await rowOf(store, key);
  // To none while nobody has let the new set in: it would be the only one afterwards.
  const back = replicas === 0 && (await undecided(store, found)) ? letIn(found) : null;
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
  return move(deps, { key, to: back?.target ?? found.target, kind, who, change: () => ({ replicas, stopped: false, ...back }), amend });
}

/** What was let in last. */
const letIn = ({
  stable,
  target,
  stableGeneration,
  stableOverrides,
}: ServiceRow): Pick<ServiceRow, "target" | "generation" | "overrides"> => ({
  ...{ target: stable ?? target, generation: stableGeneration, overrides: stableOverrides },
});

/** Drained, stopped and removed; `start` gives fresh instances. */
export async function stopService(deps: Deps, key: ServiceKey, stopped: boolean, who: string): Promise<DeploymentView> {
  const found = await rowOf(deps.store, key);
  // What nobody has let in does not come back as the only one.
  const back = (await undecided(deps.store, found)) ? letIn(found) : null;
  return move(deps, { key, to: back?.target ?? found.target, kind: "scale", who, change: () => ({ stopped, ...back }) });
}
