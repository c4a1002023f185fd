import type { Incident, judgeGaps, Lost, Verdict } from "./allowed.ts";
import type { Growth, Rest } from "./growth.ts";
import type { Deed } from "./scene.ts";

export interface SoakReport extends Verdict {
  readonly seed: number;
  readonly minutes: number;
  readonly services: number;
  readonly rate: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly requests: number;
  readonly failed: number;
  readonly slowestMs: number;
  readonly lagMs: number;
  readonly gaps: ReturnType<typeof judgeGaps>;
  readonly incidents: readonly Incident[];
  readonly deeds: readonly Deed[];
  /** What went wrong besides requests: a deployment with another end, a service that is not what its file says. */
  readonly faults: readonly string[];
  readonly rests: readonly Rest[];
  readonly growth: readonly Growth[];
}

export const isGood = (report: SoakReport): boolean =>
  report.unexplained.length === 0 &&
  report.faults.length === 0 &&
  report.gaps.ok &&
  report.growth.every(({ ok }) => ok) &&
  report.requests > 0;

/** Before and after a loss. */
const AROUND_MS = 10_000;
const MOST_TOLD = 20;

/** The end of a run, for people. A failing one says how to play it again and what was going on. */
export function inWords(report: SoakReport): string {
  const { seed, minutes, services, rate, requests, failed, slowestMs, lagMs, allowed, unexplained, faults, growth } = report;
  const took = ((report.endedAt - report.startedAt) / 60_000).toFixed(1);
  return [
    `${services} services, ${rate} requests a second over all, ${took} min (seed ${seed})`,
    `${requests} requests, ${failed} lost, slowest ${slowestMs} ms, generator at most ${lagMs} ms late`,
    ...Object.entries(allowed).map(([cause, count]) => `  ${String(count).padStart(6)}  ${cause}`),
    `  ${String(unexplained.length).padStart(6)}  that no law allows`,
    "",
    ...countedDeeds(report.deeds),
    "",
    ...growth.map(growthInWords),
    `${report.gaps.ok ? "ok   " : "LONG "} gaps after kills of HAProxy: ${report.gaps.gaps.join(", ") || "none"} ms (allowed: 1,000 ms where the machine has time)`,
    ...faults.slice(0, MOST_TOLD).map((line) => `FAULT ${line}`),
    ...unexplained.slice(0, MOST_TOLD).flatMap((lost) => lossInWords(lost, report)),
    isGood(report)
      ? "ok: every loss is one that the laws allow, nothing grew, everything is equal to its last file"
      : `FAILED (seed ${seed}): script/soak --minutes ${minutes} --services ${services} --seed ${seed}`,
  ].join("\n");
}

function countedDeeds(deeds: readonly Deed[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { what } of deeds) {
    // `deploy v2`, `kill -9 of the daemon`; the names of instances are left out.
    const kind = what
      .replace(/ (into )?[a-z0-9-]+-r\d+-\d+-a\d+$/, "")
      .replace(/\d+$/, "")
      .replace(/^deploy v$/, "deploy a good version")
      .replace(/^up with EDITION=$/, "up with another environment")
      .replace(/^scale to $/, "scale");
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]).map(([kind, count]) => `  ${String(count).padStart(6)}  ${kind}`);
}

function growthInWords({ what, from, to, slope, allowed, ok }: Growth): string {
  const number = (value: number): string => String(Math.round(value * 10) / 10);
  const anHour = slope === null ? "" : `, ${number(slope)} an hour`;
  return `${ok ? "ok   " : "GREW "} ${what.padEnd(10)} ${number(from)} → ${number(to)}${anHour}   (allowed: ${allowed})`;
}

export function lossInWords(
  lost: Lost,
  { startedAt, deeds, incidents }: Pick<SoakReport, "startedAt" | "deeds" | "incidents">,
): readonly string[] {
  const near = (from: number, to: number): boolean => to >= lost.sentAt - AROUND_MS && from <= lost.endedAt + AROUND_MS;
  const time = (at: number): string => `${((at - startedAt) / 1000).toFixed(1)} s`;
  return [
    `LOST ${lost.method} of ${lost.service}, sent at ${time(lost.sentAt)}${lost.openedAt === undefined ? "" : ` on a connection of ${time(lost.openedAt)}`}, failed at ${time(lost.endedAt)}: ${lost.error}`,
    ...deeds
      .filter(({ at, endedAt, service }) => (service === null || service === lost.service) && near(at, endedAt))
      .map(({ at, endedAt, what, outcome }) => `       ${time(at)} to ${time(endedAt)}: ${what}: ${outcome}`),
    ...incidents
      .filter((one) => near(one.at, one.at) && (one.kind === "router-killed" || one.service === lost.service))
      .map(
        (one) =>
          `       ${time(one.at)}: ${one.kind}${one.kind === "router-killed" ? "" : ` ${one.instance}, ${one.others} others served`}`,
      ),
  ];
}
