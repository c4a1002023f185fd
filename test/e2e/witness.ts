import { expect } from "vitest";
import { gapMs, inWords, type LoadReport, type WebSocketRecord } from "../load/report.ts";
import type { Installation } from "./installation.ts";
import type { EngineWatch } from "./watch.ts";

/** Clocks of three processes on one machine, and the time a FIN takes. */
const TOLERANCE_MS = 150;

/** Every request was answered rightly, and no websocket client was refused or got a wrong echo. */
export function expectNoLoss(load: LoadReport): void {
  const said = inWords(load);
  console.log(`  ${said}`);
  expect(load.failed.length, said).toBe(0);
  expect(load.failedWebSockets.length, said).toBe(0);
}

/** The load itself was worth something: it sent what it should, on both kinds of connection. */
export function expectRealLoad(load: LoadReport, atLeast: number): void {
  expect(load.total).toBeGreaterThanOrEqual(atLeast);
  expect(Object.keys(load.byKind)).toHaveLength(8);
}

/** What one of several instances may cost when it dies: POSTs in flight on it, nothing else. */
export function expectOnlyPostsInFlight(load: LoadReport): void {
  const said = inWords(load);
  console.log(`  ${said}`);
  expect(load.failed.filter((request) => request.method === "GET").length, said).toBe(0);
}

/** How long nobody was answered is a figure of the machine (docs/figures.md: wanted within a second), and no test. */
export function sayGap(load: LoadReport): void {
  console.log(`  gap ${gapMs(load.failed)} ms; ${inWords(load)}`);
}

/**
 * Every websocket that was cut lived to the drain limit of the instance it was on: its end came no earlier than that
 * long after the record's drain step. The engine's own events tell which container was which instance.
 */
export async function expectLivedToDrainLimit(
  cut: readonly WebSocketRecord[],
  of: { installation: Installation; service: string; watch: EngineWatch; drainMs: number },
): Promise<void> {
  const { deployments } = await of.installation.history(of.service);
  const drains = new Map<string, number>();
  for (const step of deployments.flatMap((deployment) => deployment.steps)) {
    if (step.do === "drain" && step.instance !== null) drains.set(step.instance, Math.max(drains.get(step.instance) ?? 0, step.at));
  }
  const early = cut.flatMap((socket) => {
    const name = of.watch.of("start", socket.instance ?? "?")?.name ?? `unknown ${socket.instance}`;
    const drainedAt = drains.get(name);
    if (drainedAt === undefined) return [`${name}: cut without a drain`];
    const lived = socket.closedAt - drainedAt;
    return lived < of.drainMs - TOLERANCE_MS ? [`${name}: cut ${lived} ms after its drain began`] : [];
  });
  expect(early).toEqual([]);
}
