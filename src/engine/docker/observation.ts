import type Docker from "dockerode";
import type { EngineInstance } from "../../reconcile/ports.ts";
import { identityOf, LABEL } from "./labels.ts";

type Inspect = Docker.ContainerInspectInfo;

const STATES: ReadonlySet<string> = new Set(["created", "running", "paused", "restarting", "exited", "dead", "removing"]);
const HEALTH: ReadonlySet<string> = new Set(["starting", "healthy", "unhealthy"]);

/** The engine writes `0001-01-01T00:00:00Z` for never. */
const instant = (text: string | undefined): number | null => {
  if (text === undefined || text.startsWith("0001-")) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
};

/** Configured addresses come first: a stopped container keeps them, and only them. */
const addressesOf = (inspect: Inspect): Record<string, string> =>
  Object.fromEntries(
    Object.entries(inspect.NetworkSettings.Networks)
      .map(([name, network]) => [name, network.IPAMConfig?.IPv4Address || network.IPAddress] as const)
      .filter(([, address]) => address !== ""),
  );

export const neverStarted = (inspect: Inspect): boolean => instant(inspect.State.StartedAt) === null;

/** A container without labels has none, whatever the types say. */
export const labelsOf = (inspect: Inspect): Record<string, string> => inspect.Config.Labels ?? {};

/** Is it attached to every network its label names? */
export const isBuilt = (inspect: Inspect): boolean => {
  const wanted = (labelsOf(inspect)[LABEL.networks] ?? "").split(",").filter((name) => name !== "");
  return wanted.every((name) => name in inspect.NetworkSettings.Networks);
};

/** null when the labels do not make it an instance. */
export const observe = (inspect: Inspect): EngineInstance | null => {
  const identity = identityOf(inspect.Name.replace(/^\//, ""), labelsOf(inspect));
  if (identity === null) return null;
  const { State } = inspect;
  const health = State.Health?.Status ?? "none";
  const lastProbe = State.Health?.Log?.at(-1);
  const ended = State.Status === "exited" || State.Status === "dead" || State.Status === "restarting";
  const startedAt = instant(State.StartedAt);
  // The engine stamps the start after it happened: a program that ends at once ends before it began (seen on 20.10, one in five).
  const finishedAt = instant(State.FinishedAt);
  return {
    ...identity,
    id: inspect.Id,
    state: (STATES.has(State.Status) ? State.Status : "dead") as EngineInstance["state"],
    built: isBuilt(inspect),
    addresses: addressesOf(inspect),
    image: inspect.Image,
    createdAt: instant(inspect.Created) ?? 0,
    startedAt,
    finishedAt: ended && startedAt !== null && finishedAt !== null ? Math.max(startedAt, finishedAt) : finishedAt,
    exitCode: ended ? State.ExitCode : null,
    oomKilled: State.OOMKilled,
    restartCount: inspect.RestartCount,
    health: (HEALTH.has(health) ? health : "none") as EngineInstance["health"],
    healthDetail: lastProbe !== undefined && lastProbe.ExitCode !== 0 ? lastProbe.Output.trim() : null,
  };
};

export const nameOf = (entry: Docker.ContainerInfo): string => (entry.Names[0] ?? "").replace(/^\//, "");

/** What the list tells without asking the container itself. */
export const observeListed = (entry: Docker.ContainerInfo): EngineInstance | null => {
  const identity = identityOf(nameOf(entry), entry.Labels);
  if (identity === null) return null;
  const networks = Object.entries(entry.NetworkSettings?.Networks ?? {});
  return {
    ...identity,
    id: entry.Id,
    state: (STATES.has(entry.State) ? entry.State : "dead") as EngineInstance["state"],
    built: true,
    addresses: Object.fromEntries(
      networks
        .map(([name, network]) => [name, network.IPAMConfig?.IPv4Address || network.IPAddress] as const)
        .filter(([, address]) => address !== ""),
    ),
    image: entry.ImageID,
    createdAt: entry.Created * 1000,
    startedAt: null,
    finishedAt: null,
    exitCode: null,
    oomKilled: false,
    restartCount: 0,
    health: "none",
    healthDetail: null,
  };
};

/** `Restarting (137) 1 second ago`: it ended by itself, and the engine is about to start it again. */
export const observeRestarting = (entry: Docker.ContainerInfo): EngineInstance | null => {
  const seen = observeListed(entry);
  const code = /^Restarting \((\d+)\)/.exec(entry.Status)?.[1];
  return seen === null ? null : { ...seen, exitCode: code === undefined ? null : Number(code), restartCount: 1 };
};
