import { readMaxAge } from "./aging.ts";
import { readRegistryKeys } from "./autoredeploy.ts";
import { claimsOf } from "./clash.ts";
import { portOf, readContext } from "./context.ts";
import { asMap } from "./deploy.ts";
import { domainsInTcp, readDomains } from "./domains.ts";
import { readHooks } from "./hooks.ts";
import { readImmutable } from "./immutable.ts";
import { isProbePath, show } from "./names.ts";
import { child, descend, fail, type MapNode, type Node } from "./node.ts";
import type { Scene } from "./scene.ts";
import { readSticky, readStrategy } from "./sides.ts";
import type { DomainSpec, HealthcheckSpec, PortSpec, ReadySpec, ServiceSpec } from "./types.ts";
import { boolean, duration, integer, oneOf, optional, text, timer } from "./values.ts";

type Own = Pick<
  ServiceSpec,
  | "immutable"
  | "scratch"
  | "autoredeploy"
  | "keep"
  | "strategy"
  | "sides"
  | "sticky"
  | "hooks"
  | "ready"
  | "readyTimeoutMs"
  | "minReadyMs"
  | "drainMs"
  | "holdMs"
  | "domains"
  | "domainPort"
  | "balance"
  | "timeoutMs"
  | "context"
  | "maxAgeMs"
>;

interface Given {
  readonly name: string;
  readonly ports: readonly PortSpec[];
  readonly expose: readonly number[];
  readonly healthcheck: HealthcheckSpec | null;
}

/** `x-instar` of a service, with its defaults. Durations in ms. Raises INS1004, INS1014, INS1034, INS1035, INS1043. */
export function readInstarKeys(scene: Scene, service: MapNode, given: Given): Own {
  const map = asMap(service, "x-instar");
  const domains = readDomains(scene, given.name, map === null ? null : child(map, "domains"));
  const strategy = readStrategy(map);
  claimPreview(scene, given.name, map, strategy);
  const written = map === null ? null : child(map, "ready");
  const declared = written === null ? null : readReady(written, given.healthcheck);
  const checked = given.healthcheck !== null && !given.healthcheck.disable;
  const hooks = readHooks(map);
  const ready: ReadySpec | null = declared ?? (checked ? { kind: "healthcheck" } : null);
  return {
    ...strategy,
    ...readSticky(map),
    ...(hooks === undefined ? {} : { hooks }),
    ready,
    readyTimeoutMs: optional(written?.kind === "map" ? written : null, "timeout", duration, 60_000),
    minReadyMs: optional(map, "min_ready", duration, ready === null ? 1000 : 0),
    drainMs: optional(map, "drain", timer, null),
    holdMs: optional(map, "hold", timer, null),
    domains,
    domainPort: domainPort(map, domains, given),
    balance: optional(map, "balance", (node) => oneOf(node, ["roundrobin", "leastconn"]), "roundrobin"),
    timeoutMs: optional(map, "timeout", timer, 3_600_000),
    ...readImmutable(service),
    ...readContext(map),
    ...readMaxAge(map),
    ...readRegistryKeys(map),
  };
}

/** A preview's host is claimed like a domain. */
function claimPreview(scene: Scene, service: string, map: MapNode | null, { sides }: Pick<ServiceSpec, "sides">): void {
  const at = map === null ? null : child(map, "strategy");
  if (at === null || sides === undefined) return;
  for (const claim of claimsOf(service, { ports: [], domains: [], sides })) scene.claims.push({ ...claim, at: at.at });
}

function readReady(node: Node, healthcheck: HealthcheckSpec | null): ReadySpec {
  const form = "write ready: { http: /healthz }, ready: { tcp: 8080 } or ready: healthcheck";
  const port = (value: Node): number => integer(value, 1, 65535);
  if (node.kind !== "map")
    return text(node) === "healthcheck"
      ? engineCheck(node, healthcheck)
      : fail("INS1004", node, `${show(text(node))} is not a readiness check`, form);
  const http = child(node, "http");
  const tcp = child(node, "tcp");
  const engine = optional(node, "healthcheck", boolean, false);
  if ([http !== null, tcp !== null, engine].filter(Boolean).length !== 1)
    return fail("INS1004", node, "wants exactly one of http, tcp and healthcheck", form);
  if (engine) return engineCheck(node, healthcheck);
  const given = optional(node, "port", port, null);
  if (http === null) {
    const own = tcp === null ? null : port(tcp);
    return given !== null && given !== own
      ? fail("INS1004", node, "tcp and port name different ports", "leave port out")
      : { kind: "tcp", port: own };
  }
  const path = text(http);
  return isProbePath(path)
    ? { kind: "http", path, port: given }
    : fail("INS1014", http, `${show(path)} is not a path`, "write it with a leading slash and without spaces, quotes, # and %: /healthz");
}

/**
 * A path that could be asked at no port would never be asked, and anything that runs would count as ready. Looked at when the jobs are
 * known, for theirs is not heard. What the image exposes does not count: only what the file says is routed and probed. Raises INS1004.
 */
export function checkReady(all: MapNode, services: Readonly<Record<string, ServiceSpec>>): void {
  for (const [name, spec] of Object.entries(services))
    if (spec.ready?.kind === "http" && spec.ready.port === null && portOf(spec) === null)
      fail(
        "INS1004",
        descend(all, [name, "x-instar", "ready", "http"]),
        "no port is known to ask",
        `write ready: { http: ${spec.ready.path}, port: 8080 }, or expose: [8080]`,
      );
}

function engineCheck(node: Node, healthcheck: HealthcheckSpec | null): ReadySpec {
  return healthcheck?.disable === true
    ? fail("INS1004", node, "the healthcheck is disabled", "enable it, or probe with http or tcp")
    : { kind: "healthcheck" };
}

/** Where domains go: `port`, or the only TCP port of `ports` and `expose`. */
function domainPort(map: MapNode | null, domains: readonly DomainSpec[], given: Given): number | null {
  const port = optional(map, "port", (node) => integer(node, 1, 65535), null) ?? onlyPort(map, domains, given);
  const inTcp = domainsInTcp({ domains, domainPort: port, ports: given.ports });
  const at = map === null ? null : child(map, "domains");
  return at === null || inTcp === null
    ? port
    : fail(
        "INS1004",
        at,
        `the domains lead to port ${inTcp.target}, which its app_protocol makes plain tcp`,
        "write app_protocol: http there (websockets are http too), or name another port: x-instar: { port: 8080 }",
      );
}

function onlyPort(map: MapNode | null, domains: readonly DomainSpec[], given: Given): number | null {
  if (domains.length === 0) return null;
  const candidates = [
    ...new Set([...given.ports.filter(({ protocol }) => protocol === "tcp").map(({ target }) => target), ...given.expose]),
  ];
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return only;
  const why =
    candidates.length === 0
      ? "no port is known that the domains could go to"
      : `the domains could go to any of the ports ${candidates.join(", ")}`;
  const at = (map === null ? null : child(map, "domains")) ?? map;
  return at === null ? null : fail("INS1004", at, why, "name it: x-instar: { port: 8080 }");
}
