import fc from "fast-check";
import { expect, it } from "vitest";
import { type Course, isPromoted, WHOLE } from "../../src/plan/course.ts";
import type { Desired, Side } from "../../src/plan/types.ts";
import { type Behaviour, World } from "../sim/world.ts";

const RUNS = Number(process.env.INSTAR_SIM_RUNS ?? 300);
const TURNS = 3_000;

const step = fc.record({
  share: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: WHOLE })),
  size: fc.integer({ min: 1, max: WHOLE }),
  forMs: fc.constantFrom<number | null>(0, 100, 5_000),
  gates: fc.constant([]),
});
const scenario = fc.record({
  steps: fc.array(step, { maxLength: 3 }),
  warmMs: fc.constantFrom(0, 60_000),
  replicas: fc.integer({ min: 1, max: 6 }),
  sessions: fc.integer({ min: 0, max: 5 }),
  readyAfter: fc.integer({ min: 0, max: 2_000 }),
  seeds: fc.array(fc.nat(), { minLength: 40, maxLength: 40 }),
  daemonDies: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 4 }),
  dies: fc.array(fc.record({ turn: fc.integer({ min: 1, max: 60 }), which: fc.nat() }), { maxLength: 2 }),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

function chanceFrom(seeds: readonly number[]): { upTo(max: number): number } {
  let at = 0;
  return { upTo: (max) => (((seeds[at++ % seeds.length] ?? 0) * 2654435761 + at * 40503) >>> 8) % (max + 1) };
}

const side = (revision: number, instanceHash: string, replicas: number, share: number): Side => ({
  ...{ revision, instanceHash, generation: 0, replicas, share, until: null },
});

function worldOf(s: Scenario, behaviour: Behaviour): World {
  const course: Course = { strategy: "canary", steps: s.steps, at: 0, since: null, warmMs: s.warmMs };
  const desired: Desired = {
    ...{ stack: "s", service: "w", revision: 2, instanceHash: "new", generation: 0, replicas: s.replicas, provingMs: 0 },
    bounds: {
      ...{ order: "start-first", parallelism: 1, delayMs: 0, monitorMs: 0, minReadyMs: 0, readyTimeoutMs: 5_000, drainMs: 1_000 },
      ...{ maxFailureRatio: 0.5, failureAction: "rollback" },
    },
    ...{ restart: { policy: "always", maxAttempts: 0 }, routed: true, exclusive: "none", crashes: [], prelude: [], preluded: [] },
    ...{ completed: [], waitingFor: null },
    movement: { id: "D1", startedAt: 1_000_000, progressAt: 1_000_000, paused: false, direction: "forward", failures: [], course },
    sides: [side(2, "new", s.replicas, 0), side(1, "old", s.replicas, WHOLE)],
  };
  const world = new World({ desired, behaviours: { new: behaviour }, sessions: s.sessions, msPerSession: 50 }, chanceFrom(s.seeds));
  world.populate(1, "old", s.replicas);
  world.remember();
  return world;
}

const courseOf = (world: World): Course | undefined => world.desired.movement?.course;

/** Of what takes traffic, by a rule of its own: the sum of the weights of each side. */
function weights(world: World): { old: number; new: number } {
  const of = (hash: string): number => world.serving().reduce((sum, b) => sum + (b.hash === hash ? (b.route?.weight ?? 0) : 0), 0);
  return { old: of("old"), new: of("new") };
}

function judge(world: World, s: Scenario, letIn: number): void {
  const course = courseOf(world);
  const fresh = [...world.bodies.values()].filter((b) => b.hash === "new" && b.life !== "ended" && !b.evidence);
  if (fresh.length > s.replicas) world.broken.push(`${fresh.length} of the new revision, ${s.replicas} are wanted`);
  for (const b of world.bodies.values())
    if (b.life === "running" && b.route?.state === "ready" && b.route.weight > 0 && !world.serving().includes(b))
      world.broken.push(`${b.name} carries ${b.route.weight} and is not ready`);
  if (world.serving().some((b) => (b.route?.weight ?? 0) > 256)) world.broken.push("a weight over 256");
  const now = weights(world);
  if (letIn === 0 && now.new > 0) world.broken.push("the new revision is served, and nobody let it in");
  // A weight of 1 beside one of 256 is 0.39 %.
  const share = now.new === 0 ? 0 : (now.new * WHOLE) / (now.new + now.old);
  if (s.dies.length === 0 && share > Math.max(letIn, 39) + 60)
    world.broken.push(`the new revision has ${share}, and was let in for ${letIn}`);
  // While nothing dies the old ones carry the rest.
  if (course !== undefined && !isPromoted(course) && now.old === 0 && letIn < WHOLE && s.dies.length === 0)
    world.broken.push("the old revision carries nothing in the middle of a course");
}

/** Returns the largest share that the course came to. */
function run(world: World, s: Scenario, every: (turn: number) => void = () => undefined, before = 0): number {
  let done = 0;
  let letIn = before;
  for (let turn = 0; turn < TURNS; turn++) {
    if (s.daemonDies.includes(turn)) world.crashDaemon();
    for (const death of s.dies) {
      const victim = [...world.bodies.values()][death.which % Math.max(1, world.bodies.size)];
      if (death.turn === turn && victim !== undefined) world.kill(victim.name);
    }
    const course = courseOf(world);
    if (course !== undefined && world.desired.movement?.direction === "forward")
      letIn = Math.max(letIn, isPromoted(course) ? WHOLE : (course.steps[course.at]?.share ?? WHOLE));
    const goesOn = world.turn();
    every(turn);
    judge(world, s, letIn);
    if (world.done.length > done && world.desired.movement !== null) {
      done = world.done.length;
      world.desired = { ...world.desired, movement: { ...world.desired.movement, progressAt: world.now } };
    }
    if (world.idle && (world.last?.status.kind === "converged" || world.last?.status.kind === "failed")) return letIn;
    if (!goesOn) return letIn;
  }
  return letIn;
}

/** The row turns round, as an abort or a failure makes it. */
function turnRound(world: World): void {
  const { sides: _, movement, ...rest } = world.desired;
  const { course: __, ...plain } = movement ?? {
    id: "D1",
    startedAt: 0,
    progressAt: 0,
    paused: false,
    direction: "back" as const,
    failures: [],
  };
  world.desired = {
    ...rest,
    ...{ revision: 1, instanceHash: "old", crashes: [], closed: true },
    movement: { ...plain, direction: "back", failures: [], progressAt: world.now },
  };
}

it("a good revision comes to have everything, through every step, whenever the daemon dies", () => {
  fc.assert(
    fc.property(scenario, (s) => {
      const calm = { ...s, dies: [] };
      const world = worldOf(calm, { readyAfter: s.readyAfter, diesAfter: null });
      run(world, calm);
      expect(world.broken).toEqual([]);
      expect(world.last?.status).toEqual({ kind: "converged" });
      expect(weights(world)).toEqual({ old: 0, new: 100 * s.replicas });
      expect(world.done.filter((one) => one.do === "create" && one.revision === 1).map((one) => one.because)).toEqual([]);
      const old = [...world.bodies.values()].filter((b) => b.hash === "old");
      expect(old.length).toBe(s.warmMs > 0 ? s.replicas : 0);
    }),
    { numRuns: RUNS },
  );
});

it("instances that die in the middle are replaced or end it, and nobody is served by what was not let in", () => {
  fc.assert(
    fc.property(scenario, (s) => {
      const world = worldOf(s, { readyAfter: s.readyAfter, diesAfter: null });
      run(world, s);
      expect(world.broken).toEqual([]);
      expect(["converged", "failed"]).toContain(world.last?.status.kind);
    }),
    { numRuns: RUNS },
  );
});

it("an abort at any moment ends at the old revision, whole and at its usual weights", () => {
  fc.assert(
    fc.property(scenario, fc.integer({ min: 0, max: 60 }), (s, turn) => {
      const calm = { ...s, dies: [] };
      const world = worldOf(calm, { readyAfter: s.readyAfter, diesAfter: null });
      let turned = false;
      const letIn = run(world, calm, (at) => {
        if (at === turn) turnRound(world);
        turned ||= at === turn;
      });
      if (!turned) turnRound(world);
      run(world, { ...calm, daemonDies: [] }, () => undefined, letIn);
      expect(world.broken).toEqual([]);
      expect(world.last?.status).toEqual({ kind: "converged" });
      expect(weights(world)).toEqual({ old: 100 * s.replicas, new: 0 });
      expect([...world.bodies.values()].filter((b) => b.hash === "new" && !b.evidence)).toEqual([]);
    }),
    { numRuns: RUNS },
  );
});

it("a pause at any moment gives the old revision no more of the requests than it had, and what goes on comes to its end", () => {
  fc.assert(
    fc.property(scenario, fc.integer({ min: 0, max: 60 }), (s, turn) => {
      const calm = { ...s, dies: [] };
      const world = worldOf(calm, { readyAfter: s.readyAfter, diesAfter: null });
      const pause = (paused: boolean): void => {
        const { movement } = world.desired;
        if (movement !== null) world.desired = { ...world.desired, movement: { ...movement, paused, progressAt: world.now } };
      };
      const share = (): number => {
        const { old, new: fresh } = weights(world);
        return fresh === 0 ? 0 : fresh / (fresh + old);
      };
      let had: number | null = null;
      const letIn = run(world, calm, (at) => {
        const course = courseOf(world);
        const due = course === undefined || isPromoted(course) ? 1 : (course.steps[course.at]?.share ?? WHOLE) / WHOLE;
        // The step that the pause finds may be one that gives it less. A weight of 1 beside one of 256 is 0.39 %.
        if (world.broken.length === 0 && had !== null && share() + 0.006 < Math.min(had, due))
          world.broken.push(`the new revision had ${had} as the pause began, and has ${share()}`);
        if (at !== turn) return;
        pause(true);
        had = share();
      });
      pause(false);
      run(world, { ...calm, daemonDies: [] }, () => undefined, letIn);
      expect(world.broken).toEqual([]);
      expect(world.last?.status).toEqual({ kind: "converged" });
      expect(weights(world)).toEqual({ old: 0, new: 100 * s.replicas });
    }),
    { numRuns: RUNS },
  );
});

it("one that never becomes ready gets no request, and fails", () => {
  fc.assert(
    fc.property(scenario, (s) => {
      const bad = { ...s, dies: [], daemonDies: [] };
      const world = worldOf(bad, { readyAfter: null, diesAfter: null });
      run(world, bad, () => {
        if (weights(world).new > 0) world.broken.push("it is served");
      });
      expect(world.broken).toEqual([]);
      expect(world.last?.status.kind).toBe("failed");
    }),
    { numRuns: RUNS },
  );
});

it("when the old ones die in the middle of an abort, nobody is served by what was not let in all the same", () => {
  fc.assert(
    fc.property(scenario, fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 20 }), (s, turn, later) => {
      const calm = { ...s, steps: [{ share: 0, size: WHOLE, forMs: null, gates: [] as [] }], dies: [], daemonDies: [] };
      const world = worldOf(calm, { readyAfter: s.readyAfter, diesAfter: null });
      const killOld = (): void => {
        for (const b of [...world.bodies.values()]) if (b.hash === "old") world.kill(b.name);
      };
      run(world, { ...calm, dies: [{ turn: TURNS, which: 0 }] }, (at) => {
        if (at === turn) turnRound(world);
        if (at === turn + later) killOld();
      });
      expect(world.broken).toEqual([]);
    }),
    { numRuns: RUNS },
  );
});
