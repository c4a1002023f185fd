import type { Status } from "../plan/types.ts";
import type { Revision } from "../spec/types.ts";
import type { Hands } from "./perform.ts";
import type { EngineInstance } from "./ports.ts";
import type { DeploymentRow } from "./store.ts";

interface Sight {
  readonly deployment: DeploymentRow;
  readonly revision: Revision;
  readonly instances: readonly EngineInstance[];
  /** It brings ports and domains; it is neither a way back nor an end. */
  readonly forward: boolean;
  /** The revision before it; null: none. */
  readonly before: Revision | null;
}

/**
 * A deployment ends when every instance is seen to run the wanted digest, behind the ports and domains that it brings, as the router has
 * them (law 8). What another one holds until all of a group have arrived is looked at when it is theirs (groups.ts).
 */
export async function readBack(
  hands: Pick<Hands, "routing" | "store" | "recompose">,
  status: Status,
  { deployment, revision, instances, forward, before }: Sight,
): Promise<Status> {
  if (status.kind !== "converged") return status;
  const wrong = instances.find(
    (i) => i.instanceHash === revision.instanceHash && i.state === "running" && !revision.image.digests.includes(i.image),
  );
  if (wrong !== undefined) {
    const reason = `${wrong.name} runs ${wrong.image}, which is not an image of revision ${revision.number}`;
    return { kind: "failed", code: "INS5001", reason };
  }
  if (!forward) return status;
  const group = deployment.group === undefined ? null : await hands.store.group(deployment.group);
  if (group?.handover === "due") return status;
  const unserved = hands.routing.unserved(revision, before);
  if (unserved !== null) return { kind: "failed", code: "INS4001", reason: unserved };
  return (await whileLedElsewhere(hands, revision)) ?? status;
}

/** null: what it claims leads to it. What somebody holds who is under way is waited for; else it would never be its own. */
async function whileLedElsewhere(
  { routing, store, recompose }: Pick<Hands, "routing" | "store" | "recompose">,
  revision: Revision,
): Promise<Status | null> {
  if (routing.elsewhere(revision) === null) return null;
  // The rows may be ahead of the router, as after a handover.
  await recompose();
  const found = routing.elsewhere(revision);
  if (found === null || found === "unknown") return null;
  const owner = await store.service(found.owner);
  if (owner !== null && owner.deployment !== null) return { kind: "moving", waiting: found.words };
  return { kind: "failed", code: "INS4001", reason: found.words };
}
