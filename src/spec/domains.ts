import { claimsOf } from "./clash.ts";
import { domain } from "./names.ts";
import { child, fail, join, type Node } from "./node.ts";
import { notice, type Scene } from "./scene.ts";
import type { DomainSpec, PortSpec, ServiceSpec } from "./types.ts";
import { byText, integer, list, text } from "./values.ts";

const MOST_WEIGHT = 10_000;
export const isDomainWeight = (weight: number): boolean => Number.isInteger(weight) && weight >= 1 && weight <= MOST_WEIGHT;

/** `x-instar.domains`: `shop.example/api`, or `{ domain: shop.example, weight: 90 }`. Sorted. Raises INS1004, INS1014. */
export function readDomains(scene: Scene, service: string, node: Node | null): DomainSpec[] {
  const found = (node === null ? [] : list(node).items).map((item) => {
    const read = readDomain(item);
    for (const claim of claimsOf(service, { ports: [], domains: [read] })) scene.claims.push({ ...claim, at: item.at });
    return read;
  });
  return found.sort((a, b) => byText(a.host, b.host) || byText(a.path ?? "", b.path ?? ""));
}

function readDomain(item: Node): DomainSpec {
  if (item.kind !== "map") return domain(text(item), item);
  const name = child(item, "domain");
  const weight = child(item, "weight");
  if (name === null) return fail("INS1004", item, "names no domain", "write { domain: shop.example, weight: 90 }");
  const read = domain(text(name), name);
  return weight === null ? read : { ...read, weight: integer(weight, 1, MOST_WEIGHT) };
}

/** The port that the domains lead to, where the file has it routed as plain TCP; null: it has not. A domain is told apart by the request. */
export const domainsInTcp = ({ domains, domainPort, ports }: Pick<ServiceSpec, "domains" | "domainPort" | "ports">): PortSpec | null =>
  domains.length === 0
    ? null
    : (ports.find((port) => port.mode === "ingress" && port.target === domainPort && port.appProtocol === "tcp") ?? null);

/** Who gets how much of a shared domain, as one notice each; and a weight beside which there is no other. */
export function noteShares(scene: Scene): void {
  const domains = new Map<string, Scene["claims"]>();
  for (const claim of scene.claims) if (claim.weight !== null) domains.set(claim.key, [...(domains.get(claim.key) ?? []), claim]);
  for (const [key, claims] of domains) {
    const [first] = claims;
    if (first === undefined) continue;
    const whole = claims.reduce((sum, { weight }) => sum + (weight ?? 0), 0);
    const shares = claims.map(({ service, weight }) => `${service} ${percentOf(weight ?? 0, whole)}`).join(", ");
    const said =
      claims.length === 1
        ? `${key} is shared with no other service: ${first.service} gets every request, whatever the weight`
        : `the requests of ${key} go to ${shares}; while one of them has no ready instance the others get its share`;
    notice(scene, "shares", { path: join("services", first.service), at: first.at }, said);
  }
}

/** `90 %`, `33.33 %`: to a hundredth of a percent. */
export const percentOf = (weight: number, whole: number): string => `${Number(((weight * 100) / whole).toFixed(2))} %`;
