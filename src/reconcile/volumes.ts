import type { VolumeSpec } from "../spec/types.ts";
import type { Store } from "./store.ts";

/**
 * Engine names of the volumes that a stack's file declares shared: `shared: true`, or mounted read-write by several
 * services or replicas; `shared: false` forbids it (law 6).
 */
export async function sharedVolumes(store: Store, stack: string): Promise<ReadonlySet<string>> {
  const row = await store.stack(stack);
  const declared = row === null ? {} : (JSON.parse(row.volumes) as Record<string, VolumeSpec>);
  const writers = new Map<string, number>();
  for (const service of await store.services(stack)) {
    if (service.removed) continue;
    const names = new Set(
      service.applied.mounts.filter((m) => m.kind === "volume" && !m.readOnly && m.source !== null).map((m) => m.source ?? ""),
    );
    for (const name of names) writers.set(name, (writers.get(name) ?? 0) + service.replicas);
  }
  const shared = new Set<string>();
  for (const [key, count] of writers) {
    const volume = declared[key];
    if (volume?.shared === true || (volume?.shared !== false && count > 1)) shared.add(volume?.name ?? key);
  }
  return shared;
}
