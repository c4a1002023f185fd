import { formatDuration } from "../lib/duration.ts";
import type { ServiceSpec } from "../spec/types.ts";
import { boundsOf, type Choice, ingressPorts, portMode } from "./choose.ts";
import type { Step } from "./types.ts";

/** `stop-first, because /data is written by one instance at a time; ready is seen by tcp`. */
export const rolloutOf = (choice: Choice): string =>
  `${choice.order}, because ${choice.because}; ${choice.ready.kind === "running" ? "being up is taken for ready" : `ready is seen by ${choice.ready.kind}`}`;

/** 3 there, 3 wanted, one built ahead: 1. What is there at the end is not extra. */
export function extraContainers(steps: readonly Step[], before: number, replicas: number): number {
  let there = before;
  let most = before;
  for (const step of steps) {
    if (step.do === "create") there++;
    if (step.do === "remove" || step.do === "complete") there--;
    most = Math.max(most, there);
  }
  return Math.max(0, most - Math.max(before, replicas));
}

export interface Swap {
  readonly spec: ServiceSpec;
  readonly choice: Choice;
  readonly steps: readonly Step[];
  readonly replicas: number;
  /** As measured at the last swap of this service. */
  readonly last: { readonly ms: number; readonly deployment: string } | null;
  /** Containers of an adopted project that hold the ports until they have stopped. */
  readonly predecessors: readonly { readonly ports: readonly number[]; readonly stopGraceMs: number }[];
}

/** What clients notice of a rollout, in words; null: nothing. */
export function expectedPause({ spec, choice, steps, replicas, last, predecessors }: Swap): string | null {
  const held = [...new Set(predecessors.flatMap(({ ports }) => ports))];
  const grace = Math.max(0, ...predecessors.map(({ stopGraceMs }) => stopGraceMs));
  const closed =
    held.length === 0
      ? null
      : `port ${held.join(", ")} refuses connections until the old container has stopped, at most ${formatDuration(grace)} (its grace)`;
  const swapped = choice.order === "stop-first" && replicas <= 1 && steps.some((step) => step.do === "stop");
  if (!swapped) return closed;
  const { drainMs, readyTimeoutMs } = boundsOf(spec, choice, "forward");
  const stopMs = predecessors.length > 0 ? grace : drainMs + spec.stopGraceMs;
  const bound = `at most ${formatDuration(stopMs)} to ${predecessors.length > 0 ? "stop" : "drain and stop"} and ${formatDuration(readyTimeoutMs)} to be ready`;
  const length = last === null ? bound : `${formatDuration(last.ms)} in ${last.deployment}; ${bound}`;
  const [first, ...others] = [closed, `${noticed(spec, choice)} while it is swapped: ${length}`].filter((words) => words !== null);
  return [first, ...others].join("; ");
}

function noticed(spec: ServiceSpec, choice: Choice): string {
  if (!choice.routed) return "it does not run";
  return ingressPorts(spec).every((port) => portMode(spec, port).mode === "http") ? "requests wait" : "connections are refused";
}
