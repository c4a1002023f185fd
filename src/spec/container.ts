import { type DeviceKeys, readDevices } from "./devices.ts";
import { type HostKeys, readHosts } from "./hosts.ts";
import { type IsolationKeys, readIsolation } from "./isolation.ts";
import { type LimitKeys, readLimits } from "./limits.ts";
import type { MapNode } from "./node.ts";
import type { Scene } from "./scene.ts";

/**
 * The rarer keys that only container create knows. Only what the file says is there, and the whole group is absent when it says
 * nothing: a key that Instar learns later changes no hash of a service that does not use it.
 */
export type ContainerSpec = LimitKeys & DeviceKeys & HostKeys & IsolationKeys;

/** undefined: nothing of it is said. Sizes in bytes, times in µs. Raises INS1004, INS1006 with positions. */
export function readContainer(scene: Scene, service: MapNode, deploy: MapNode | null): ContainerSpec | undefined {
  const said = Object.entries({
    ...readLimits(service),
    ...readDevices(service, deploy),
    ...readHosts(service),
    ...readIsolation(scene, service),
  }).filter(([, value]) => value !== undefined && !isEmpty(value));
  return said.length === 0 ? undefined : (Object.fromEntries(said) as ContainerSpec);
}

const isEmpty = (value: unknown): boolean => typeof value === "object" && value !== null && Object.keys(value).length === 0;
