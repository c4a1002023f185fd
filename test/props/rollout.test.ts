import fc from "fast-check";
import { expect, it } from "vitest";
import type { Desired, Exclusive } from "../../src/plan/types.ts";
import { type Behaviour, World } from "../sim/world.ts";

const RUNS = Number(process.env.INSTAR_SIM_RUNS ?? 400);
const TURNS = 3000;

const bounds = fc.record({
  order: fc.constantFrom("start-first" as const, "stop-first" as const),
  parallelism: fc.integer({ min: 0, max: 4 }),
  delayMs: fc.constantFrom(0, 0, 500),
  monitorMs: fc.constantFrom(0, 0, 300),
  minReadyMs: fc.constantFrom(0, 200),
  readyTimeoutMs: fc.constant(5_000),
  drainMs: fc.constantFrom(0, 1_000, 30_000),
  maxFailureRatio: fc.constantFrom(0, 0.5),
  failureAction: fc.constant("rollback" as const),
});

const scenario = fc.record({
  bounds,
  replicas: fc.integer({ min: 1, max: 6 }),
  before: fc.integer({ min: 0, max: 6 }),
  routed: fc.boolean(),
  exclusive: fc.constantFrom<Exclusive>("none", "service", "slot"),
  sessions: fc.integer({ min: 0, max: 5 }),
  msPerSession: fc.constantFrom(1, 50, 2_000),
  readyAfter: fc.integer({ min: 0, max: 2_000 }),
  seeds: fc.array(fc.nat(), { minLength: 40, maxLength: 40 }),
  daemonDies: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 4 }),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

function chanceFrom(seeds: readonly number[]): { upTo(max: number): number } {
  let at = 0;
  return { upTo: (max) => (((seeds[at++ % seeds.length] ?? 0) * 2654435761 + at * 40503) >>> 8) % (max + 1) };
}

function worldOf(s: Scenario, behaviour: Behaviour): World {
  const exclusive = s.exclusive === "service" && (s.replicas > 1 || s.before > 1) ? "slot" : s.exclusive;
  const desired: Desired = {
    stack: "s",
    service: "w",
    revision: 2,
    instanceHash: "new",
    generation: 0,
    replicas: s.replicas,
    provingMs: s.routed && s.sessions > 2 ? 750 : 0,
    bounds: exclusive === "none" ? s.bounds : { ...s.bounds, order: "stop-first" },
    restart: { policy: "always", maxAttempts: 0 },
    routed: s.routed,
    exclusive,
    movement: { id: "D1", startedAt: 1_000_000, progressAt: 1_000_000, paused: false, direction: "forward", failures: [] },
    crashes: [],
    prelude: [],
    preluded: [],
    completed: [],
    waitingFor: null,
  };
  const world = new World(
    { desired, behaviours: { new: behaviour }, sessions: s.sessions, msPerSession: s.msPerSession },
    chanceFrom(s.seeds),
  );
  world.populate(1, "old", s.before);
  world.remember();
  return world;
}

/** Runs until nothing is left to happen; the stall clock follows, as the loop's journal would make it. */
function run(world: World, s: Scenario, every: (turn: number) => void = () => undefined): void {
  let done = 0;
  for (let turn = 0; turn < TURNS; turn++) {
    if (s.daemonDies.includes(turn)) world.crashDaemon();
    const goesOn = world.turn();
    every(turn);
    if (world.done.length > done && world.desired.movement !== null) {
      done = world.done.length;
      world.desired = { ...world.desired, movement: { ...world.desired.movement, progressAt: world.now } };
    }
    if (world.idle && (world.last?.status.kind === "converged" || world.last?.status.kind === "failed")) return;
    if (!goesOn) return;
  }
}

it("a good revision converges, in every order, whenever the daemon dies", () => {
  fc.assert(
    fc.property(scenario, (s) => {
      const world = worldOf(s, { readyAfter: s.readyAfter, diesAfter: null });
      run(world, s);
      expect(world.broken).toEqual([]);
      expect(world.last?.status).toEqual({ kind: "converged" });
      const left = [...world.bodies.values()];
      expect(left.map((b) => b.slot).sort()).toEqual(Array.from({ length: s.replicas }, (_, i) => i + 1));
      expect(left.every((b) => b.hash === "new" && b.life === "running")).toBe(true);
    }),
    { numRuns: RUNS },
  );
});

it("start-first never serves with fewer than before or than wanted, whichever is less", () => {
  fc.assert(
    fc.property(scenario, (s) => {
      const start = { ...s, exclusive: "none" as const, bounds: { ...s.bounds, order: "start-first" as const } };
      const world = worldOf(start, { readyAfter: s.readyAfter, diesAfter: null });
      const floor = Math.min(s.before, s.replicas);
      run(world, start, () => {
        if (world.serving().length < floor) world.broken.push(`${world.serving().length} serve, ${floor} are promised`);
      });
      expect(world.broken).toEqual([]);
    }),
    { numRuns: RUNS },
  );
});

it("stop-first gives up no more than a batch", () => {
  fc.assert(
    fc.property(scenario, (s) => {
      const stop = { ...s, exclusive: "none" as const, bounds: { ...s.bounds, order: "stop-first" as const }, before: s.replicas };
      const world = worldOf(stop, { readyAfter: s.readyAfter, diesAfter: null });
      const size = s.bounds.parallelism === 0 ? s.replicas : Math.min(s.bounds.parallelism, s.replicas);
      run(world, stop, () => {
        if (world.serving().length < s.replicas - size)
          world.broken.push(`${world.serving().length} serve of ${s.replicas} with batch ${size}`);
      });
      expect(world.broken).toEqual([]);
      expect(world.last?.status.kind).toBe("converged");
    }),
    { numRuns: RUNS },
  );
});

it("a bad revision fails, leaves what served serving, and one instance as evidence", () => {
  fc.assert(
    fc.property(
      scenario,
      fc.constantFrom<Behaviour>({ readyAfter: null, diesAfter: null }, { readyAfter: null, diesAfter: 10 }),
      (s, behaviour) => {
        const bad = {
          ...s,
          exclusive: "none" as const,
          before: s.replicas,
          daemonDies: [],
          bounds: { ...s.bounds, order: "start-first" as const },
        };
        const world = worldOf(bad, behaviour);
        run(world, bad, () => {
          if (world.serving().length < s.replicas) world.broken.push("an instance that served was given up for a bad one");
        });
        expect(world.broken).toEqual([]);
        expect(world.last?.status.kind).toBe("failed");
        expect([...world.bodies.values()].filter((b) => b.evidence)).toHaveLength(1);
        // Back: the old revision is wanted again.
        world.desired = {
          ...world.desired,
          revision: 1,
          instanceHash: "old",
          crashes: [],
          movement: { id: "D1", startedAt: 0, progressAt: world.now, paused: false, direction: "back", failures: [] },
        };
        run(world, bad);
        expect(world.last?.status).toEqual({ kind: "converged" });
        expect([...world.bodies.values()].filter((b) => !b.evidence).every((b) => b.hash === "old")).toBe(true);
      },
    ),
    { numRuns: RUNS },
  );
});

it("there are never two writers of the same data, although a newer revision comes in the middle and the daemon dies", () => {
  fc.assert(
    fc.property(
      scenario,
      fc.constantFrom<Exclusive>("service", "slot"),
      fc.integer({ min: 1, max: 40 }),
      fc.boolean(),
      (s, exclusive, turn, slow) => {
        const one = exclusive === "service" ? { ...s, exclusive, replicas: 1, before: Math.min(1, s.before) } : { ...s, exclusive };
        const world = worldOf(one, { readyAfter: slow ? null : s.readyAfter, diesAfter: null });
        run(world, one, (at) => {
          if (at === turn) world.desired = { ...world.desired, revision: 3, instanceHash: "newer" };
        });
        // What is built and not started yet, for a revision no longer wanted, goes while the newer one is built: it writes nothing.
        expect(world.broken.filter((what) => what.includes("writers"))).toEqual([]);
        // One that never becomes ready may have failed the deployment before the newer one came.
        if (!slow) expect(world.last?.status).toEqual({ kind: "converged" });
      },
    ),
    { numRuns: RUNS },
  );
});

it("dead instances are replaced, and the number comes back", () => {
  fc.assert(
    fc.property(scenario, fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 3 }), (s, victims) => {
      const world = worldOf({ ...s, before: 0, daemonDies: [] }, { readyAfter: s.readyAfter, diesAfter: null });
      run(world, { ...s, daemonDies: [] });
      world.desired = { ...world.desired, movement: null };
      for (const victim of victims) {
        const body = [...world.bodies.values()][victim % world.bodies.size];
        if (body !== undefined) world.kill(body.name);
        run(world, { ...s, daemonDies: [] });
      }
      expect(world.broken).toEqual([]);
      expect(world.serving()).toHaveLength(s.replicas);
    }),
    { numRuns: RUNS },
  );
});
