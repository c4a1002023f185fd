import { InstarError } from "../errors.ts";
import type { Deps } from "./actions.ts";
import type { DownView, ServiceKey } from "./control.ts";
import { beginRemoval } from "./deployment.ts";
import type { VolumeControl } from "./volume-control.ts";
import { inUse } from "./volume-refusals.ts";

const POLL_MS = 50;

export interface DownDeps extends Deps {
  readonly volumes: Pick<VolumeControl, "remove">;
}

/**
 * Every instance drains and goes, then the networks; volumes stay unless they are named for removal. History stays. Raises INS3011 for
 * a volume that something else holds, before anything is changed.
 */
export async function down(deps: DownDeps, stack: string, how: { volumes: boolean; who: string }): Promise<DownView> {
  const { store, engine, clock } = deps;
  const row = await store.stack(stack);
  if (row === null || (row.removed && !how.volumes)) throw new InstarError("INS2006", `there is no stack ${stack}`);
  if (how.volumes) await refuseHeld(deps, stack);
  const keys: ServiceKey[] = [];
  await store.write(async (within) => {
    for (const service of await within.services(stack)) {
      // Pruned, or a `down` that a killed daemon left: on its way out already, and in the networks until it is gone.
      if (!service.removed || service.deployment !== null) keys.push(service);
      if (service.removed) continue;
      await beginRemoval(within, service, how.who, "the stack goes down", clock.now());
    }
  });
  const removed = (await engine.instances({ stack })).map((i) => i.name);
  await deps.changed(keys);
  await gone(deps, keys);
  // A container that was adopted could not start again with an end in a network that is gone.
  for (const { id, attached } of (await store.adoption(stack))?.containers ?? [])
    for (const network of attached) await engine.detach(stack, id, network);
  for (const network of await store.networks()) {
    if (network.stack !== stack) continue;
    await engine.removeNetwork(network.name);
    await store.dropNetwork(network.name);
    removed.push(network.name);
  }
  const names = await ownVolumes(deps, stack);
  if (how.volumes) for (const name of names) await deps.volumes.remove(name, how.who);
  await store.write(async (within) => {
    await within.putStack({ ...row, removed: true, updatedAt: clock.now() });
    // Also of those that a `down` before this one removed, and a killed daemon did not come to here.
    for (const service of await within.services(stack)) {
      await within.dropPorts(service);
      await within.putService({ ...service, pinned: null, overrides: {} });
    }
    await within.addEvent(clock.now(), {
      kind: "stack.down",
      stack,
      message: `${stack} went down by ${how.who}; volumes ${how.volumes ? "removed" : "kept"}: ${names.join(", ") || "none"}`,
    });
  });
  await deps.changed(keys);
  return { removed, keptVolumes: how.volumes ? [] : names, removedVolumes: how.volumes ? names : [] };
}

/** Of this stack by label, or by the row that an adoption left. */
async function ownVolumes({ store, engine }: Deps, stack: string): Promise<string[]> {
  const adopted = new Set((await store.volumes(stack)).filter(({ origin }) => origin === "adopted").map(({ name }) => name));
  return (await engine.volumes())
    .filter((volume) => adopted.has(volume.name) || (volume.ours && volume.stack === stack))
    .map(({ name }) => name)
    .sort();
}

/** The engine removes no volume that a container has, be it stopped: the stack would be half gone by then. */
async function refuseHeld(deps: Deps, stack: string): Promise<void> {
  const { store, engine } = deps;
  const users = (await engine.volumeUsers()).filter((user) => !user.ours || user.stack !== stack);
  for (const name of await ownVolumes(deps, stack)) {
    const holders = users.filter(({ volume }) => volume === name);
    if (holders.length === 0) continue;
    const kept = new Set((await store.adoption(stack))?.containers.map((one) => one.name));
    throw inUse(
      name,
      holders,
      holders.some(({ container }) => kept.has(container))
        ? `nothing was changed; end the way back of its adoption first: instar adopt ${stack} --finish`
        : `nothing was changed; remove what holds it, or keep the volumes: instar down ${stack}`,
    );
  }
}

async function gone(deps: Deps, keys: readonly ServiceKey[]): Promise<void> {
  for (;;) {
    const left = [];
    for (const key of keys) {
      const row = await deps.store.service(key);
      if (row?.deployment != null) left.push(key);
    }
    if (left.length === 0) return;
    await new Promise<void>((resolve) => deps.clock.after(POLL_MS, resolve));
  }
}
