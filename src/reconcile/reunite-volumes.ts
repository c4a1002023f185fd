import type { Found } from "./reunite.ts";
import type { Store, VolumeRow } from "./store.ts";

/**
 * The rows of volumes, from the labels of those that Instar made and from what the instances say of their own. One without
 * our label that an instance mounts by its own stack's file was adopted. Rows that are there stay as they are.
 */
export async function reuniteVolumes(store: Store, { instances, volumes, origins }: Found): Promise<void> {
  const known = new Set((await store.volumes()).map(({ name }) => name));
  const there = new Map(volumes.map((volume) => [volume.name, volume]));
  const put = async (name: string, stack: string, owner: VolumeRow["owner"]): Promise<void> => {
    const volume = there.get(name);
    if (volume === undefined || known.has(name)) return;
    known.add(name);
    await store.putVolume({ name, stack, owner, origin: volume.ours ? "made" : "adopted" });
  };
  for (const { name, stack, ours, labels } of volumes) {
    const [service, slot, target] = ["service", "slot", "target"].map((key) => labels[`dev.instar.${key}`]);
    const owner = service === undefined || target === undefined ? null : { service, slot: Number(slot), target };
    if (ours && stack !== null) await put(name, stack, owner);
  }
  for (const { name, stack, service, slot } of instances) {
    const origin = origins.get(name);
    for (const [target, volume] of Object.entries(origin?.slotVolumes ?? {})) await put(volume, stack, { service, slot, target });
    for (const declared of Object.values(origin?.volumes ?? {})) if (!declared.external) await put(declared.name, stack, null);
  }
}
