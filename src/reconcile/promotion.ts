import { InstarError } from "../errors.ts";
import { parseReference } from "../lib/reference.ts";
import { carryImage } from "../spec/identity.ts";
import type { ServiceSpec } from "../spec/types.ts";
import { type Deps, moveToImage, revisionOf, rowOf } from "./actions.ts";
import type { DeploymentView, ServiceKey } from "./control.ts";
import { refuseUnfit } from "./course.ts";
import { recall } from "./images.ts";
import { sharedVolumes } from "./volumes.ts";

/**
 * The exact image that serves in another service, as its running instances have it: what was tried there is what comes here,
 * wherever its tag has moved since. Raises INS2056 while the other one moves, or where nothing of its last good revision runs.
 */
export async function deployFrom(
  deps: Deps,
  key: ServiceKey,
  from: ServiceKey,
  who: string,
  strategy?: ServiceSpec["strategy"],
): Promise<DeploymentView> {
  const { store, engine } = deps;
  const name = `${from.stack}/${from.service}`;
  if (key.stack === from.stack && key.service === from.service)
    throw new InstarError("INS2056", `${name} cannot be promoted from itself`, { hint: "name another service with --from" });
  const row = await rowOf(store, key);
  const source = await rowOf(store, from);
  if (source.deployment !== null) throw new InstarError("INS2056", `${name} is being moved by ${source.deployment}`);
  if (source.stable === null) throw new InstarError("INS2056", `${name} has no revision that succeeded`);
  const stable = await revisionOf(store, from, source.stable);
  const running = (await engine.instances(from)).filter(
    ({ state, instanceHash }) => state === "running" && instanceHash === stable.instanceHash,
  );
  if (running.length === 0) throw new InstarError("INS2056", `no instance of ${name}@${stable.number} runs`);
  const other = running.find(({ image }) => !stable.image.digests.includes(image));
  if (other !== undefined)
    throw new InstarError("INS2056", `${other.name} runs ${other.image}, which is not an image of ${name}@${stable.number}`);
  await recall(deps, stable.image);
  const current = await revisionOf(store, key, row.target);
  if (strategy !== undefined) refuseUnfit(key, { ...current, replicas: row.replicas }, strategy, await sharedVolumes(store, key.stack));
  // By its digest, so that a redeploy here does not follow the tag there. What was built on this engine has a tag only.
  const exact = parseReference(stable.image.runnable)?.digest == null ? stable.image.reference : stable.image.runnable;
  const image = { ...carryImage(current.image, stable.image), reference: exact };
  return moveToImage(deps, row, current, image, exact, "deploy", who, {
    ...(strategy === undefined ? {} : { strategy }),
    promoted: { stack: from.stack, service: from.service, revision: stable.number },
  });
}
