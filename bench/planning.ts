import { planRollout } from "../src/plan/rollout.ts";
import type { Desired, Observed } from "../src/plan/types.ts";
import { type Figure, median } from "./figure.ts";

const NOW = 1_800_000_000_000;

/** One pass over a service in the middle of its rollout: half of it new and serving, half of it old. */
export function planningFigures(): readonly Figure[] {
  const at = new Map([250, 500, 1000, 2000, 4000].map((count) => [count, passMs(count)]));
  const one = at.get(1000) ?? Number.NaN;
  const from = Object.fromEntries([...at].map(([count, ms]) => [`${count} instances ms`, ms]));
  return [
    { name: "planning pass for 1,000 instances", value: one, unit: "ms", atMost: 10, from },
    {
      name: "planning grows from 1,000 to 4,000 instances (linear is 4)",
      value: (at.get(4000) ?? 0) / one,
      unit: "×",
      atMost: 6,
      from: {},
    },
  ];
}

function passMs(count: number): number {
  const observed = Array.from({ length: count }, (_, n) => instance(n + 1, n < count / 2 ? "new" : "old"));
  const took: number[] = [];
  for (let n = 0; n < 60; n++) {
    const began = performance.now();
    planRollout(desired(count), observed, NOW);
    took.push(performance.now() - began);
  }
  // The first passes are the compiler's.
  return median(took.slice(20));
}

const desired = (replicas: number): Desired => ({
  stack: "shop",
  service: "web",
  revision: 2,
  instanceHash: "new",
  generation: 1,
  replicas,
  bounds: {
    order: "start-first",
    parallelism: 25,
    delayMs: 0,
    monitorMs: 0,
    minReadyMs: 0,
    readyTimeoutMs: 60_000,
    drainMs: 30_000,
    maxFailureRatio: 0,
    failureAction: "rollback",
  },
  restart: { policy: "always", maxAttempts: 0 },
  routed: true,
  exclusive: "none",
  movement: { id: "D2", startedAt: NOW - 60_000, progressAt: NOW - 100, paused: false, direction: "forward", failures: [] },
  crashes: [],
  prelude: [],
  preluded: [],
  completed: [],
  waitingFor: null,
  provingMs: 0,
});

const instance = (slot: number, hash: "new" | "old"): Observed => ({
  name: `shop-web-r${hash === "new" ? 2 : 1}-${slot}-a1`,
  revision: hash === "new" ? 2 : 1,
  slot,
  attempt: 1,
  generation: 1,
  instanceHash: hash,
  life: "running",
  built: true,
  startedAt: NOW - 50_000,
  exitCode: null,
  createdAt: 0,
  worn: false,
  sick: false,
  readySince: NOW - 49_000,
  probedSince: NOW - 50_000,
  probeDetail: null,
  route: { state: "ready", sessions: 1 },
  drainingSince: null,
  evidence: false,
  outside: false,
  revives: false,
  busy: null,
});
