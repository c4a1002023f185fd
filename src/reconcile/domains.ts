import type { Backend, DomainPart, DomainRoute, Pins } from "../route/types.ts";
import type { DomainSpec } from "../spec/types.ts";

/** What one service wants of a domain. */
export interface DomainClaim extends Pick<DomainSpec, "host" | "path"> {
  /** Its part; null: it wants the whole. */
  readonly weight: number | null;
  readonly service: object;
  readonly backend: string;
}

/**
 * Whose each domain is: the first service's that wants the whole, else by weight of all that want a part. Files are refused where both
 * are wanted; during a deployment, while old and new claims stand together, and after one that went back, both can be. Pure.
 */
export function domainsOf(claims: readonly DomainClaim[], backends: ReadonlyMap<string, Backend>, pins: Pins | null): DomainRoute[] {
  const together = Map.groupBy(claims, ({ host, path }) => `${host}${path ?? ""}`);
  return [...together.values()].flatMap((wanting): DomainRoute[] => {
    const [first] = wanting;
    if (first === undefined) return [];
    const { host, path } = first;
    const whole = wanting.find(({ weight }) => weight === null);
    if (whole !== undefined || wanting.length === 1) return [{ host, path, backend: (whole ?? first).backend }];
    const parts = wanting
      .map(({ backend, weight }) => partOf(backend, weight ?? 0, backends, pins))
      .sort((a, b) => (a.backend < b.backend ? -1 : 1));
    return [{ host, path, backend: parts[0]?.backend ?? first.backend, parts }];
  });
}

function partOf(backend: string, weight: number, backends: ReadonlyMap<string, Backend>, pins: Pins | null): DomainPart {
  const { holdMs = 0, sticky = null } = backends.get(backend) ?? {};
  return { backend, weight, holds: holdMs > 0, sticky, revisions: askable(backend, pins) };
}

/** Revisions that the map of counts has for this backend. */
function askable(backend: string, pins: Pins | null): readonly number[] {
  return Object.keys(pins?.counts ?? {})
    .flatMap((key) => (key.startsWith(`${backend}/`) ? [Number(key.slice(backend.length + 1))] : []))
    .filter((number) => Number.isInteger(number))
    .sort((a, b) => a - b);
}
