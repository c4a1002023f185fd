import type { Course, CourseStep } from "../../src/plan/course.ts";
import { fresh } from "../../src/plan/fresh.ts";
import type { Desired, Movement, Observed, Plan, Side } from "../../src/plan/types.ts";
import { NOW, ONE } from "./one.ts";

export const nameOf = (revision: number, slot = 1): string => `s-w-r${revision}-${slot}-a1`;
/** An instance that is running and ready, and not in the router. */
export const runs = (revision: number, slot = 1, more: Partial<Observed> = {}): Observed => ({
  ...fresh({ name: nameOf(revision, slot), revision, slot, attempt: 1, generation: 0, instanceHash: `of ${revision}` }, null),
  ...{ life: "running", createdAt: NOW - 70_000, startedAt: NOW - 70_000, readySince: NOW - 60_000, probedSince: NOW - 60_000, ...more },
});
export const serves = (revision: number, weight?: number, slot = 1): Observed =>
  runs(revision, slot, { route: { state: "ready", sessions: 0, ...(weight === undefined ? {} : { weight }) } });
export const side = (revision: number, share: number, more: Partial<Side> = {}): Side => ({
  ...{ revision, instanceHash: `of ${revision}`, generation: 0, replicas: 1, share, until: null },
  ...more,
});
export const FIRST: CourseStep = { share: 500, size: 10_000, forMs: 60_000, gates: [] };
export const course = (more: Partial<Course> = {}): Course => ({
  strategy: "canary",
  steps: [FIRST],
  at: 0,
  since: null,
  warmMs: 0,
  ...more,
});
export const moves = (of: Course, more: Partial<Movement> = {}): Movement => ({
  ...{ id: "D3", startedAt: NOW - 100_000, progressAt: NOW - 100, paused: false, direction: "forward", failures: [], course: of },
  ...more,
});
/** Revision 3 is on its way beside revision 2. */
export const canary = (of: Course, more: Partial<Movement> = {}, replicas = 1): Desired => ({
  ...{ ...ONE, revision: 3, instanceHash: "of 3", replicas },
  sides: [side(3, 0, { replicas }), side(2, 10_000, { replicas })],
  movement: moves(of, more),
});
export const CANARY = canary(course());
/** Weights as the router has them once the first step, 5 % to 1 beside 1, is in force. */
export const AT_FIVE = [serves(3, 13), serves(2, 247)];

export const does = ({ steps }: Plan): string[] => steps.map((step) => `${step.do} ${step.instance}`);
export const weighed = ({ steps }: Plan) => steps.find((step) => step.do === "weigh")?.weights;
