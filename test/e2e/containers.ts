import type Docker from "dockerode";

/** Looking at the engine behind Instar's back, and undoing what a test left there. */
export const INSTALLATION = "dev.instar.installation";
const SERVICE = "dev.instar.service";

export interface Container {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly image: string;
  /** null for the router's containers. */
  readonly service: string | null;
  readonly revision: number | null;
  readonly slot: number | null;
  readonly pid: number;
  readonly startedAt: string;
  readonly environment: readonly string[];
}

/** Every container of the installation (with these labels too), the router's too, stopped ones too; sorted by name. */
export async function containersOf(docker: Docker, installation: string, ...labels: readonly string[]): Promise<readonly Container[]> {
  const listed = await docker.listContainers({ all: true, filters: { label: [`${INSTALLATION}=${installation}`, ...labels] } });
  const looked = await Promise.all(listed.map((one) => whenThere(docker.getContainer(one.Id).inspect())));
  return looked.flatMap((one) => (one === null ? [] : [asContainer(one)])).sort((a, b) => a.name.localeCompare(b.name));
}

export const instancesAmong = (containers: readonly Container[]): readonly Container[] => containers.filter((one) => one.service !== null);
export const routersAmong = (containers: readonly Container[]): readonly Container[] => containers.filter((one) => one.service === null);

function asContainer(seen: Docker.ContainerInspectInfo): Container {
  const labels = seen.Config.Labels;
  const number = (label: string): number | null => (labels[label] === undefined ? null : Number(labels[label]));
  return {
    id: seen.Id,
    name: seen.Name.slice(1),
    state: seen.State.Status,
    image: seen.Image,
    service: labels[SERVICE] ?? null,
    revision: number("dev.instar.revision"),
    slot: number("dev.instar.slot"),
    pid: seen.State.Pid,
    startedAt: seen.State.StartedAt,
    environment: seen.Config.Env,
  };
}

/** null when the engine answers that it is not there (any more). */
export async function whenThere<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return null;
    throw error;
  }
}

/** Removes every container, network and volume that carries the installation's label, and nothing else. */
export async function removeAllOf(docker: Docker, installation: string): Promise<void> {
  const filters = { label: [`${INSTALLATION}=${installation}`] };
  const containers = await docker.listContainers({ all: true, filters });
  await Promise.all(containers.map((one) => gone(docker.getContainer(one.Id).remove({ force: true, v: true }))));
  for (const one of await docker.listNetworks({ filters })) await gone(docker.getNetwork(one.Id).remove());
  for (const one of (await docker.listVolumes({ filters })).Volumes) await gone(docker.getVolume(one.Name).remove());
}

/** 404: gone already. 409: its removal is under way. */
async function gone(removal: Promise<unknown>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (![404, 409].includes((error as { statusCode?: number }).statusCode ?? 0)) throw error;
  }
}
