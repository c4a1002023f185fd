import { fresh } from "../plan/fresh.ts";
import type { Observed } from "../plan/types.ts";
import type { ServiceKey } from "./control.ts";
import type { Engine } from "./ports.ts";
import type { ProjectContainer } from "./project.ts";
import type { Store } from "./store.ts";

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

/**
 * The service's first deployment failed and its instances are gone: what served before serves again. The router lets go of
 * the ports first. Returns the names of those it started.
 */
export async function bringBack(store: Store, engine: Engine, key: ServiceKey, recompose: () => Promise<void>): Promise<readonly string[]> {
  const adoption = await store.adoption(key.stack);
  if (adoption?.state !== "active") return [];
  const running = await engine.runningOf(key.stack);
  const gone = adoption.containers.filter((one) => one.service === key.service && one.running && !running.has(one.id));
  if (gone.length === 0) return [];
  await recompose();
  for (const container of gone) await engine.revive(key.stack, container);
  return gone.map(({ name }) => name);
}
