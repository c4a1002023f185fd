import { child, fail, type MapNode } from "./node.ts";
import type { ServiceSpec } from "./types.ts";
import { duration } from "./values.ts";

/** Below this a service would do little else than be replaced. */
const SHORTEST_MS = 60_000;

/** `x-instar.max_age`; absent when the file does not say. Raises INS1004, INS1035. */
export function readMaxAge(map: MapNode | null): Pick<ServiceSpec, "maxAgeMs"> {
  const node = map === null ? null : child(map, "max_age");
  if (node === null) return {};
  const maxAgeMs = duration(node);
  return isMaxAge(maxAgeMs)
    ? { maxAgeMs }
    : fail("INS1035", node, "instances live a minute at least", "write it like max_age: 7d, or leave it out");
}

export const isMaxAge = (ms: number): boolean => ms >= SHORTEST_MS;
