/** What an answer to somebody at work must be, from who was away at the time: pure, so that it is tried by itself. Times in ms. */

/** The daemon was dead, or the router was killed or replaced: done by the run itself. */
export interface Absence {
  readonly what: "daemon" | "router";
  readonly from: number;
  /** Infinity until it is back. */
  to: number;
}

/** Whoever is back is asked at once, and the daemon has to find its router again. */
export const SETTLING_MS = 5_000;
const CLOCKS_MS = 150;

const wasAway = (absences: readonly Absence[], from: number, to: number): boolean =>
  absences.some((one) => one.from <= to + CLOCKS_MS && one.to + SETTLING_MS >= from);

/** A change that was asked for. */
export interface Asked {
  readonly from: number;
  readonly to: number;
  /** No answer, or one that says that the daemon or its router cannot be reached. */
  readonly away: boolean;
}

/** Nothing came of it, and it was not refused either: what is wrong with that, in words. null: somebody was away, so it may be. */
export function notTaken(asked: Asked, absences: readonly Absence[]): string | null {
  if (!asked.away) return "was answered, and there is no deployment of it";
  return wasAway(absences, asked.from, asked.to) ? null : "found the daemon or the router away, to which nobody had done anything";
}

/** How a command ended, and the ends of the deployments that it brought. */
export interface Ended {
  readonly code: number;
  readonly stderr: string;
  readonly outcomes: readonly string[];
}

const UNREACHABLE = 69;
const isGood = (outcome: string): boolean => outcome === "succeeded" || outcome === "unchanged";

/** It says that the daemon (69) or its router (INS4002, 1) cannot be reached. */
export const saysAway = ({ code, stderr }: Pick<Ended, "code" | "stderr">): boolean =>
  code === UNREACHABLE || (code === 1 && stderr.includes("INS4002"));

/** Why this exit code is not the documented one (docs/errors.md), in words. null: it is. */
export function exitFault(ended: Ended, asked: Asked, absences: readonly Absence[]): string | null {
  const { code, outcomes } = ended;
  const bad = outcomes.filter((outcome) => !isGood(outcome));
  const said = `exit code ${code}`;
  if (code === 0) return bad.length === 0 ? null : `${said} for what ${bad.join(", ")}`;
  if (saysAway(ended)) return wasAway(absences, asked.from, asked.to) ? null : `${said}, and nobody was away: ${ended.stderr.slice(-300)}`;
  if (code === 1 && bad.length > 0) return null;
  return `${said}, and ${outcomes.length === 0 ? "no deployment" : outcomes.join(", ")}: ${ended.stderr.slice(-300)}`;
}
