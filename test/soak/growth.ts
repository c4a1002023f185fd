/** Whether anything grew that should not: settled states compared, and their slope over the time. Pure. */

/** What was there while nothing moved. */
export interface Rest {
  /** ms since the epoch. */
  readonly at: number;
  /** The daemon's process: memory and handles are compared within one life only. */
  readonly life: number;
  /** Resident once its garbage is collected, MB: the least of several readings. */
  readonly memory: number;
  readonly handles: number;
  /** Containers of the installation that are neither wanted, nor the router, nor kept evidence. */
  readonly leftovers: number;
  readonly networks: number;
  readonly volumes: number;
  readonly workers: number;
}

export interface Growth {
  readonly what: "memory" | "handles" | "leftovers" | "networks" | "volumes" | "workers";
  readonly from: number;
  readonly to: number;
  /** Per hour, over the rests of the last life but its first; null with fewer than four. */
  readonly slope: number | null;
  readonly allowed: string;
  readonly ok: boolean;
}

/**
 * MB that a daemon's memory may grow from its first rest to its last, and for each service more. A process that was started just before
 * the first rest has not yet compiled and cached what its work needs. On the way to its plateau it grew by 2 to 14 MB with 12 or 20
 * services, and by 14 to 78 MB with 50 (to 250 to 262 MB, where it stayed): 30 + 50 = 80.
 */
const WARM_UP_MB = 30;
const WARM_UP_MB_A_SERVICE = 1;
/**
 * MB an hour, once warm. 50 services are looked at every 10 s: 18,000 passes an hour at the least, so that one KiB lost in each
 * would be 18 MB.
 */
const SLOPE_MB = 16;
/** Connections to the engine and the sockets of HAProxy come and go: a handful, not one for each of the deployments. */
const HANDLES = 12;
const HANDLES_AN_HOUR = 12;
const FOR_A_SLOPE = 4;

/** `rests`: at least two of the last life. */
export function judgeGrowth(rests: readonly Rest[], services: number): readonly Growth[] {
  const last = rests.at(-1);
  const first = rests[0];
  if (first === undefined || last === undefined) return [];
  const life = rests.filter((one) => one.life === last.life);
  const begun = life[0] ?? last;
  const warm = life.slice(1);
  const within = (what: "memory" | "handles", grown: number, anHour: number, unit: string): Growth => {
    const slope = warm.length < FOR_A_SLOPE ? null : slopeAnHour(warm.map((one) => ({ at: one.at, value: one[what] })));
    const ok = last[what] - begun[what] <= grown && (slope === null || slope <= anHour);
    return { what, from: begun[what], to: last[what], slope, allowed: `+${grown}${unit}, +${anHour}${unit} an hour`, ok };
  };
  const equal = (what: "networks" | "volumes" | "workers"): Growth => ({
    ...{ what, from: first[what], to: last[what], slope: null, allowed: "none" },
    ok: rests.every((one) => one[what] <= first[what]),
  });
  return [
    within("memory", WARM_UP_MB + services * WARM_UP_MB_A_SERVICE, SLOPE_MB, " MB"),
    within("handles", HANDLES, HANDLES_AN_HOUR, ""),
    {
      ...{ what: "leftovers", from: first.leftovers, to: last.leftovers, slope: null, allowed: "none" },
      ok: rests.every(({ leftovers }) => leftovers === 0),
    },
    equal("networks"),
    equal("volumes"),
    equal("workers"),
  ];
}

/** The median of the slopes between any two points (Theil and Sen): one odd reading moves it little. */
export function slopeAnHour(points: readonly { readonly at: number; readonly value: number }[]): number {
  const slopes = points.flatMap((a, i) => points.slice(i + 1).map((b) => ((b.value - a.value) / (b.at - a.at)) * 3_600_000));
  slopes.sort((a, b) => a - b);
  const middle = slopes.length >> 1;
  if (slopes.length === 0) return 0;
  return slopes.length % 2 === 1 ? (slopes[middle] ?? 0) : ((slopes[middle - 1] ?? 0) + (slopes[middle] ?? 0)) / 2;
}
