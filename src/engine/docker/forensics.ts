import type Docker from "dockerode";
import { healthcheckText } from "../../plan/touches.ts";
import type { Forensics } from "../../reconcile/drift-engine.ts";
import type { DockerClient } from "./client.ts";
import { dockerExamination } from "./examination.ts";
import { orMissing } from "./failure.ts";
import { dockerImageChanges } from "./image-layers.ts";
import { LABEL } from "./labels.ts";
import { layerTar } from "./layer-tar.ts";
import { linesOf } from "./lines.ts";
import { labelsOf, neverStarted, observe } from "./observation.ts";

type Inspect = Docker.ContainerInspectInfo;

/** moby, daemon/events: eventsLimit. */
const REMEMBERED = 256;
const ALIVE: ReadonlySet<string> = new Set(["running", "paused", "restarting"]);

export const dockerForensics = (client: DockerClient, installation: string): Forensics => {
  const watched: Forensics["watched"] = async (id) => {
    const found = await orMissing(client.ask<Inspect>("GET", `/containers/${encodeURIComponent(id)}/json`));
    if (found === null || labelsOf(found)[LABEL.installation] !== installation) return null;
    const seen = observe(found);
    if (seen === null) return null;
    const { Healthcheck, Shell } = found.Config as Docker.ContainerInspectInfo["Config"] & { Shell?: string[] | null };
    const { name, stack, service, revision, slot, attempt, generation, instanceHash, createdAt, startedAt } = seen;
    return {
      ...{ name, stack, service, revision, slot, attempt, generation, instanceHash, createdAt, startedAt, id: found.Id },
      life: neverStarted(found) ? "created" : ALIVE.has(found.State.Status) ? "running" : "ended",
      healthcheck: healthcheckText(Healthcheck?.Test ?? [], Shell ?? []),
      volumes: found.Mounts.flatMap(({ Type, Name }) => (Type === "volume" && Name !== undefined ? [Name] : [])),
    };
  };

  const ownContainers: Forensics["ownContainers"] = async () => {
    const filters = { label: [`${LABEL.installation}=${installation}`] };
    const listed = await client.ask<Docker.ContainerInfo[]>("GET", "/containers/json", { query: { all: true, filters } });
    return new Set(listed.map(({ Id }) => Id));
  };

  /** Unfiltered: what is filtered away takes room in the memory all the same. */
  const memory: Forensics["memory"] = async () => {
    const stream = await client.stream("GET", "/events", { query: { since: "1", until: `${Date.now() / 1000}` } });
    let count = 0;
    let oldest: number | null = null;
    for await (const line of linesOf(stream)) {
      if (line === "") continue;
      count += 1;
      oldest ??= Math.floor((JSON.parse(line) as { timeNano: number }).timeNano / 1_000_000);
    }
    return { full: count >= REMEMBERED, oldest };
  };

  return {
    ...{ watched, ownContainers, memory },
    ...dockerExamination(client, installation),
    imageChanges: dockerImageChanges(client),
    exportLayer: layerTar(client),
  };
};
