import { ingressPorts } from "../plan/choose.ts";
import { classify, leaving, proven } from "../plan/classify.ts";
import type { Desired, Observed } from "../plan/types.ts";
import { USUAL_WEIGHT } from "../plan/weights.ts";
import { placeOf } from "../spec/hooks.ts";
import type { DomainSpec, Revision, ServiceSpec } from "../spec/types.ts";
import type { InstanceView, Phase, RevisionView, ServiceView } from "./control.ts";
import type { EngineInstance, Instant } from "./ports.ts";
import type { ServiceRow } from "./store.ts";
import { domainPort, publishedPort } from "./table.ts";

export function phaseOf(i: Observed, desired: Desired, now: Instant): Phase {
  if (i.evidence) return "evidence";
  if (i.quarantine !== undefined && i.route === null) return "quarantined";
  if (i.life === "created") return "starting";
  if (i.life === "ended") return i.exitCode === 0 || leavingOnPurpose(i) ? "stopped" : "failed";
  if (leaving(i)) return "draining";
  if (desired.routed ? i.route?.state === "ready" : i.readySince !== null) return "serving";
  return proven(i, desired.bounds.minReadyMs, now) ? "ready" : "starting";
}

const leavingOnPurpose = (i: Observed): boolean => i.drainingSince !== null || i.busy === "stop" || i.busy === "remove";

export function viewInstance(
  engine: EngineInstance,
  seen: Observed,
  desired: Desired,
  revision: Revision | null,
  current: Revision,
  address: string | null,
  drift: InstanceView["drift"],
  now: Instant,
): InstanceView {
  // A revision that changed nothing an instance is made of takes over the instances of the one before.
  const number = engine.instanceHash === current.instanceHash ? current.number : engine.revision;
  return {
    id: engine.id,
    name: engine.name,
    stack: engine.stack,
    service: engine.service,
    revision: number,
    slot: engine.slot,
    image: revision?.image.reference ?? engine.image,
    digest: revision?.image.shown ?? engine.image,
    phase: phaseOf(seen, desired, now),
    weight: seen.route?.state === "ready" ? Math.max(0, seen.route.weight ?? USUAL_WEIGHT) : 0,
    drift,
    address: address ?? "",
    createdAt: engine.createdAt,
  };
}

/** `shop.example/api`; with the port where it is not the usual one. */
export const domainText = ({ host, path }: DomainSpec, httpPort: number): string =>
  `${host}${path ?? ""}${httpPort === 80 ? "" : `:${httpPort}`}`;

export function viewService(
  row: ServiceRow,
  current: Revision,
  world: readonly Observed[],
  desired: Desired,
  given: ReadonlyMap<string, number>,
  httpPort: number,
): ServiceView {
  const serving = world.filter((i) => classify(i, desired).role !== "evidence" && phaseOf(i, desired, 0) === "serving").length;
  const { spec } = current;
  const domains = spec.domains.map((d) => domainText(d, httpPort));
  return {
    stack: row.stack,
    service: row.service,
    revision: row.target,
    image: current.image.reference,
    digest: current.image.shown,
    replicas: { wanted: desired.replicas, serving },
    ports: [
      ...ingressPorts(spec).map((p) => ({ published: publishedPort(p, given) ?? 0, target: p.target, protocol: p.protocol })),
      ...spec.ports
        .filter((p) => p.mode === "host" || p.protocol === "udp")
        .map((p) => ({ published: p.published ?? 0, target: p.target, protocol: p.protocol })),
    ],
    domains: domainPort(spec) === null ? [] : domains,
    state: stateOf(row, world, desired, serving),
    pinned: row.pinned !== null,
    deployment: row.deployment,
  };
}

function stateOf(row: ServiceRow, world: readonly Observed[], desired: Desired, serving: number): ServiceView["state"] {
  if (row.deployment !== null) return "deploying";
  if (row.halted !== null) return "failed";
  if (row.stopped) return "stopped";
  if (serving >= desired.replicas) return "running";
  if (desired.completed.length >= desired.replicas) return "completed";
  const ended = world.filter((i) => i.life === "ended" && !i.evidence);
  if (desired.restart.policy === "no" && ended.length >= desired.replicas)
    return ended.every((i) => i.exitCode === 0) ? "completed" : "failed";
  return "degraded";
}

/** A hook's URL is often a secret. */
function shownSpec(spec: ServiceSpec): ServiceSpec {
  if (spec.hooks === undefined) return spec;
  const hooks = Object.fromEntries(Object.entries(spec.hooks).map(([kind, hook]) => [kind, { ...hook, url: placeOf(hook.url) }]));
  return { ...spec, hooks };
}

export const viewRevision = (revision: Revision, current: number): RevisionView => ({
  number: revision.number,
  image: revision.image.reference,
  digest: revision.image.shown,
  instanceHash: revision.instanceHash,
  revisionHash: revision.revisionHash,
  createdAt: revision.createdAt,
  who: revision.who,
  why: revision.why,
  current: revision.number === current,
  spec: shownSpec(revision.spec),
});
