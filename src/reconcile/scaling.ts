import { begun, type Deps, revisionOf, rowOf } from "./actions.ts";
import type { CauseKind, DeploymentView, ServiceKey } from "./control.ts";
import { rescaled, undecided, underWay } from "./course.ts";
import { viewDeployment } from "./deployment.ts";
import type { ServiceRow } from "./store.ts";
import { refuseScaling } from "./volumes.ts";

/** One transaction: the row is read in it, since the loop may have settled a deployment a moment ago, or turned one round. Raises INS2091. */
export async function scale(
  deps: Deps,
  key: ServiceKey,
  replicas: number,
  who: string,
  kind: CauseKind = "scale",
): Promise<DeploymentView> {
  const { store, clock } = deps;
  const deployment = await store.write(async (within) => {
    const row = await rowOf(within, key);
    const revision = await revisionOf(within, key, row.target);
    await refuseScaling(within, row, revision, replicas, Math.max(revision.spec.replicas, row.applied.replicas));
    const running = await underWay(within, row);
    if (running !== null && replicas > 0) {
      const because = `${replicas} instances are wanted by ${who}`;
      await within.addStep(running.id, { at: clock.now(), do: "scale", instance: null, because });
      return rescaled(within, { ...row, overrides: { ...row.overrides, replicas: { by: running.id } } }, running, replicas);
    }
    // To none while nobody has let the new set in: it would be the only one afterwards.
    const back = replicas === 0 && (await undecided(within, row)) ? letIn(row) : null;
    const amend = (id: string, after: ServiceRow): Partial<ServiceRow> => ({ overrides: { ...after.overrides, replicas: { by: id } } });
    const change = () => ({ replicas, stopped: false, ...back });
    return begun(within, { key, to: back?.target ?? row.target, kind, who, change, amend }, clock.now());
  });
  await deps.changed([key]);
  return viewDeployment(store, deployment, clock.now());
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

/** Drained, stopped and removed; `start` gives fresh instances, and leaves alone what is under way in a service that is not stopped. */
export async function stopService(deps: Deps, key: ServiceKey, stopped: boolean, who: string): Promise<DeploymentView> {
  const { store, clock } = deps;
  const deployment = await store.write(async (within) => {
    const row = await rowOf(within, key);
    const running = await underWay(within, row);
    if (!stopped && !row.stopped && running !== null) return running;
    // What nobody has let in does not come back as the only one.
    const back = (await undecided(within, row)) ? letIn(row) : null;
    const change = () => ({ stopped, ...back });
    return begun(within, { key, to: back?.target ?? row.target, kind: "scale", who, change }, clock.now());
  });
  await deps.changed([key]);
  return viewDeployment(store, deployment, clock.now());
}
