import type { MountSpec, PortSpec, ReadySpec, RolloutSpec, ServiceSpec } from "../spec/types.ts";
import { MAX_TIMER_MS } from "../spec/values.ts";
import type { Bounds, Exclusive } from "./types.ts";

/** What the file leaves open, decided; each with the reason that `plan` shows. */
export interface Choice {
  readonly order: "start-first" | "stop-first";
  readonly because: string;
  readonly exclusive: Exclusive;
  readonly routed: boolean;
  readonly ready: Check;
}

/** How readiness is seen. `running`: no port and no healthcheck, so being up for min_ready is all there is. */
export type Check =
  | { readonly kind: "http"; readonly path: string; readonly port: number }
  | { readonly kind: "tcp"; readonly port: number }
  | { readonly kind: "healthcheck" }
  | { readonly kind: "running" };

export const ingressPorts = (spec: ServiceSpec): readonly PortSpec[] =>
  spec.ports.filter((p) => p.mode === "ingress" && p.protocol === "tcp");
/** Those of the instances themselves: no two of them can have one at once. */
export const boundPorts = (spec: ServiceSpec): readonly PortSpec[] => spec.ports.filter((p) => p.mode === "host" || p.protocol === "udp");

/** @param sharedVolumes engine names of volumes that several services of the stack mount read-write, or that say `shared: true`. */
export function choose(
  spec: ServiceSpec,
  replicas: number,
  volumeNames: Readonly<Record<string, string>>,
  sharedVolumes: ReadonlySet<string>,
): Choice {
  const routed = ingressPorts(spec).length > 0 || spec.domains.length > 0;
  const writable = writableMounts(spec, volumeNames, sharedVolumes);
  const perSlot = writable.find((m) => m.kind === "volume" && m.source === null);
  const exclusive: Exclusive = replicas <= 1 && writable.length > 0 ? "service" : perSlot !== undefined ? "slot" : "none";
  const bound = boundPorts(spec)[0];
  const forced =
    exclusive === "service"
      ? `${writable[0]?.target} is written by one instance at a time`
      : exclusive === "slot"
        ? `${perSlot?.target} belongs to its slot and is written by one instance at a time`
        : bound !== undefined
          ? `port ${bound.target}/${bound.protocol} is bound by the instance itself`
          : spec.networkMode === "host"
            ? "it uses the host's network"
            : spec.strategy === "recreate"
              ? "the strategy is recreate"
              : null;
  const ready = readiness(spec);
  if (forced !== null) return { order: "stop-first", because: forced, exclusive, routed, ready };
  if (spec.rollout.order !== null) return { order: spec.rollout.order, because: "the file says so", exclusive, routed, ready };
  if (replicas <= 1 && !routed)
    return { order: "stop-first", because: "one replica without a routed port must not run twice", exclusive, routed, ready };
  return { order: "start-first", because: "nothing in it is exclusive", exclusive, routed, ready };
}

const writableMounts = (spec: ServiceSpec, volumeNames: Readonly<Record<string, string>>, shared: ReadonlySet<string>): MountSpec[] =>
  spec.mounts.filter((m) => !m.readOnly && !(m.source !== null && shared.has(volumeNames[m.source] ?? m.source)));

/**
 * The path at which a second instance would be a second writer; null: none. What belongs to a slot has one writer however many there
 * are (law 6).
 */
export function singleWriterPath(
  spec: ServiceSpec,
  volumeNames: Readonly<Record<string, string>>,
  sharedVolumes: ReadonlySet<string>,
): string | null {
  return writableMounts(spec, volumeNames, sharedVolumes).find(({ source }) => source !== null)?.target ?? null;
}

function readiness(spec: ServiceSpec): Check {
  const port = spec.domainPort ?? ingressPorts(spec)[0]?.target ?? spec.expose[0] ?? null;
  const given: ReadySpec | null = spec.ready;
  if (given?.kind === "healthcheck") return { kind: "healthcheck" };
  if (given !== null) {
    const chosen = given.port ?? port;
    if (chosen === null) return { kind: "running" };
    return given.kind === "http" ? { kind: "http", path: given.path, port: chosen } : { kind: "tcp", port: chosen };
  }
  if (spec.healthcheck !== null && !spec.healthcheck.disable) return { kind: "healthcheck" };
  return port === null ? { kind: "running" } : { kind: "tcp", port };
}

const WEB_PORTS: ReadonlySet<number> = new Set([80, 3000, 4000, 5000, 5173, 8000, 8008, 8080, 8081, 8888]);

/** Which mode the router uses for a container port, and why. 443, 8443 and 9000 too are TCP: HTTP mode answers 400 to TLS. */
export function portMode(
  spec: ServiceSpec,
  port: { target: number; appProtocol: PortSpec["appProtocol"] },
): { mode: "http" | "tcp"; protocol: "h1" | "h2" | "https"; because: string } {
  const said = port.appProtocol;
  if (said === "tcp") return { mode: "tcp", protocol: "h1", because: "app_protocol says tcp" };
  if (said !== null)
    return { mode: "http", protocol: said === "http" ? "h1" : said === "https" ? "https" : "h2", because: `app_protocol says ${said}` };
  if (spec.domains.length > 0 && spec.domainPort === port.target) return { mode: "http", protocol: "h1", because: "it has a domain" };
  if (WEB_PORTS.has(port.target)) return { mode: "http", protocol: "h1", because: `${port.target} is a usual web port` };
  return { mode: "tcp", protocol: "h1", because: `${port.target} is no usual web port and no app_protocol is given` };
}

/** @param direction `back` follows rollback_config (Compose spec, deploy.rollback_config). */
export function boundsOf(spec: ServiceSpec, choice: Choice, direction: "forward" | "back"): Bounds {
  const config: RolloutSpec = direction === "back" ? spec.rollback : spec.rollout;
  const http = ingressPorts(spec).every((p) => portMode(spec, p).mode === "http");
  const drain = choice.order === "stop-first" ? (http ? 5_000 : 0) : 30_000;
  return {
    order: choice.order,
    parallelism: spec.strategy === "recreate" ? 0 : config.parallelism,
    delayMs: config.delayMs,
    monitorMs: config.monitorMs,
    minReadyMs: spec.minReadyMs,
    readyTimeoutMs: spec.readyTimeoutMs,
    drainMs: spec.drainMs ?? drain,
    maxFailureRatio: config.maxFailureRatio,
    failureAction: config.failureAction,
  };
}

/** What the engine itself may take on the way, beside what it waits for: some twenty calls, of half a second when it is slow. */
const ENGINE_MS = 10_000;

/**
 * Requests wait as long as a swap may take, and the way back when the successor never gets ready: a drain, then twice a stop
 * and a start, and the engine's own time. 5 s + 2 × (10 s + 60 s) + 10 s = 155 s; what waits goes on as soon as something is ready.
 * No longer than the router can wait, 24 days: a grace or a time to get ready may be longer.
 */
export const holdOf = (spec: ServiceSpec, bounds: Bounds): number =>
  spec.holdMs ?? Math.min(MAX_TIMER_MS, bounds.drainMs + 2 * (spec.stopGraceMs + bounds.readyTimeoutMs) + ENGINE_MS);
