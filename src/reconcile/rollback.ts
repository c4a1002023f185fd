import { InstarError } from "../errors.ts";
import type { Revision } from "../spec/types.ts";
import { type Deps, move, revisionOf, rowOf } from "./actions.ts";
import { refuseTaken } from "./clashes.ts";
import type { DeploymentView, ServiceKey } from "./control.ts";
import { warmOf } from "./course.ts";
import { recall } from "./images.ts";
import { refuseNone, refuseTogether, snapshotsBefore } from "./prelude.ts";
import type { ServiceRow, Store } from "./store.ts";
import { refuseTakenVolumes } from "./volume-moves.ts";
import { refuseForeign, refuseScaling } from "./volumes.ts";

/** The whole earlier revision, and the service is pinned to it. `to` null: the one that was good before the present one. */
export async function rollback(
  deps: Deps,
  key: ServiceKey,
  how: { readonly to: number | null; readonly data: boolean },
  who: string,
): Promise<DeploymentView> {
  const { to } = how;
  const row = await rowOf(deps.store, key);
  const restores = how.data ? await snapshotsBefore(deps.store, key, row.target) : {};
  const number = to ?? (await previousGood(deps.store, row));
  const revision = await revisionOf(deps.store, key, number);
  await refuseTaken(deps.store, revision);
  await refuseTakenVolumes(deps.store, revision);
  if (row.overrides.replicas !== undefined) await refuseScaling(deps.store, row, revision, row.replicas, revision.spec.replicas);
  if (how.data) {
    refuseNone(key, replicasOf(row, revision));
    await refuseForeign(deps, Object.keys(restores));
    await refuseTogether(deps.store, revision, row.replicas);
  }
  if (warmOf(row, number, deps.clock.now()) === null) await recall(deps, revision.image);
  const change = (fresh: ServiceRow): Partial<ServiceRow> => ({ stopped: false, replicas: replicasOf(fresh, revision) });
  return move(deps, { key, to: number, kind: "rollback", who, change, restores, amend: (id) => ({ pinned: id }) });
}

/** A number of replicas that somebody set by hand outlives the rollback: an incident is no time to lose capacity. */
const replicasOf = ({ overrides, replicas }: ServiceRow, { spec }: Revision): number =>
  overrides.replicas === undefined ? spec.replicas : replicas;

async function previousGood(store: Store, row: ServiceRow): Promise<number> {
  const good = (await store.deployments(row, 1000)).find((d) => d.outcome === "succeeded" && d.to !== row.target);
  if (good === undefined) throw new InstarError("INS2004", `${row.stack}/${row.service} has no earlier revision that succeeded`);
  return good.to;
}
