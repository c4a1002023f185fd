import { child, fail, type MapNode } from "./node.ts";
import type { ResourcesSpec, RolloutSpec } from "./types.ts";
import { bytes, duration, integer, number, oneOf, optional, text } from "./values.ts";

export const MAX_REPLICAS = 10_000;

export const asMap = (map: MapNode | null, key: string): MapNode | null => {
  const node = map === null ? null : child(map, key);
  return node?.kind === "map" ? node : null;
};

/** `deploy.replicas` and its older spelling `scale`; 1 without. `mode: global` is one, for there is one machine. */
export function readReplicas(service: MapNode, deploy: MapNode | null): number {
  const count = (map: MapNode | null, key: string) => optional(map, key, (node) => ({ node, count: integer(node, 0, MAX_REPLICAS) }), null);
  const replicas = count(deploy, "replicas");
  const scale = count(service, "scale");
  const mode = deploy === null ? null : child(deploy, "mode");
  const word = mode === null ? "replicated" : text(mode);
  if (mode !== null && word.endsWith("-job")) return fail("INS1006", mode, `the mode ${word} is not supported`, "use replicated");
  if (mode !== null && word !== "replicated") oneOf(mode, ["replicated", "global"]);
  if (replicas !== null && scale !== null && replicas.count !== scale.count) {
    return fail("INS1004", scale.node, `scale says ${scale.count} and deploy.replicas ${replicas.count}`, "keep one of the two");
  }
  const given = replicas ?? scale;
  if (word === "global" && given !== null && given.count !== 1)
    return fail("INS1004", given.node, "mode: global is one instance on each machine, and there is one", "write mode: replicated");
  return given?.count ?? 1;
}

/** `deploy.update_config` or `rollback_config` (Compose Deploy Specification); failure: roll an update back, stop a rollback. */
export function readRollout(deploy: MapNode | null, key: "update_config" | "rollback_config"): RolloutSpec {
  const map = asMap(deploy, key);
  const actions = key === "update_config" ? (["rollback", "pause", "continue"] as const) : (["pause", "continue"] as const);
  return {
    parallelism: optional(map, "parallelism", (node) => integer(node, 0, MAX_REPLICAS), 1),
    delayMs: optional(map, "delay", duration, 0),
    order: optional(map, "order", (node) => oneOf(node, ["start-first", "stop-first"]), null),
    failureAction: optional(map, "failure_action", (node) => oneOf(node, actions), key === "update_config" ? "rollback" : "pause"),
    monitorMs: optional(map, "monitor", duration, 0),
    maxFailureRatio: optional(map, "max_failure_ratio", (node) => number(node, 0, 1), 0),
  };
}

/** `deploy.resources` and the older keys `cpus`, `mem_limit`, `mem_reservation`, `pids_limit`. 0 is no limit. */
export function readResources(service: MapNode, deploy: MapNode | null): ResourcesSpec {
  const resources = asMap(deploy, "resources");
  const limits = asMap(resources, "limits");
  const reservations = asMap(resources, "reservations");
  const cores = (map: MapNode | null, key: string): number => optional(map, key, (node) => Math.round(number(node, 0, 4096) * 1e9), 0);
  const size = (map: MapNode | null, key: string): number => optional(map, key, bytes, 0);
  const pids = (map: MapNode | null, key: string): number => optional(map, key, (node) => Math.max(0, integer(node, -1, 2 ** 31)), 0);
  const same = (name: string, modern: number, key: string, older: number): number => {
    const node = child(service, key);
    if (node !== null && modern !== 0 && modern !== older)
      return fail("INS1004", node, `${key} and deploy.resources.${name} differ`, "keep one of the two");
    return modern === 0 ? older : modern;
  };
  const found = {
    nanoCpus: same("limits.cpus", cores(limits, "cpus"), "cpus", cores(service, "cpus")),
    memoryBytes: same("limits.memory", size(limits, "memory"), "mem_limit", size(service, "mem_limit")),
    memoryReservationBytes: same("reservations.memory", size(reservations, "memory"), "mem_reservation", size(service, "mem_reservation")),
    pids: same("limits.pids", pids(limits, "pids"), "pids_limit", pids(service, "pids_limit")),
  };
  if (found.memoryBytes !== 0 && found.memoryReservationBytes > found.memoryBytes)
    fail("INS1004", reservations ?? service, "more memory is reserved than the limit allows");
  return found;
}
