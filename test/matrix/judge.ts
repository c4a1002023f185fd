import { CLOCKS_MS, GAP_MS, STARVED_MS } from "../soak/allowed.ts";
import { APPROVED, type Cell, expected, REPLICAS } from "./cells.ts";
import type { Away, Losses, Resumed, Seen } from "./seen.ts";

/**
 * `late`: as promised but for a figure (how long a gap was), which is the machine's too. `unproven`: nothing was against the promise,
 * but what was seen could not have been against it either.
 */
export interface Verdict {
  readonly verdict: "held" | "late" | "unproven" | "broken";
  /** What was not as expected, in words. */
  readonly findings: readonly string[];
}

/** So many requests make a share. */
const ENOUGH = 40;
/** A share is off when chance explains it as seldom as this many standard deviations: once in 30,000. */
const DEVIATIONS = 4;

/** Holds what was seen against what the laws promise for the cell. Pure. */
export function judge(cell: Cell, seen: Seen): Verdict {
  const { ends } = expected(cell);
  const findings = [...lossFindings(cell, seen.losses), ...awayFindings(seen), ...outageFindings(cell, seen), ...seen.unrest];
  if (!ends.includes(seen.outcome)) findings.push(`it ended as ${seen.outcome}${seen.reason === null ? "" : `: ${seen.reason}`}`);
  const twins = seen.created.length - REPLICAS[cell.strategy];
  if (cell.fault === "daemon" && twins !== 0) findings.push(`${seen.created.join(", ")} created for ${REPLICAS[cell.strategy]}`);
  // What went back before its end has had no use for the one after.
  const needless = (job: string): boolean => seen.outcome !== "succeeded" && job === "after";
  for (const { job, ran } of seen.jobs) if (ran !== 1 && !(ran === 0 && needless(job))) findings.push(`the job ${job} ran ${ran} times`);
  findings.push(...approvalFindings(cell, seen), ...(seen.resumed === null ? [] : resumeFindings(seen.resumed)));
  if (findings.length > 0) return { verdict: "broken", findings };
  const doubts = doubtsOf(cell, seen);
  if (doubts.length > 0) return { verdict: "unproven", findings: doubts };
  if (seen.away !== null && isLong(seen.away)) return { verdict: "late", findings: [longGap(seen.away)] };
  return { verdict: "held", findings: [] };
}

/** Why what was seen says nothing about the promise. */
function doubtsOf(cell: Cell, { away, outage, outcome, refused, unapproved }: Seen): string[] {
  const doubts: string[] = [];
  if (cell.fault === "disk-full" || cell.fault === "read-only") {
    if (refused === null) doubts.push("whether the daemon was refused a write was not recorded");
    else if (!refused) doubts.push("not struck: the daemon was refused no write");
  }
  if (expected(cell).lost === "outage" && outage === null) doubts.push("whether the engine's outage was told was not recorded");
  if (expected(cell).lost === "gap" && away === null) doubts.push("when HAProxy listened again was not recorded");
  const approved = APPROVED[cell.strategy];
  if (unapproved === null || approved === null || approved === 0) return doubts;
  if (unapproved.promoted === null) doubts.push("when the share was in force was not recorded");
  else if (unapproved.of < ENOUGH && outcome === "succeeded")
    doubts.push(`${unapproved.of} requests while the share was in force are too few`);
  return doubts;
}

/** The outage is told; without live-restore everything answers again in the end, and from then on nothing is lost. */
function outageFindings(cell: Cell, { losses, outage }: Seen): string[] {
  if (outage === null) return [];
  const findings = outage.told ? [] : ["the engine's outage was not told"];
  if (expected(cell).lost !== "outage") return findings;
  const { againMs } = outage;
  if (againMs === null) findings.push("its instances never all answered again");
  else if (losses.gets + losses.posts > 0 && losses.lastSent > againMs + CLOCKS_MS)
    findings.push(`one sent ${losses.lastSent} ms after the kill was lost, and all answered again from ${againMs} ms on`);
  return findings;
}

const isLong = ({ backMs }: Away): boolean => backMs > GAP_MS + CLOCKS_MS;
const longGap = ({ backMs }: Away): string => `nobody listened for ${backMs} ms`;

/** Its open connections are lost, and what comes until it listens again; a machine that has time starts it within a second. */
function awayFindings({ away, losses }: Seen): string[] {
  if (away === null) return [];
  const findings: string[] = [];
  if (losses.gets + losses.posts > 0 && losses.lastSent > away.backMs + CLOCKS_MS)
    findings.push(`one sent ${losses.lastSent} ms after the kill was lost, and HAProxy listened from ${away.backMs} ms on`);
  if (isLong(away) && away.lateMs <= STARVED_MS) findings.push(longGap(away));
  return findings;
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
      if (lost > 0 && losses.lastSent > CLOCKS_MS) findings.push(`one sent ${losses.lastSent} ms after the fault was lost${because}`);
      break;
    case "in flight":
      if (lost > 0 && losses.lastSent > CLOCKS_MS)
        findings.push(`one sent ${losses.lastSent} ms after the fault was lost, not held${because}`);
      break;
    case "gap":
    case "outage":
      break;
  }
  return findings;
}

function approvalFindings({ strategy }: Cell, { outcome, unapproved }: Seen): string[] {
  const approved = APPROVED[strategy];
  if (approved === null || unapproved === null) return [];
  const { of, answered, promoted } = unapproved;
  const findings: string[] = [];
  if (promoted === false && outcome === "succeeded") findings.push("it succeeded though nobody had promoted it");
  if (approved === 0 && answered > 0) findings.push(`${answered} requests answered by the new revision before its promotion`);
  if (approved > 0 && answered > mostOf(of, approved / 100))
    findings.push(`${((answered * 100) / of).toFixed(0)} % of ${of} requests went to the new revision before its promotion`);
  return findings;
}

/** As many of them as chance gives to this share (a binomial). */
const mostOf = (of: number, share: number): number => of * share + DEVIATIONS * Math.sqrt(of * share * (1 - share));

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
