import { InstarError } from "../errors.ts";
import { apiAtLeast } from "../lib/api-version.ts";
import type { Notice, ServiceSpec, StackSpec } from "../spec/types.ts";
import type { Engine, Limit } from "./ports.ts";

type Facts = Pick<Awaited<ReturnType<Engine["ping"]>>, "apiVersion" | "platform">;

/** What a service says that not every engine can do. `null`: this one can. */
const NEEDS: readonly ((service: ServiceSpec, engine: Facts) => string | null)[] = [
  ({ container }, { platform }) =>
    container?.platform === undefined || container.platform === platform
      ? null
      : `platform: ${container.platform}, and the engine runs ${platform}`,
  ({ container }, { apiVersion }) => (container?.annotations === undefined ? null : older(apiVersion, "1.43", "annotations")),
  ({ mounts }, { apiVersion }) =>
    mounts.every(({ subpath }) => subpath === undefined) ? null : older(apiVersion, "1.45", "volume.subpath of a mount"),
];

const older = (has: string, needs: string, what: string): string | null =>
  apiAtLeast(has, needs) ? null : `${what} needs an engine with API ${needs}; this one has ${has}`;

/** Which limits a service asks for. */
const ASKS: Readonly<Record<Limit, (service: ServiceSpec) => boolean>> = {
  memory: ({ resources }) => resources.memoryBytes + resources.memoryReservationBytes > 0,
  swap: ({ container }) => container?.memorySwapBytes !== undefined,
  swappiness: ({ container }) => container?.memorySwappiness !== undefined,
  cpus: ({ resources, container }) => resources.nanoCpus > 0 || (container?.cpuPeriodUs ?? container?.cpuQuotaUs) !== undefined,
  cpu_shares: ({ container }) => container?.cpuShares !== undefined,
  cpuset: ({ container }) => container?.cpuset !== undefined,
  pids: ({ resources }) => resources.pids > 0,
  oom_kill_disable: ({ container }) => container?.oomKillDisable === true,
};

/** Limits of services that the engine would drop: its kernel has none of the kind. */
export async function droppedLimits(engine: Engine, { services }: StackSpec): Promise<readonly Notice[]> {
  const asked = Object.entries(services).flatMap(([name, service]) =>
    (Object.keys(ASKS) as Limit[]).filter((limit) => ASKS[limit](service)).map((limit) => ({ name, limit })),
  );
  if (asked.length === 0) return [];
  const { lacks } = await engine.ping();
  return asked
    .filter(({ limit }) => lacks.includes(limit))
    .map(({ name, limit }) => ({
      code: "dropped-limit",
      message: `services.${name}: the engine's kernel cannot limit ${limit}: instances run without that limit`,
      at: null,
    }));
}

/** Before anything is changed. Raises INS1006 for what this engine cannot do; the engine is asked only when something is in question. */
export async function refuseUnable(engine: Engine, stack: StackSpec): Promise<void> {
  const always: Facts = { apiVersion: "0.0", platform: "" };
  const asked = Object.entries(stack.services).filter(([, service]) => NEEDS.some((need) => need(service, always) !== null));
  if (asked.length === 0) return;
  const facts = await engine.ping();
  for (const [name, service] of asked) {
    for (const need of NEEDS) {
      const refusal = need(service, facts);
      if (refusal !== null)
        throw new InstarError("INS1006", `services.${name}: ${refusal}`, { hint: "remove it, or run it on an engine that can" });
    }
  }
}
