import type { StackSpec } from "../../src/spec/types.ts";
import { serviceSpec } from "../conformance/service-spec.ts";
import type { FakeEngine } from "../sim/fake-engine.ts";
import type { Image, Setting } from "./story.ts";

/** The service that every story is about. */
export const KEY = { stack: "shop", service: "app" };
export const PORT = 8080;
/** A longer answer than any drain takes is not asked for. */
const DRAIN_MS = 4_000;
const GRACE_MS = 2_000;
const READY_TIMEOUT_MS = 6_000;
/** How long a request waits: drain, and twice a stop and a start. */
export const HOLD_MS = DRAIN_MS + 2 * (GRACE_MS + READY_TIMEOUT_MS);

export function stackOf(setting: Setting, image: Image): StackSpec {
  const { replicas, exclusive, parallelism, minReadyMs } = setting;
  const rollout = { parallelism, delayMs: 0, order: null, failureAction: "rollback" as const, monitorMs: 0, maxFailureRatio: 0 };
  const service = serviceSpec({
    image,
    networks: { default: { aliases: [] } },
    ports: [{ published: PORT, target: PORT, protocol: "tcp", mode: "ingress", hostIp: null, appProtocol: null }],
    restart: { policy: "unless-stopped", maxAttempts: 0 },
    ready: { kind: "http", path: "/", port: null },
    mounts: exclusive ? [{ kind: "volume", source: "data", target: "/data", readOnly: false, createHostPath: false }] : [],
    ...{ replicas, rollout, rollback: rollout, minReadyMs, readyTimeoutMs: READY_TIMEOUT_MS, stopGraceMs: GRACE_MS, drainMs: DRAIN_MS },
  });
  return {
    specVersion: 1,
    name: KEY.stack,
    services: { app: service },
    networks: { default: { name: "shop_default", external: false, internal: false, labels: {} } },
    volumes: exclusive ? { data: { name: "shop_data", external: false, driver: "local", driverOpts: {}, labels: {}, shared: null } } : {},
    atomic: false,
  };
}

export function behaviourOf(image: Image, { readyMs, stopMs }: Setting): Parameters<FakeEngine["control"]["behave"]>[1] {
  const good = { startMs: 30, readyAfterMs: readyMs, stopMs, stopCode: 0 };
  switch (image) {
    case "app:ends":
      return { ...good, endsAfterMs: 5, exitCode: 3, readyAfterMs: null };
    case "app:mute":
      return { ...good, readyAfterMs: null };
    case "app:brief":
      return { ...good, endsAfterMs: readyMs + 300, exitCode: 4 };
    default:
      return good;
  }
}
