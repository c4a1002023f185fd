import type { ServiceSpec } from "./types.ts";

/** A host port or a domain that a service wants for itself. */
export interface Claim {
  readonly kind: "port" | "domain";
  /** `80/tcp`, or `shop.example/api`. */
  readonly key: string;
  /** Ports only; null: every address. */
  readonly hostIp: string | null;
  readonly service: string;
  /** Domains only; null: the service wants it for itself. */
  readonly weight: number | null;
}

/** What one service claims; ports without a fixed number claim nothing. */
export function claimsOf(service: string, spec: Pick<ServiceSpec, "ports" | "domains" | "sides">): Claim[] {
  const ports = spec.ports.flatMap(({ published, protocol, hostIp }): Claim[] =>
    published === null ? [] : [{ kind: "port", key: `${published}/${protocol}`, hostIp, service, weight: null }],
  );
  const preview = spec.sides?.preview ?? null;
  return [
    ...ports,
    ...(preview === null ? [] : [{ kind: "domain" as const, key: preview, hostIp: null, service, weight: null }]),
    ...spec.domains.map(
      ({ host, path, weight = null }): Claim => ({ kind: "domain", key: `${host}${path ?? ""}`, hostIp: null, service, weight }),
    ),
  ];
}

/** The first two claims that exclude each other, the earlier one first; null when all can stand together. */
export function firstClash<T extends Claim>(claims: Iterable<T>): readonly [T, T] | null {
  const taken = new Map<string, T[]>();
  for (const claim of claims) {
    const others = taken.get(`${claim.kind} ${claim.key}`);
    if (others === undefined) taken.set(`${claim.kind} ${claim.key}`, [claim]);
    else {
      const other = others.find((one) => overlaps(one.hostIp, claim.hostIp) && !shares(one, claim));
      if (other !== undefined) return [other, claim];
      others.push(claim);
    }
  }
  return null;
}

/** Two services that each say their weight have the domain together. */
const shares = (a: Claim, b: Claim): boolean => a.service !== b.service && a.weight !== null && b.weight !== null;

/** How two claims of one stack are refused. */
export function refusalOf([a, b]: readonly [Claim, Claim]): { readonly code: "INS1009" | "INS1190"; readonly hint?: string } {
  if (a.kind === "port" || a.service === b.service) return { code: "INS1009" };
  if (a.weight !== b.weight && (a.weight === null || b.weight === null)) return { code: "INS1190" };
  return { code: "INS1009", hint: `give each its own, or a weight to both: domains: [{ domain: ${a.key}, weight: 90 }]` };
}

/** Domains that more services share than the router takes; null: none. */
export function overshared<T extends Claim>(claims: Iterable<T>): T | null {
  const counts = new Map<string, number>();
  for (const claim of claims) {
    if (claim.weight === null) continue;
    const count = (counts.get(claim.key) ?? 0) + 1;
    if (count > MOST_SHARING) return claim;
    counts.set(claim.key, count);
  }
  return null;
}

/** Services on one domain: their list is one line of the router's command socket, which has 16 kB. */
export const MOST_SHARING = 20;

/** Whether two listeners on the same port would meet: `0.0.0.0` is every IPv4 address, `::` every IPv6 address, null both. */
export function overlaps(a: string | null, b: string | null): boolean {
  if (a === null || b === null || a === b) return true;
  const six = a.includes(":");
  if (six !== b.includes(":")) return false;
  const any = six ? "::" : "0.0.0.0";
  return a === any || b === any;
}
