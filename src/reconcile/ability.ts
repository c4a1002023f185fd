import { InstarError } from "../errors.ts";
import { apiAtLeast } from "../lib/api-version.ts";
import type { Notice, ServiceSpec, StackSpec } from "../spec/types.ts";
import type { Engine, Limit } from "./ports.ts";

type Facts = Pick<Awaited<ReturnType<Engine["ping"]>>, "apiVersion" | "platform">;

/** Each service of the file by the name it has there; jobs, which stand in the services that they are jobs of, too. */
const named = ({ services }: StackSpec): readonly (readonly [name: string, spec: ServiceSpec])[] =>
  Object.entries(services).flatMap(([name, service]) => [
    [name, service] as const,
    ...Object.values(service.jobs ?? {}).map((job) => [job.service, job.spec] as const),
  ]);

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

const START_INTERVAL_API = "1.44";

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

/** What services say that the engine would drop: limits of which its kernel has none of the kind, and what came with a later API. */
export async function droppedKeys(engine: Engine, stack: StackSpec): Promise<readonly Notice[]> {
  const asked = named(stack).flatMap(([name, service]) =>
    (Object.keys(ASKS) as Limit[]).filter((limit) => ASKS[limit](service)).map((limit) => ({ name, limit })),
  );
  const early = named(stack).filter(([, { healthcheck }]) => healthcheck?.disable === false && healthcheck.startIntervalMs !== null);
  if (asked.length + early.length === 0) return [];
  const { lacks, apiVersion } = await engine.ping();
  const limits = asked
    .filter(({ limit }) => lacks.includes(limit))
    .map(({ name, limit }) => ({
      code: "dropped-limit",
      message: `services.${name}: the engine's kernel cannot limit ${limit}: instances run without that limit`,
      at: null,
    }));
  const because = older(apiVersion, START_INTERVAL_API, "healthcheck.start_interval");
  if (because === null) return limits;
  const intervals = early.map(([name]) => ({
    code: "dropped-start-interval",
    message: `services.${name}: ${because}: the first check comes after interval`,
    at: null,
  }));
  return [...limits, ...intervals];
}

/** Before anything is changed. Raises INS1006 for what this engine cannot do; the engine is asked only when something is in question. */
export async function refuseUnable(engine: Engine, stack: StackSpec): Promise<void> {
  const always: Facts = { apiVersion: "0.0", platform: "" };
  const asked = named(stack).filter(([, service]) => NEEDS.some((need) => need(service, always) !== null));
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
