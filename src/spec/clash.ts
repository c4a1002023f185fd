import type { ServiceSpec } from "./types.ts";

/** A host port or a domain that a service wants for itself. */
export interface Claim {
  readonly kind: "port" | "domain";
  /** `80/tcp`, or `shop.example/api`. */
  readonly key: string;
  /** Ports only; null: every address. */
  readonly hostIp: string | null;
  readonly service: string;
}

/** What one service claims; ports without a fixed number claim nothing. */
export function claimsOf(service: string, spec: Pick<ServiceSpec, "ports" | "domains" | "sides">): Claim[] {
  const ports = spec.ports.flatMap(({ published, protocol, hostIp }): Claim[] =>
    published === null ? [] : [{ kind: "port", key: `${published}/${protocol}`, hostIp, service }],
  );
  const preview = spec.sides?.preview ?? null;
  return [
    ...ports,
    ...(preview === null ? [] : [{ kind: "domain" as const, key: preview, hostIp: null, service }]),
    ...spec.domains.map(({ host, path }): Claim => ({ kind: "domain", key: `${host}${path ?? ""}`, hostIp: null, service })),
  ];
}

/** The first two claims that exclude each other, the earlier one first; null when all can stand together. */
export function firstClash<T extends Claim>(claims: Iterable<T>): readonly [T, T] | null {
  const taken = new Map<string, T[]>();
  for (const claim of claims) {
    const others = taken.get(`${claim.kind} ${claim.key}`);
    if (others === undefined) taken.set(`${claim.kind} ${claim.key}`, [claim]);
    else {
      const other = others.find(({ hostIp }) => overlaps(hostIp, claim.hostIp));
      if (other !== undefined) return [other, claim];
      others.push(claim);
    }
  }
  return null;
}

/** Whether two listeners on the same port would meet: `0.0.0.0` is every IPv4 address, `::` every IPv6 address, null both. */
export function overlaps(a: string | null, b: string | null): boolean {
  if (a === null || b === null || a === b) return true;
  const six = a.includes(":");
  if (six !== b.includes(":")) return false;
  const any = six ? "::" : "0.0.0.0";
  return a === any || b === any;
}
