import { asMap } from "./deploy.ts";
import { child, type Entry, fail } from "./node.ts";
import { notice, type Scene } from "./scene.ts";
import type { ServiceSpec, StackSpec } from "./types.ts";

/**
 * A volume that several services or replicas mount read-write is shared by that declaration, with a notice at the volume;
 * `shared: false` forbids it (INS1004) and `shared: true` says that it is meant.
 */
export function checkSharing(scene: Scene, volumes: ReadonlyMap<string, Entry>, stack: Pick<StackSpec, "services" | "volumes">): void {
  for (const [key, { shared, snapshot, freeze }] of Object.entries(stack.volumes)) {
    const writers = Object.entries(stack.services).filter(([, service]) => writes(service, key));
    const instances = writers.reduce((sum, [, { replicas }]) => sum + replicas, 0);
    const entry = volumes.get(key);
    const several = instances > 1;
    if ((several || shared === true) && snapshot !== undefined && freeze === undefined && entry !== undefined)
      fail(
        "INS1004",
        entry.value,
        `a snapshot before a deployment needs a single writer, and ${several ? `${instances} instances write to it` : "shared: true allows more"}`,
        `${several ? "mount it read-only where it is only read" : "leave shared: true out"}, or declare how its writers are frozen meanwhile (x-instar: { freeze: … })`,
      );
    if (shared === true || instances < 2 || entry === undefined) continue;
    const who = writers.map(([name, { replicas }]) => (replicas > 1 ? `${replicas} instances of ${name}` : name)).join(" and ");
    if (shared === false) {
      const own = entry.value.kind === "map" ? asMap(entry.value, "x-instar") : null;
      fail(
        "INS1004",
        (own === null ? null : child(own, "shared")) ?? entry.value,
        `${who} write to a volume that is not to be shared`,
        "mount it read-only where it is only read, or write shared: true",
      );
    }
    notice(
      scene,
      "shared-volume",
      { path: entry.value.path, at: entry.at },
      `shared, for ${who} write to it; x-instar: { shared: false } would forbid that`,
    );
  }
}

const writes = (service: ServiceSpec, key: string): boolean =>
  service.mounts.some(({ kind, source, readOnly }) => kind === "volume" && source === key && !readOnly);
