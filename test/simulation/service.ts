import { SIDES } from "../../src/spec/sides.ts";
import type { StackSpec } from "../../src/spec/types.ts";
import { serviceSpec } from "../conformance/service-spec.ts";
import type { FakeEngine } from "../sim/fake-engine.ts";
import type { Image, Setting } from "./story.ts";

/** The service that every story is about, and the one beside it. */
export const KEY = { stack: "shop", service: "app" };
export const DATABASE = { stack: "shop", service: "db" };
export const PORT = 8080;
export const DRAIN_MS = 4_000;
const GRACE_MS = 2_000;
const READY_TIMEOUT_MS = 6_000;
/** For the engine's own time on the way, as the default has it (docs/stackfile.md, `hold`). */
const ENGINE_MS = 10_000;
/** Of an engine that takes long for each: the way there and back with three attempts, one call after the other. */
const CALLS = 40;
/** How long a request waits: drain, twice a stop and a start, and what the engine takes for it, which the file says where it is slow. */
export const holdOf = ({ engineMs }: Pick<Setting, "engineMs">): number =>
  DRAIN_MS + 2 * (GRACE_MS + READY_TIMEOUT_MS) + ENGINE_MS + CALLS * engineMs;

/** What the file says at the moment. */
export interface File {
  readonly app: Image;
  readonly job: Image;
  readonly database: Image;
  /** A value in the environment. */
  readonly edition: number;
}

export function stackOf(setting: Setting, { app, job, database, edition }: File): StackSpec {
  const { replicas, exclusive, parallelism, minReadyMs, strategy, warmMs } = setting;
  const rollout = { parallelism, delayMs: 0, order: null, failureAction: "rollback" as const, monitorMs: 0, maxFailureRatio: 0 };
  const times = { minReadyMs, readyTimeoutMs: READY_TIMEOUT_MS, stopGraceMs: GRACE_MS, drainMs: DRAIN_MS, holdMs: holdOf(setting) };
  const networks = { default: { aliases: [] } };
  const restart = { policy: "unless-stopped" as const, maxAttempts: 0 };
  const jobSpec = {
    service: "job",
    timeoutMs: 60_000,
    image: "own" as const,
    spec: serviceSpec({ image: job, networks, stopGraceMs: 50 }),
  };
  const service = serviceSpec({
    ...{ image: app, networks, restart, replicas, rollout, rollback: rollout, strategy, ...times },
    environment: { EDITION: String(edition) },
    ports: [{ published: PORT, target: PORT, protocol: "tcp", mode: "ingress", hostIp: null, appProtocol: null }],
    ready: { kind: "http", path: "/", port: null },
    mounts: exclusive ? [mounted("data")] : [],
    ...(strategy === "rolling" ? {} : { sides: { ...SIDES[strategy], warmMs, ...(strategy === "canary" ? COURSE : {}) } }),
    ...(setting.job === "none" ? {} : { jobs: { [setting.job]: jobSpec } }),
    dependsOn: setting.database ? { db: { condition: "service_healthy", required: true } } : {},
  });
  const db = serviceSpec({ ...{ image: database, networks, restart, ...times }, expose: [5432], mounts: [mounted("rows")] });
  return {
    specVersion: 1,
    name: KEY.stack,
    services: { app: service, ...(setting.database ? { db } : {}) },
    networks: { default: { name: "shop_default", external: false, internal: false, labels: {} } },
    volumes: { ...(exclusive ? { data: volume("data") } : {}), ...(setting.database ? { rows: volume("rows") } : {}) },
    atomic: false,
  };
}

/** Two steps of half a second. */
const COURSE = { steps: [2_000, 5_000], everyMs: 500 };
const mounted = (source: string) => ({ kind: "volume", source, target: "/data", readOnly: false, createHostPath: false }) as const;
const volume = (key: string) => ({
  ...{ name: `shop_${key}`, external: false, driver: "local", driverOpts: {}, labels: {}, shared: null },
});

export function behaviourOf(image: Image, { readyMs, stopMs, routerMs }: Setting): Parameters<FakeEngine["control"]["behave"]>[1] {
  const good = { startMs: 30, readyAfterMs: readyMs, stopMs, stopCode: 0 };
  switch (image) {
    case "job:good":
      return { ...good, endsAfterMs: 200, readyAfterMs: null };
    case "job:bad":
      return { ...good, endsAfterMs: 200, exitCode: 5, readyAfterMs: null };
    case "app:ends":
    case "db:ends":
      return { ...good, endsAfterMs: 5, exitCode: 3, readyAfterMs: null };
    case "app:mute":
      return { ...good, readyAfterMs: null };
    case "app:brief":
      return { ...good, endsAfterMs: readyMs + 300, exitCode: 4, toldAfterMs: 8 * routerMs };
    default:
      return good;
  }
}
