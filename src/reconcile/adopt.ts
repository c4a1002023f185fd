import { InstarError } from "../errors.ts";
import type { Notice, ServiceSpec, StackSpec } from "../spec/types.ts";
import type { Deps } from "./actions.ts";
import type { UpRequest } from "./control.ts";
import { type DownDeps, down } from "./down.ts";
import { refuseRevival, revive } from "./predecessors.ts";
import type { Prepared } from "./prepare.ts";
import type { Project, ProjectContainer } from "./project.ts";
import type { AdoptionRow, Store, VolumeRow } from "./store.ts";
import type { VolumeDesk } from "./volume-desk.ts";

/** What a stack takes over from the Compose project of its name. */
export interface Adopting {
  readonly project: Project;
  readonly networks: Readonly<Record<string, string>>;
  readonly volumes: readonly VolumeRow[];
  /** Ports the project's containers hold until they are stopped. */
  readonly ports: ReadonlySet<number>;
}

/**
 * The request as it goes on: networks by the names they have had here since the adoption; and what is to be adopted, when
 * that was asked for. Raises INS2021 when a Compose project of this name runs and nobody asked, INS2022 when it cannot be
 * adopted, INS2020 when the file would mount another volume than the project's container has.
 */
export async function withAdoption(deps: Deps, request: UpRequest): Promise<{ request: UpRequest; adopting: Adopting | null }> {
  const { store, engine } = deps;
  const { spec } = request;
  const before = await store.adoption(spec.name);
  if (before !== null) return { request: { ...request, spec: renamed(spec, before.networks) }, adopting: null };
  if (!request.adopt) {
    const running = await engine.runningOf(spec.name);
    if (running.size > 0)
      throw new InstarError("INS2021", `${running.size} containers of the Compose project ${spec.name} run here`, {
        hint: `take it over without losing data: instar adopt ${spec.name}; or give the stack another name: --stack NAME`,
      });
    return { request, adopting: null };
  }
  const project = await engine.project(spec.name);
  if (project === null) throw new InstarError("INS2022", `no container belongs to a Compose project ${spec.name}`);
  if ((await store.services(spec.name)).some((row) => !row.removed))
    throw new InstarError("INS2022", `there is a stack ${spec.name} already: two of one name cannot be one`);
  const networks = await clashingNetworks(deps, spec);
  const volumes = [...(await namedVolumes(deps, spec, project)), ...slotVolumes(spec, project)];
  refuseOtherVolumes(spec, project, request.acceptVolumes ?? []);
  const ports = new Set(project.containers.filter(({ running }) => running).flatMap((container) => container.ports));
  return { request: { ...request, spec: renamed(spec, networks) }, adopting: { project, networks, volumes, ports } };
}

const renamed = (spec: StackSpec, names: Readonly<Record<string, string>>): StackSpec => ({
  ...spec,
  networks: Object.fromEntries(
    Object.entries(spec.networks).map(([key, network]) => [key, { ...network, name: names[network.name] ?? network.name }]),
  ),
});

/** The project's own networks stay while its containers do: ours get another name, for good. */
async function clashingNetworks({ engine }: Deps, spec: StackSpec): Promise<Record<string, string>> {
  const foreign = new Set((await engine.networks()).filter(({ ours }) => !ours).map(({ name }) => name));
  const own = Object.values(spec.networks).filter(({ external, name }) => !external && foreign.has(name));
  return Object.fromEntries(own.map(({ name }) => [name, `${name}_instar`]));
}

/** Volumes of the file that the project has: the row, from now on, is the proof that they are ours to keep. */
async function namedVolumes({ engine }: Deps, spec: StackSpec, project: Project): Promise<VolumeRow[]> {
  const foreign = new Set((await engine.volumes()).filter(({ ours }) => !ours).map(({ name }) => name));
  const mounted = new Set(project.containers.flatMap(({ mounts }) => mounts.map(({ source }) => source)));
  return Object.values(spec.volumes)
    .filter(({ external, name }) => !external && foreign.has(name) && (mounted.has(name) || name.startsWith(`${project.name}_`)))
    .map(({ name }) => adopted(name, spec.name, null));
}

/** Volumes without a name in the file go to the slot of the container's number. */
const slotVolumes = (spec: StackSpec, project: Project): VolumeRow[] =>
  project.containers.flatMap(({ service, number, mounts }) => {
    const named = new Set((spec.services[service]?.mounts ?? []).filter(({ source }) => source !== null).map(({ target }) => target));
    if (spec.services[service] === undefined) return [];
    return mounts
      .filter(({ kind, target }) => kind === "volume" && !named.has(target))
      .map(({ source, target }) => adopted(source, spec.name, { service, slot: number, target }));
  });

const adopted = (name: string, stack: string, owner: VolumeRow["owner"]): VolumeRow => ({ name, stack, owner, origin: "adopted" });

function refuseOtherVolumes(spec: StackSpec, project: Project, accepted: readonly string[]): void {
  for (const { service, name, mounts } of project.containers)
    for (const { kind, source, target, readOnly } of mounts) {
      const mount = spec.services[service]?.mounts.find((one) => one.target === target);
      if (kind !== "volume" || readOnly || mount === undefined || mount.source === null) continue;
      const other = mount.kind === "volume" ? (spec.volumes[mount.source]?.name ?? mount.source) : mount.source;
      if (other === source || accepted.includes(other) || accepted.includes(target)) continue;
      throw new InstarError("INS2020", `${name} has the volume ${source} at ${target}, and the file mounts ${other} there`, {
        hint: `mount ${source} there (volumes: … name: ${source}), or allow it: --accept-volume ${other}; nothing is deleted either way`,
      });
    }
}

/** Of what the project has, only what the stack will mount becomes its own. */
export const takenVolumes = (adopting: Adopting | null, prepared: readonly Prepared[]): VolumeRow[] =>
  (adopting?.volumes ?? []).filter(
    ({ owner }) =>
      owner === null ||
      prepared.some(
        ({ key, spec }) => key.service === owner.service && spec.mounts.some((m) => m.source === null && m.target === owner.target),
      ),
  );

/** What of the project the file does not speak of: it goes on as it is. */
export const leftAlone = (spec: StackSpec, adopting: Adopting | null): Notice[] =>
  (adopting?.project.containers ?? [])
    .filter(({ service, running }) => running && spec.services[service] === undefined)
    .map(({ name, service }) => ({
      code: "left-alone",
      message: `${name} goes on running as it is: the file has no service ${service}`,
      at: null,
    }));

/** The networks are there, nothing else has changed: both sides can reach each other from now on. */
export async function joinSides({ engine }: Deps, spec: StackSpec, adopting: Adopting): Promise<AdoptionRow["containers"]> {
  const kept: AdoptionRow["containers"][number][] = [];
  for (const container of inOrder(spec, adopting.project.containers)) {
    const service = spec.services[container.service];
    const attached = service === undefined || service.networkMode !== null || !container.running ? [] : networksOf(spec, service);
    for (const { name, aliases } of attached) await engine.attach(spec.name, container.id, name, [container.service, ...aliases]);
    if (service !== undefined) kept.push({ ...container, attached: attached.map(({ name }) => name) });
  }
  return kept;
}

const networksOf = (spec: StackSpec, service: ServiceSpec): { name: string; aliases: readonly string[] }[] =>
  Object.entries(service.networks).map(([key, { aliases }]) => ({ name: spec.networks[key]?.name ?? key, aliases }));

/** Dependencies first: the order in which a way back starts them. */
function inOrder(spec: StackSpec, containers: readonly ProjectContainer[]): ProjectContainer[] {
  const depth = (service: string, above: readonly string[]): number =>
    above.includes(service)
      ? 0
      : 1 + Math.max(0, ...Object.keys(spec.services[service]?.dependsOn ?? {}).map((one) => depth(one, [...above, service])));
  return [...containers].sort((a, b) => depth(a.service, []) - depth(b.service, []));
}

async function adoptionOf(store: Store, project: string): Promise<AdoptionRow> {
  const row = await store.adoption(project);
  if (row === null || row.containers.length === 0)
    throw new InstarError(
      "INS2022",
      row === null ? `the Compose project ${project} was not adopted` : `the adoption of ${project} is finished`,
    );
  return row;
}

interface UndoDeps extends DownDeps {
  readonly volumes: DownDeps["volumes"] & Pick<VolumeDesk, "locks">;
}

/**
 * Our instances go, then the project's containers come back, with their restart policies and the same volumes. Begun again
 * after a crash. Raises INS2022 when there is nothing to undo; INS3012, INS3015 before anything is touched.
 */
export async function undoAdoption(deps: UndoDeps, project: string, who: string): Promise<readonly string[]> {
  const { store, engine, clock } = deps;
  const row = await adoptionOf(store, project);
  const back = row.containers.filter(({ running }) => running);
  const { locks } = deps.volumes;
  refuseRevival({ volumes: locks }, back);
  await store.putAdoption({ ...row, state: "undoing" });
  if ((await store.stack(project))?.removed === false) await down(deps, project, { volumes: false, who });
  await revive({ engine, volumes: locks }, project, back);
  await store.write(async (within) => {
    for (const volume of await within.volumes(project)) if (volume.origin === "adopted") await within.dropVolume(volume.name);
    await within.dropAdoption(project);
    await within.addEvent(clock.now(), {
      kind: "adoption.undone",
      stack: project,
      message: `the Compose project ${project} runs again (${back.map(({ name }) => name).join(", ")}), undone by ${who}`,
    });
  });
  await deps.changed([]);
  return back.map(({ name }) => name);
}

/** The way back ends: the project's stopped containers are removed; volumes and networks stay. */
export async function finishAdoption(deps: Deps, project: string, who: string): Promise<readonly string[]> {
  const { store, engine, clock } = deps;
  const row = await adoptionOf(store, project);
  const unfinished = (await store.services(project)).find((service) => service.deployment !== null || service.halted !== null);
  if (unfinished !== undefined)
    throw new InstarError("INS2022", `${project}/${unfinished.service} is not there yet: its container of the project may still be needed`);
  for (const { id } of row.containers) await engine.discard(project, id);
  await store.write(async (within) => {
    await within.putAdoption({ ...row, containers: [] });
    await within.addEvent(clock.now(), {
      kind: "adoption.finished",
      stack: project,
      message: `the containers of the Compose project ${project} were removed by ${who}: ${row.containers.map(({ name }) => name).join(", ")}`,
    });
  });
  return row.containers.map(({ name }) => name);
}
