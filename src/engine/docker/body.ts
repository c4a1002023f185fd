import type Docker from "dockerode";
import { apiAtLeast } from "../../lib/api-version.ts";
import type { Blueprint } from "../../reconcile/ports.ts";
import type { HealthcheckSpec, PortSpec, ServiceSpec } from "../../spec/types.ts";
import { hostKeys, processKeys } from "./container-keys.ts";
import { instanceLabels, LABEL } from "./labels.ts";
import { mountKeys } from "./mounts.ts";

type Body = Docker.ContainerCreateOptions;

const NANOSECONDS = 1_000_000;
const DEFAULT_LOG = { Type: "local", Config: { "max-size": "10m", "max-file": "3" } };

/** What the engine is asked to create: from the blueprint alone, never from an inspect. */
export const containerBody = (blueprint: Blueprint, installation: string, apiVersion: string, image: string): Body => {
  const { spec } = blueprint;
  const networks = blueprint.networks.map((network) => network.name);
  const first = blueprint.networks[0];
  return {
    Image: image,
    Env: Object.entries(spec.environment).map(([key, value]) => `${key}=${value}`),
    Labels: {
      ...spec.labels,
      ...instanceLabels(installation, blueprint, networks),
      ...(blueprint.origin == null ? {} : { [LABEL.origin]: blueprint.origin }),
    },
    StopTimeout: Math.ceil(spec.stopGraceMs / 1000),
    ExposedPorts: exposed(spec.expose, spec.ports),
    ...(spec.command === null ? {} : { Cmd: [...spec.command] }),
    ...(spec.entrypoint === null ? {} : { Entrypoint: [...spec.entrypoint] }),
    ...(spec.user === null ? {} : { User: spec.user }),
    ...(spec.workingDir === null ? {} : { WorkingDir: spec.workingDir }),
    ...(spec.hostname === null ? {} : { Hostname: spec.hostname }),
    ...(spec.stopSignal === null ? {} : { StopSignal: spec.stopSignal }),
    ...(spec.healthcheck === null ? {} : { Healthcheck: healthcheck(spec.healthcheck, apiVersion) }),
    ...(first === undefined ? {} : { NetworkingConfig: { EndpointsConfig: { [first.name]: endpoint(first) } } }),
    ...processKeys(spec.container ?? {}),
    HostConfig: {
      NetworkMode: spec.networkMode ?? first?.name ?? "none",
      ...mountKeys(blueprint),
      ReadonlyRootfs: spec.readOnly,
      CapAdd: [...spec.capAdd],
      CapDrop: [...spec.capDrop],
      Init: spec.init,
      RestartPolicy: restartPolicy(spec.restart),
      LogConfig: spec.logging === null ? DEFAULT_LOG : { Type: spec.logging.driver, Config: { ...spec.logging.options } },
      NanoCpus: spec.resources.nanoCpus,
      Memory: spec.resources.memoryBytes,
      MemoryReservation: spec.resources.memoryReservationBytes,
      ...(spec.resources.pids === 0 ? {} : { PidsLimit: spec.resources.pids }),
      PortBindings: bindings(spec.ports),
      ...hostKeys(spec.container ?? {}, apiVersion),
    },
  };
};

/**
 * `always` is made `unless-stopped`. All that tells them apart: when the engine itself starts, it starts an `always` container that was
 * stopped, too (moby, `ShouldRestart`), and so what is kept of a failed deployment would write beside the instance that serves.
 */
export const restartPolicy = ({ policy, maxAttempts }: ServiceSpec["restart"]): Docker.HostRestartPolicy => ({
  Name: policy === "always" ? "unless-stopped" : policy,
  ...(policy === "on-failure" ? { MaximumRetryCount: maxAttempts } : {}),
});

export const endpoint = (network: Blueprint["networks"][number]): Docker.EndpointSettings =>
  ({
    Aliases: [...network.aliases],
    ...(network.driverOpts === undefined ? {} : { DriverOpts: { ...network.driverOpts } }),
    ...(network.address === null ? {} : { IPAMConfig: { IPv4Address: network.address } }),
  }) as Docker.EndpointSettings;

const healthcheck = (check: HealthcheckSpec, apiVersion: string): Docker.HealthConfig & { StartInterval?: number } => {
  if (check.disable) return { Test: ["NONE"] };
  return {
    Test: [...check.test],
    Interval: check.intervalMs * NANOSECONDS,
    Timeout: check.timeoutMs * NANOSECONDS,
    Retries: check.retries,
    StartPeriod: check.startPeriodMs * NANOSECONDS,
    ...(check.startIntervalMs !== null && apiAtLeast(apiVersion, "1.44") ? { StartInterval: check.startIntervalMs * NANOSECONDS } : {}),
  };
};

const portKey = (port: PortSpec): string => `${port.target}/${port.protocol}`;

const exposed = (expose: readonly number[], ports: readonly PortSpec[]): Record<string, object> =>
  Object.fromEntries([...expose.map((port) => [`${port}/tcp`, {}] as const), ...ports.map((port) => [portKey(port), {}] as const)]);

// The router speaks TCP only: UDP ports and host-mode ports are the engine's.
const bindings = (ports: readonly PortSpec[]): Record<string, { HostIp: string; HostPort: string }[]> => {
  const bound: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const port of ports.filter((port) => port.mode === "host" || port.protocol === "udp")) {
    const list = bound[portKey(port)] ?? [];
    list.push({ HostIp: port.hostIp ?? "", HostPort: port.published === null ? "" : String(port.published) });
    bound[portKey(port)] = list;
  }
  return bound;
};
