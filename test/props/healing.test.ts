import fc from "fast-check";
import { expect, it } from "vitest";
import type { Desired, Exclusive } from "../../src/plan/types.ts";
import { World } from "../sim/world.ts";

const RUNS = Number(process.env.INSTAR_SIM_RUNS ?? 300);

const scenario = fc.record({
  replicas: fc.integer({ min: 1, max: 6 }),
  order: fc.constantFrom("start-first" as const, "stop-first" as const),
  parallelism: fc.integer({ min: 0, max: 3 }),
  exclusive: fc.constantFrom<Exclusive>("none", "slot"),
  routed: fc.boolean(),
  /** Of each slot: clean, drifted, or drifted and to be kept for so many ms. */
  drifted: fc.array(fc.constantFrom(null, 0, 0, 5_000, 10_000_000), { minLength: 6, maxLength: 6 }),
  sessions: fc.integer({ min: 0, max: 4 }),
  readyAfter: fc.integer({ min: 0, max: 1_500 }),
  seeds: fc.array(fc.nat(), { minLength: 30, maxLength: 30 }),
  daemonDies: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 3 }),
});

/** What drifted is replaced by instances of the same content; the rest stays. */
it("drifted instances are replaced, clean ones stay, and who is kept is out of the rotation, whenever the daemon dies", () => {
  fc.assert(
    fc.property(scenario, (s) => {
      let at = 0;
      const chance = { upTo: (max: number) => (((s.seeds[at++ % s.seeds.length] ?? 0) * 2654435761 + at * 40503) >>> 8) % (max + 1) };
      const order = s.exclusive === "none" ? s.order : "stop-first";
      const desired: Desired = {
        ...{ stack: "s", service: "w", revision: 2, instanceHash: "same", generation: 0, replicas: s.replicas, provingMs: 0 },
        bounds: {
          ...{ order, parallelism: s.parallelism, delayMs: 0, monitorMs: 0, minReadyMs: 0, readyTimeoutMs: 5_000, drainMs: 1_000 },
          ...{ maxFailureRatio: 0, failureAction: "rollback" },
        },
        restart: { policy: "always", maxAttempts: 0 },
        routed: s.routed,
        exclusive: s.exclusive,
        movement: { id: "D1", startedAt: 1_000_000, progressAt: 1_000_000, paused: false, direction: "forward", failures: [] },
        ...{ crashes: [], prelude: [], preluded: [], completed: [], waitingFor: null },
      };
      const setup = {
        desired,
        behaviours: { same: { readyAfter: s.readyAfter, diesAfter: null } },
        sessions: s.sessions,
        msPerSession: 50,
      };
      const world = new World(setup, chance);
      world.populate(2, "same", s.replicas);
      world.remember();
      const until = new Map<string, number>();
      const marked = new Set<string>();
      for (const body of world.bodies.values()) {
        const keep = s.drifted[body.slot - 1] ?? null;
        if (keep === null) continue;
        marked.add(body.name);
        body.heal = "it is tainted";
        if (keep > 0) body.quarantine = { until: world.now + keep, because: "it is tainted" };
        if (keep > 0) until.set(body.name, world.now + keep);
      }
      const clean = [...world.bodies.keys()].filter((name) => !marked.has(name));
      for (let turn = 0; turn < 2_000; turn++) {
        if (s.daemonDies.includes(turn)) world.crashDaemon();
        const goesOn = world.turn();
        if (
          s.routed &&
          order === "start-first" &&
          world.serving().filter(({ quarantine, route }) => quarantine === undefined || route !== null).length < s.replicas
        )
          world.broken.push("fewer serve than are wanted");
        for (const [name, end] of until) if (!world.bodies.has(name) && world.now < end) world.broken.push(`${name} went before its time`);
        if (!goesOn || (world.idle && world.last?.status.kind === "converged")) break;
      }
      expect(world.broken).toEqual([]);
      expect(world.last?.status.kind).toBe("converged");
      const left = [...world.bodies.values()];
      expect(left.filter(({ heal, quarantine }) => heal !== undefined && quarantine === undefined)).toEqual([]);
      for (const { name, quarantine, route } of left) if (quarantine !== undefined) expect(route, name).toBeNull();
      for (const name of clean) expect(world.bodies.has(name), name).toBe(true);
      const fresh = left.filter(({ quarantine }) => quarantine === undefined);
      expect(fresh.map(({ slot }) => slot).sort()).toEqual(Array.from({ length: s.replicas }, (_, index) => index + 1));
    }),
    { numRuns: RUNS },
  );
});
