import { WHOLE } from "./course.ts";

/** One service on a domain that several share. */
export interface Sharer {
  readonly weight: number;
  /** Some instance of it takes requests. */
  readonly ready: boolean;
}

/** In hundredths of a percent. */
export interface DomainShare {
  /** While every one of them is ready. */
  readonly share: number;
  readonly now: number;
}

/**
 * What each gets of a domain's requests. 90 and 10 → 9,000 and 1,000; while the second has nothing ready, now 10,000 and 0; while
 * none has, requests wait by the shares. The router itself takes turns by the weights (src/route/share.ts): these are for people.
 */
export function domainShares(sharers: readonly Sharer[]): readonly DomainShare[] {
  const shares = apportion(sharers.map(({ weight }) => weight));
  if (!sharers.some(({ ready }) => ready)) return shares.map((share) => ({ share, now: share }));
  const now = apportion(sharers.map(({ weight, ready }) => (ready ? weight : 0)));
  return shares.map((share, index) => ({ share, now: now[index] ?? 0 }));
}

/** Largest remainders: they always sum to the whole. 1, 1, 1 → 3,334, 3,333, 3,333. */
function apportion(weights: readonly number[]): readonly number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const exact = weights.map((weight) => (sum === 0 ? 0 : (weight * WHOLE) / sum));
  const floors = exact.map(Math.floor);
  const left = sum === 0 ? 0 : WHOLE - floors.reduce((total, floor) => total + floor, 0);
  const first = exact
    .map((share, index) => ({ index, over: share - (floors[index] ?? 0) }))
    .sort((a, b) => b.over - a.over || a.index - b.index)
    .slice(0, left);
  return floors.map((floor, index) => floor + (first.some((one) => one.index === index) ? 1 : 0));
}
