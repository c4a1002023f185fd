import { WHOLE } from "./course.ts";

/** The weight of an instance that shares with nobody but its like. */
export const USUAL_WEIGHT = 100;
/** HAProxy's largest (configuration manual, `weight`). */
const MOST = 256;
/** A share is met when it is at most this far off: a tenth of a percent. */
const TOLERANCE = 10;

/** Instances that may be sent requests, and what they are to get together, in hundredths of a percent. */
export interface Part {
  readonly share: number;
  readonly instances: number;
}

/** So many of them carry this weight, the others none. */
export interface Load {
  readonly carriers: number;
  readonly weight: number;
}

/**
 * Integer weights, 0 to 256, under which each part gets its share; what a part without instances would get goes to the others.
 * - 5 % to 1 beside 3: 39 beside 247 each → 5.00 %; 50 % to 2 beside 4: 256 beside 128.
 * - 1 % to 3 beside 1: three with at least 1 beside 256 would be 1.16 %, so two of them carry 1 beside 198 → 1.00 %.
 * - everything to one part: 100 each, and 0 for the rest.
 * - what even one instance cannot express is as near as it goes: 0.1 % to 1 beside 1 → 1 beside 256, 0.39 %.
 */
export function weightsFor(parts: readonly Part[]): readonly Load[] {
  const active = parts.filter(({ share, instances }) => share > 0 && instances > 0);
  const whole = active.reduce((sum, { share }) => sum + share, 0);
  if (active.length <= 1)
    return parts.map((part) => (active.includes(part) ? { carriers: part.instances, weight: USUAL_WEIGHT } : { carriers: 0, weight: 0 }));
  let carriers = parts.map((part) => (active.includes(part) ? part.instances : 0));
  let best = scaled(parts, carriers, whole);
  while (best.error > TOLERANCE) {
    const light = lightest(parts, carriers);
    if (light === null) break;
    carriers = carriers.map((count, index) => (index === light ? count - 1 : count));
    const next = scaled(parts, carriers, whole);
    if (next.error < best.error) best = next;
  }
  return best.loads;
}

/** What the parts really get under these loads, in hundredths of a percent. */
export function sharesOf(loads: readonly Load[]): readonly number[] {
  const sum = loads.reduce((total, { carriers, weight }) => total + carriers * weight, 0);
  return loads.map(({ carriers, weight }) => (sum === 0 ? 0 : (carriers * weight * WHOLE) / sum));
}

/** The best of the 256 scales; of equals the largest, whose shares change least when an instance comes or goes. */
function scaled(parts: readonly Part[], carriers: readonly number[], whole: number): { loads: readonly Load[]; error: number } {
  const ratios = parts.map(({ share }, index) => ((carriers[index] ?? 0) === 0 ? 0 : share / (carriers[index] ?? 1)));
  const greatest = Math.max(...ratios);
  let best: { loads: readonly Load[]; error: number } = { loads: [], error: Number.POSITIVE_INFINITY };
  for (let scale = MOST; scale >= 1; scale--) {
    const loads = ratios.map((ratio, index) => ({
      carriers: carriers[index] ?? 0,
      weight: ratio === 0 ? 0 : Math.max(1, Math.round((scale * ratio) / greatest)),
    }));
    const error = Math.max(
      ...sharesOf(loads).map((got, index) =>
        (carriers[index] ?? 0) === 0 ? 0 : Math.abs(got - ((parts[index]?.share ?? 0) * WHOLE) / whole),
      ),
    );
    if (error < best.error - 1e-9) best = { loads, error };
  }
  return best;
}

/** The part whose instances would have the smallest weight, while it has more than one; null: none can be spared. */
function lightest(parts: readonly Part[], carriers: readonly number[]): number | null {
  let found: number | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const [index, { share }] of parts.entries()) {
    const count = carriers[index] ?? 0;
    if (count < 2 || share / count >= least) continue;
    least = share / count;
    found = index;
  }
  return found;
}
