import type Docker from "dockerode";
import { healthcheckText } from "../../plan/touches.ts";
import type { Forensics } from "../../reconcile/drift-engine.ts";
import type { DockerClient } from "./client.ts";
import { dockerExamination } from "./examination.ts";
import { orMissing } from "./failure.ts";
import { dockerImageChanges } from "./image-layers.ts";
import type { Images } from "./images.ts";
import { LABEL } from "./labels.ts";
import { layerTar } from "./layer-tar.ts";
import { linesOf } from "./lines.ts";
import { labelsOf, neverStarted, observe } from "./observation.ts";

type Inspect = Docker.ContainerInspectInfo;

/** What of a container's or an image's `Config` says how it is checked. */
interface Checked {
  readonly Healthcheck?: { readonly Test?: readonly string[] | null } | null;
  readonly Shell?: readonly string[] | null;
}

/** moby, daemon/events: eventsLimit. */
const REMEMBERED = 256;
const ALIVE: ReadonlySet<string> = new Set(["running", "paused", "restarting"]);

export const dockerForensics = (client: DockerClient, installation: string, find: Images["find"]): Forensics => {
  const watched: Forensics["watched"] = async (id) => {
    const found = await orMissing(client.ask<Inspect>("GET", `/containers/${encodeURIComponent(id)}/json`));
    if (found === null || labelsOf(found)[LABEL.installation] !== installation) return null;
    const seen = observe(found);
    if (seen === null) return null;
    const { Healthcheck, Shell } = found.Config as Checked;
    const { name, stack, service, revision, slot, attempt, generation, instanceHash, createdAt, startedAt } = seen;
    return {
      ...{ name, stack, service, revision, slot, attempt, generation, instanceHash, createdAt, startedAt, id: found.Id },
      life: neverStarted(found) ? "created" : ALIVE.has(found.State.Status) ? "running" : "ended",
      healthcheck: healthcheckText(Healthcheck?.Test ?? [], Shell ?? []),
      volumes: found.Mounts.flatMap(({ Type, Name }) => (Type === "volume" && Name !== undefined ? [Name] : [])),
    };
  };

  const healthcheckOf: Forensics["healthcheckOf"] = async (check, image) => {
    const name = await find(image);
    const asked = name === null ? null : client.ask<{ readonly Config?: Checked | null }>("GET", `/images/${name}/json`);
    const found = asked === null ? null : await orMissing(asked);
    const test = check?.disable === true ? [] : check !== null && check.test.length > 0 ? check.test : found?.Config?.Healthcheck?.Test;
    return healthcheckText(test ?? [], found?.Config?.Shell ?? []);
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
    ...{ watched, healthcheckOf, ownContainers, memory },
    ...dockerExamination(client, installation),
    imageChanges: dockerImageChanges(client),
    exportLayer: layerTar(client),
  };
};
