import { fresh } from "../plan/fresh.ts";
import type { Observed } from "../plan/types.ts";
import type { ServiceKey } from "./control.ts";
import type { Engine } from "./ports.ts";
import type { ProjectContainer } from "./project.ts";
import type { AdoptionRow, Store } from "./store.ts";
import type { VolumeLocks } from "./volume-locks.ts";

/** Revisions count from 1: what has this one was not made by Instar. */
export const OUTSIDE_REVISION = 0;

/** The containers of a Compose project that a service takes over and that run, as the planner sees them. */
export async function predecessorsOf(store: Store, engine: Engine, key: ServiceKey): Promise<readonly Observed[]> {
  const adoption = await store.adoption(key.stack);
  if (adoption?.state !== "active") return [];
  const own = adoption.containers.filter(({ service }) => service === key.service);
  if (own.length === 0) return [];
  const running = await engine.runningOf(key.stack);
  return own.filter(({ id }) => running.has(id)).map(outside);
}

export const outside = ({ name, number }: Pick<ProjectContainer, "name" | "number">): Observed => ({
  ...fresh({ name, revision: OUTSIDE_REVISION, slot: number, attempt: 0, generation: 0, instanceHash: "outside" }, null),
  life: "running",
  outside: true,
});

/** Host ports that the containers of adopted projects hold, or get back: the router may not bind them. */
export async function withheldPorts(store: Store, engine: Engine): Promise<ReadonlySet<number>> {
  const held = new Set<number>();
  for (const adoption of await store.adoptions()) {
    if (adoption.containers.length === 0) continue;
    const running = await engine.runningOf(adoption.stack);
    const halted = new Set((await store.services(adoption.stack)).flatMap((row) => (row.halted === null ? [] : [row.service])));
    for (const container of adoption.containers)
      if (running.has(container.id) || halted.has(container.service) || adoption.state === "undoing")
        for (const port of container.ports) held.add(port);
  }
  return held;
}

interface Reviving {
  readonly engine: Engine;
  readonly volumes: VolumeLocks;
}

type Kept = AdoptionRow["containers"];

/**
 * Containers of the project start as instances of ours do: never on a volume whose content is being replaced, or was when that was
 * broken off. Raises INS3012, INS3015.
 */
export async function revive({ engine, volumes }: Reviving, project: string, containers: Kept): Promise<void> {
  for (const container of containers) {
    const release = volumes.start(mountedBy([container]));
    await engine.revive(project, container).finally(release);
  }
}

/** The same for all of them, before anything is touched. */
export function refuseRevival({ volumes }: Pick<Reviving, "volumes">, containers: Kept): void {
  const refusal = volumes.refusal(mountedBy(containers));
  if (refusal !== null) throw refusal;
}

const mountedBy = (containers: Kept): string[] =>
  containers.flatMap(({ mounts }) => mounts.flatMap(({ kind, source }) => (kind === "volume" ? [source] : [])));

interface BringingBack extends Reviving {
  readonly store: Store;
  readonly recompose: () => Promise<void>;
}

/**
 * The service's first deployment failed and its instances are gone: what served before serves again. The router lets go of
 * the ports first. Returns the names of those it started. Raises INS3012, INS3015.
 */
export async function bringBack(hands: BringingBack, key: ServiceKey): Promise<readonly string[]> {
  const adoption = await hands.store.adoption(key.stack);
  if (adoption?.state !== "active") return [];
  const running = await hands.engine.runningOf(key.stack);
  const gone = adoption.containers.filter((one) => one.service === key.service && one.running && !running.has(one.id));
  if (gone.length === 0) return [];
  refuseRevival(hands, gone);
  await hands.recompose();
  await revive(hands, key.stack, gone);
  return gone.map(({ name }) => name);
}
