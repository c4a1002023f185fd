import { APPROVED, type Cell, expected, REPLICAS } from "./cells.ts";
import type { Losses, Resumed, Seen } from "./seen.ts";

/** `late`: as promised but for a figure (how long a gap was), which is the machine's too. */
export interface Verdict {
  readonly verdict: "held" | "late" | "broken";
  /** What was not as expected, in words. */
  readonly findings: readonly string[];
}

/** Clocks of two processes, and the time until a death is known. */
const TOLERANCE_MS = 250;
const GAP_MS = 1000;
/** So many requests make a share. */
const ENOUGH = 40;
const OFF_PERCENT = 12;

/** Holds what was seen against what the laws promise for the cell. Pure. */
export function judge(cell: Cell, seen: Seen): Verdict {
  const { ends } = expected(cell);
  const findings = [...lossFindings(cell, seen.losses), ...seen.unrest];
  if (!ends.includes(seen.outcome)) findings.push(`it ended as ${seen.outcome}${seen.reason === null ? "" : `: ${seen.reason}`}`);
  const twins = seen.created.length - REPLICAS[cell.strategy];
  if (cell.fault === "daemon" && twins !== 0) findings.push(`${seen.created.join(", ")} created for ${REPLICAS[cell.strategy]}`);
  // What went back before its end has had no use for the one after.
  const needless = (job: string): boolean => seen.outcome !== "succeeded" && job === "after";
  for (const { job, ran } of seen.jobs) if (ran !== 1 && !(ran === 0 && needless(job))) findings.push(`the job ${job} ran ${ran} times`);
  findings.push(...approvalFindings(cell, seen), ...(seen.resumed === null ? [] : resumeFindings(seen.resumed)));
  if (findings.length > 0) return { verdict: "broken", findings };
  if (expected(cell).lost === "gap" && seen.losses.gap > GAP_MS) return { verdict: "late", findings: [`a gap of ${seen.losses.gap} ms`] };
  return { verdict: "held", findings: [] };
}

function lossFindings(cell: Cell, losses: Losses): string[] {
  const findings: string[] = [];
  const lost = losses.gets + losses.posts;
  const because = losses.samples.length === 0 ? "" : ` (${losses.samples[0]})`;
  if (losses.wrong > 0) findings.push(`${losses.wrong} answered by whoever should not${because}`);
  if (losses.elsewhen > 0) findings.push(`${losses.elsewhen} lost before the fault or after the end${because}`);
  switch (expected(cell).lost) {
    case "none":
      if (lost > 0) findings.push(`${lost} lost${because}`);
      break;
    case "posts in flight":
      if (losses.gets > 0) findings.push(`${losses.gets} GETs lost${because}`);
      if (lost > 0 && losses.lastSent > TOLERANCE_MS) findings.push(`one sent ${losses.lastSent} ms after the fault was lost${because}`);
      break;
    case "in flight":
      if (lost > 0 && losses.lastSent > TOLERANCE_MS)
        findings.push(`one sent ${losses.lastSent} ms after the fault was lost, not held${because}`);
      break;
    case "gap":
    case "outage":
      break;
  }
  return findings;
}

function approvalFindings({ strategy }: Cell, { unapproved }: Seen): string[] {
  const approved = APPROVED[strategy];
  if (approved === null || unapproved === null) return [];
  const { of, answered } = unapproved;
  if (approved === 0) return answered === 0 ? [] : [`${answered} requests answered by the new revision before its promotion`];
  const share = (answered * 100) / Math.max(of, ENOUGH);
  return share <= approved + OFF_PERCENT ? [] : [`${share.toFixed(0)} % of ${of} requests went to the new revision before its promotion`];
}

/** The same step and the same weights, unless it has gone on already. */
function resumeFindings({ before, dead, after }: Resumed): string[] {
  const same = (a: readonly string[], b: readonly string[]): boolean => a.join() === b.join();
  const findings: string[] = [];
  if (!same(before.weights, dead.weights))
    findings.push(`weights ${before.weights.join(" ")} became ${dead.weights.join(" ")} with the daemon dead`);
  if (after.steps !== before.steps) return findings;
  if (!same(before.weights, after.weights))
    findings.push(`weights ${before.weights.join(" ")} became ${after.weights.join(" ")} when it came back`);
  if (before.course !== after.course) findings.push(`it stood at ${before.course} and went on at ${after.course}`);
  return findings;
}
