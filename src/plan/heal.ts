import type { Policy, Verdict } from "./drift.ts";

/** Which instances are replaced for their drift under `immutable: enforce`. Instants in ms. */

export interface Candidate {
  readonly name: string;
  readonly slot: number;
  readonly instanceHash: string;
  readonly verdict: Verdict;
  readonly because: string;
  readonly startedAt: number;
  /** When the first of what makes the verdict happened. */
  readonly driftedAt: number;
  /** Undeclared paths it wrote. */
  readonly paths: readonly string[];
}

/** A replacement for drift that was begun, by itself. */
export interface Healed {
  readonly slot: number;
  readonly instanceHash: string;
  readonly startedAt: number;
  readonly at: number;
}

export interface Ward {
  readonly policy: Policy;
  /** Running, wanted, not quarantined. */
  readonly candidates: readonly Candidate[];
  /** Oldest first. */
  readonly healed: readonly Healed[];
  /** When the last deployment for drift failed; null: it did not. */
  readonly failedAt: number | null;
  /** A deployment runs: what it does not replace is asked about again when it has ended. */
  readonly moving: boolean;
}

export interface Healing {
  readonly replace: readonly Candidate[];
  /** What would be replaced, and is left alone, with the reason. */
  readonly held: readonly { readonly candidate: Candidate; readonly because: string }[];
}

/** So many replacements in a row of one slot, and no more: an application that writes would be replaced for ever. */
export const IN_A_ROW = 3;
/** An instance that drifts within this time of its start continues the row. */
export const YOUNG_MS = 3_600_000;
/** After a deployment for drift that failed. */
export const PAUSE_MS = 600_000;

/**
 * Tainted, changed and foreign ones at once (the rollout's bounds take them in turn), unwatched ones one by one. Worked example: slot 1
 * was replaced at 0:00, 0:05 and 0:10 and drifts again at 0:15: held; a fresh one that drifts two hours after its start begins a new row.
 */
export function planHealing({ policy, candidates, healed, failedAt, moving }: Ward, now: number): Healing {
  if (policy !== "enforce" || moving) return { replace: [], held: [] };
  const drifted = candidates.filter(({ verdict }) => verdict === "tainted" || verdict === "changed" || verdict === "foreign");
  // A failure of the future is of a clock that has been set back.
  if (failedAt !== null && failedAt <= now && now < failedAt + PAUSE_MS) {
    const because = "the last replacement for drift failed; it is tried again ten minutes after that";
    return { replace: [], held: drifted.map((candidate) => ({ candidate, because })) };
  }
  const held = drifted.filter((one) => rowOf(one, healed) >= IN_A_ROW).map((candidate) => ({ candidate, because: stopped(candidate) }));
  const replace = drifted.filter((one) => held.every(({ candidate }) => candidate !== one));
  if (replace.length > 0) return { replace, held };
  const [unwatched] = candidates.filter(({ verdict }) => verdict === "unwatched").sort((a, b) => (a.name < b.name ? -1 : 1));
  return { replace: unwatched === undefined ? [] : [unwatched], held };
}

/** How many replacements of its slot came one after another, each of an instance that drifted young; the first may have been old. */
function rowOf(candidate: Candidate, healed: readonly Healed[]): number {
  if (candidate.driftedAt - candidate.startedAt >= YOUNG_MS) return 0;
  let row = 0;
  for (const one of healed.toReversed()) {
    if (one.slot !== candidate.slot || one.instanceHash !== candidate.instanceHash) continue;
    row += 1;
    if (one.at - one.startedAt >= YOUNG_MS) break;
  }
  return row;
}

const PATHS_TOLD = 5;

function stopped({ slot, paths, because }: Candidate): string {
  const told = paths.slice(0, PATHS_TOLD).join(", ");
  const what =
    paths.length === 0 ? because : `it writes ${told}${paths.length > PATHS_TOLD ? ` and ${paths.length - PATHS_TOLD} more` : ""}`;
  const remedy = paths.length === 0 ? "find out who does this" : "declare them as scratch or volumes (instar drift suggest)";
  return `slot ${slot} was replaced ${IN_A_ROW} times in a row and drifted again: ${what}; ${remedy}, or instar heal`;
}
