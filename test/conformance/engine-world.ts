import { expect } from "vitest";
import type { Blueprint, Engine, EngineEvent, EngineInstance } from "../../src/reconcile/ports.ts";
import type { ImageIdentity, ServiceSpec } from "../../src/spec/types.ts";
import { serviceSpec } from "./service-spec.ts";

/**
 * `steady` ends at once on SIGTERM with status 0, `deaf` ignores it; both write `up` once they listen to signals.
 * `exits` writes `ending with N` and ends by itself with `status`, `speaks` writes `lines` (those that begin
 * with `!` to stderr) and stays.
 */
export type Program =
  | { readonly does: "steady" | "deaf" }
  | { readonly does: "exits"; readonly status: number }
  | { readonly does: "speaks"; readonly lines: readonly string[] };

/** What only someone beside the port can do, and see. */
export interface EngineWorld {
  readonly engine: Engine;
  /** Begins every name; no other world has it. */
  readonly prefix: string;
  /** An image that is on the engine and in no registry. */
  readonly localImage: string;
  program(program: Program): Promise<{ readonly image: ImageIdentity; readonly command: readonly string[] | null }>;
  block(n: number): { readonly subnet: string; readonly ipRange: string; readonly gateway: string; address(host: number): string };
  /** A running container of someone else. */
  foreignContainer(name: string): Promise<void>;
  /** One of another installation, running, whose labels say otherwise what ours would. */
  foreignInstance(blueprint: Blueprint): Promise<void>;
  foreignNetwork(name: string, subnet: string): Promise<void>;
  foreignVolume(name: string): Promise<void>;
  exists(kind: "container" | "network" | "volume", name: string): Promise<boolean>;
  isRunning(container: string): Promise<boolean>;
  /** What a builder leaves that dies between create and the second connect. Returns the id. */
  leaveHalfBuilt(blueprint: Blueprint): Promise<string>;
  /** Kill -9 of its main process. */
  crash(name: string): Promise<void>;
  /** Removes all it made. */
  close(): Promise<void>;
}

/** One world with its networks, and shorthand for instances in it. */
export const inhabit = (world: EngineWorld) => {
  const { engine, prefix } = world;
  const networkName = (key: string): string => `${prefix}_${key}`;

  const network = (key: string, n: number): Promise<void> =>
    engine.ensureNetwork(prefix, { name: networkName(key), external: false, internal: false, labels: {} }, world.block(n));

  const blueprint = async (
    given: { program?: Program; spec?: Partial<ServiceSpec>; slot?: number; networks?: Blueprint["networks"] } & Partial<
      Pick<Blueprint, "service" | "instanceHash" | "volumeNames" | "name" | "stack">
    > = {},
  ): Promise<Blueprint> => {
    const { image, command } = await world.program(given.program ?? { does: "steady" });
    const slot = given.slot ?? 1;
    const service = given.service ?? "web";
    return {
      name: given.name ?? `${prefix}-${service}-r1-${slot}-a1`,
      stack: given.stack ?? prefix,
      service,
      revision: 1,
      slot,
      attempt: 1,
      generation: 3,
      instanceHash: given.instanceHash ?? "c0ffee",
      image,
      spec: serviceSpec({ command, ...given.spec }),
      networks: given.networks ?? [{ name: networkName("a"), address: world.block(0).address(10 + slot), aliases: [service] }],
      volumeNames: given.volumeNames ?? {},
      slotVolumes: {},
    };
  };

  /** The instance, which is there. */
  const look = async (name: string): Promise<EngineInstance> => {
    const seen = await engine.instance(name);
    expect(seen, name).not.toBeNull();
    return seen as EngineInstance;
  };

  const started = async (given: Parameters<typeof blueprint>[0] = {}): Promise<Blueprint> => {
    const made = await blueprint(given);
    await engine.create(made);
    await engine.start(made.name);
    // Process 1 of a container does not get a signal it has no handler for yet.
    const does = given.program?.does ?? "steady";
    if (does === "steady" || does === "deaf") await expect.poll(() => engine.tail(made.name, 10), POLL).toContain("up");
    return made;
  };

  /** Collects events until it is told to end; resolves once the stream stands. */
  const listen = async (): Promise<{ readonly seen: EngineEvent[]; end(): Promise<void> }> => {
    const ending = new AbortController();
    const seen: EngineEvent[] = [];
    const listening = (async () => {
      for await (const event of engine.events(ending.signal)) seen.push(event);
    })();
    await expect.poll(() => seen.length, POLL).toBeGreaterThan(0);
    return {
      seen,
      end: () => {
        ending.abort();
        return listening;
      },
    };
  };

  return { networkName, network, blueprint, look, started, listen };
};

/** Waits for a condition; the limit only ends a test that would wait for ever. */
export const POLL = { timeout: 60_000, interval: 20 } as const;
