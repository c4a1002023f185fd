import { InstarError } from "../errors.ts";
import { isPromoted } from "../plan/course.ts";
import { type Deps, move, revisionOf, rowOf } from "./actions.ts";
import { confirmByHand } from "./confirm.ts";
import type { DeploymentView, ServiceKey } from "./control.ts";
import { refuseUnfit, underWay } from "./course.ts";
import { viewDeployment } from "./deployment.ts";
import { recall } from "./images.ts";
import type { SideControl } from "./side-control.ts";
import type { ServiceRow } from "./store.ts";
import { sharedVolumes } from "./volumes.ts";

/** Promote and split: changes of rows that the next pass acts on. */
export class SideDesk implements SideControl {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async promote(id: string, who: string): Promise<DeploymentView> {
    const { store, clock } = this.#deps;
    const now = clock.now();
    const row = await store.write(async (within) => {
      const found = await within.deployment(id);
      if (found === null) throw new InstarError("INS2005", `there is no deployment ${id}`);
      if (found.endedAt !== null) throw new InstarError("INS2007", `${id} ended: ${found.outcome}`);
      const confirmed = await confirmByHand(within, found, who, now);
      const { course } = found;
      // What waits to be confirmed before it begins goes on then by itself.
      if (confirmed && course === undefined) return found;
      if (course === undefined || found.direction === "back") throw new InstarError("INS2058", `${id} has no step to be promoted from`);
      if (isPromoted(course)) return found;
      const because = `promoted by ${who}`;
      const promoted = {
        ...((await within.deployment(id)) ?? found),
        course: { ...course, at: course.steps.length, since: null },
        paused: false,
        outcome: "running" as const,
        progressAt: now,
      };
      await within.putDeployment(promoted);
      await within.addStep(id, { at: now, do: "promote", instance: null, because });
      const { stack, service } = found;
      await within.addEvent(now, { kind: "deployment.promoted", stack, service, deployment: id, message: `${id} ${because}` });
      return promoted;
    });
    await this.#deps.changed([row]);
    return viewDeployment(store, row, clock.now());
  }

  async split(key: ServiceKey, shares: Parameters<SideControl["split"]>[1], who: string): Promise<DeploymentView> {
    const { store } = this.#deps;
    const row = await rowOf(store, key);
    const running = await underWay(store, row);
    if (running !== null) throw new InstarError("INS2060", `${running.id} of ${key.stack}/${key.service} has not ended`);
    await this.#check(key, row, shares);
    const most = [...shares].sort((a, b) => b.percent - a.percent)[0]?.revision ?? row.target;
    const split = shares.map(({ revision, percent }) => ({ revision, share: percent * 100 }));
    return move(this.#deps, {
      key,
      to: most,
      kind: "split",
      who,
      change: () => ({ stopped: false }),
      split: shares.length < 2 ? [] : split,
    });
  }

  async #check(key: ServiceKey, row: ServiceRow, shares: Parameters<SideControl["split"]>[1]): Promise<void> {
    const { store } = this.#deps;
    const name = `${key.stack}/${key.service}`;
    const refuse = (why: string): never => {
      throw new InstarError("INS2059", `${name}: ${why}`);
    };
    const sum = shares.reduce((all, { percent }) => all + percent, 0);
    if (sum !== 100) refuse(`the shares are ${sum} together, not 100`);
    if (shares.length > 2 * row.replicas)
      refuse(`${shares.length} revisions need more than twice the ${row.replicas} instances that are wanted`);
    const hashes = new Map<string, number>();
    for (const { revision } of shares) {
      const found = await revisionOf(store, key, revision);
      const same = hashes.get(found.instanceHash);
      if (same !== undefined) refuse(`revisions ${same} and ${revision} are made of the same`);
      hashes.set(found.instanceHash, revision);
      if (shares.length > 1)
        refuseUnfit(key, { ...found, replicas: Math.max(2, row.replicas) }, "split", await sharedVolumes(store, key.stack));
      await recall(this.#deps, found.image);
    }
  }
}
