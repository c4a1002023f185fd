import type Docker from "dockerode";
import { InstarError } from "../../errors.ts";
import type { ProjectContainer, Projects } from "../../reconcile/project.ts";
import type { DockerClient } from "./client.ts";
import { orMissing, refused } from "./failure.ts";

/** Labels that `docker compose` writes (docs.docker.com, Compose, "labels"). */
const COMPOSE = {
  project: "com.docker.compose.project",
  service: "com.docker.compose.service",
  number: "com.docker.compose.container-number",
  oneOff: "com.docker.compose.oneoff",
  files: "com.docker.compose.project.config_files",
  folder: "com.docker.compose.project.working_dir",
} as const;

const DEFAULT_GRACE_S = 10;

type Inspect = Docker.ContainerInspectInfo;

export const dockerProjects = (client: DockerClient): Projects => {
  const inspect = (id: string): Promise<Inspect | null> =>
    orMissing(client.ask<Inspect>("GET", `/containers/${encodeURIComponent(id)}/json`));

  /** The container if it is there, the project proved. */
  const member = async (project: string, id: string): Promise<Inspect | null> => {
    const found = await inspect(id);
    if (found !== null && found.Config.Labels?.[COMPOSE.project] !== project)
      throw new InstarError("INS3002", `the container ${found.Name.slice(1)} is not of the Compose project ${project}`);
    return found;
  };

  const project: Projects["project"] = async (name) => {
    const query = { all: true, filters: { label: [`${COMPOSE.project}=${name}`] } };
    const listed = await client.ask<Docker.ContainerInfo[]>("GET", "/containers/json", { query });
    const ours = listed.filter(({ Labels }) => Labels[COMPOSE.oneOff] !== "True" && Labels[COMPOSE.service] !== undefined);
    if (ours.length === 0) return null;
    const inspects = await Promise.all(ours.map(({ Id }) => inspect(Id)));
    const labels = ours[0]?.Labels ?? {};
    return {
      name,
      files: (labels[COMPOSE.files] ?? "").split(",").filter((file) => file !== ""),
      folder: labels[COMPOSE.folder] ?? null,
      containers: inspects
        .flatMap((found) => (found === null ? [] : [containerOf(found)]))
        .sort((a, b) => (a.service === b.service ? a.number - b.number : a.service < b.service ? -1 : 1)),
    };
  };

  const runningOf: Projects["runningOf"] = async (name) => {
    const query = { filters: { label: [`${COMPOSE.project}=${name}`], status: ["running", "restarting", "paused"] } };
    const listed = await client.ask<Docker.ContainerInfo[]>("GET", "/containers/json", { query });
    return new Set(listed.filter(({ Labels }) => Labels[COMPOSE.oneOff] !== "True").map(({ Id }) => Id));
  };

  const retire: Projects["retire"] = async (of, { id, stopGraceMs }) => {
    const found = await member(of, id);
    if (found === null) return;
    await client.ask("POST", `/containers/${id}/update`, { body: { RestartPolicy: { Name: "no" } } });
    if (found.State.Running) await orMissing(client.ask("POST", `/containers/${id}/stop`, { query: { t: Math.ceil(stopGraceMs / 1000) } }));
  };

  const revive: Projects["revive"] = async (of, { id, restart }) => {
    const found = await member(of, id);
    if (found === null) throw new InstarError("INS3005", `the container ${id.slice(0, 12)} of the Compose project ${of} is gone`);
    const MaximumRetryCount = restart.name === "on-failure" ? restart.maxAttempts : 0;
    await client.ask("POST", `/containers/${id}/update`, { body: { RestartPolicy: { Name: restart.name, MaximumRetryCount } } });
    if (!found.State.Running) await client.ask("POST", `/containers/${id}/start`);
  };

  const attach: Projects["attach"] = async (of, id, network, aliases) => {
    const found = await member(of, id);
    if (found === null || network in found.NetworkSettings.Networks) return;
    const body = { Container: id, EndpointConfig: { Aliases: [...aliases] } };
    await client.ask("POST", `/networks/${encodeURIComponent(network)}/connect`, { body });
  };

  const detach: Projects["detach"] = async (of, id, network) => {
    const found = await member(of, id);
    if (found === null || !(network in found.NetworkSettings.Networks)) return;
    await orMissing(client.ask("POST", `/networks/${encodeURIComponent(network)}/disconnect`, { body: { Container: id, Force: true } }));
  };

  const discard: Projects["discard"] = async (of, id) => {
    const found = await member(of, id);
    if (found === null) return;
    if (found.State.Running)
      throw new InstarError("INS3002", `the container ${found.Name.slice(1)} of the Compose project ${of} runs: it is left alone`);
    try {
      await orMissing(client.ask("DELETE", `/containers/${id}`, { query: { v: false, force: false } }));
    } catch (error) {
      if (!(refused(error, 409) && /already in progress/.test(error.message))) throw error;
    }
  };

  return { project, runningOf, retire, revive, attach, detach, discard };
};

function containerOf({ Id, Name, Config, HostConfig, State, Mounts, NetworkSettings }: Inspect): ProjectContainer {
  const labels = Config.Labels ?? {};
  const bindings = Object.values((HostConfig.PortBindings ?? {}) as Record<string, { HostPort: string }[] | null>).flatMap(
    (list) => list ?? [],
  );
  const policy = HostConfig.RestartPolicy;
  return {
    id: Id,
    name: Name.slice(1),
    service: labels[COMPOSE.service] ?? "",
    number: Number(labels[COMPOSE.number] ?? 1),
    running: State.Running,
    image: Config.Image,
    restart: { name: policy?.Name || "no", maxAttempts: policy?.MaximumRetryCount ?? 0 },
    stopGraceMs: ((Config as { StopTimeout?: number }).StopTimeout ?? DEFAULT_GRACE_S) * 1000,
    ports: [...new Set(bindings.map(({ HostPort }) => Number(HostPort)).filter((port) => port > 0))].sort((a, b) => a - b),
    mounts: Mounts.flatMap(({ Type, Name: volume, Source, Destination, RW }) =>
      Type === "volume" || Type === "bind"
        ? [{ kind: Type, source: Type === "volume" ? (volume ?? Source) : Source, target: Destination, readOnly: !RW }]
        : [],
    ),
    networks: Object.keys(NetworkSettings.Networks),
  };
}
