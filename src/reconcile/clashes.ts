import { InstarError } from "../errors.ts";
import { ingressPorts, portMode } from "../plan/choose.ts";
import { type Claim, claimsOf, firstClash } from "../spec/clash.ts";
import type { Revision, ServiceSpec, StackSpec } from "../spec/types.ts";
import type { Router } from "./ports.ts";
import type { PortRow, Store } from "./store.ts";

interface Place {
  readonly store: Store;
  readonly router: Router;
  /** Where domains are served. */
  readonly httpPort: number;
}

interface Named {
  readonly service: string;
  readonly spec: ServiceSpec;
}

/**
 * Host ports and domains that another stack has already, host ports that were given to a bare one of this stack, and services whose instances would have another's names:
 * `a/b-c` and `a-b/c` both make `a-b-c-r1-1-a1`. Raises INS1009.
 */
export async function refuseClashes({ store, httpPort }: Pick<Place, "store" | "httpPort">, stack: StackSpec): Promise<void> {
  const claims: Claim[] = [];
  const others: Named[] = [];
  const names = new Map<string, string>();
  const standing = new Set<string>();
  for (const row of await store.services()) {
    if (row.removed) continue;
    if (row.stack === stack.name) {
      standing.add(row.service);
      continue;
    }
    const service = `${row.stack}/${row.service}`;
    names.set(`${row.stack}-${row.service}`, service);
    const revision = await store.revision(row, row.target);
    // A domain is shared within a stack only: another's claim is of the whole.
    if (revision !== null) others.push({ service, spec: revision.spec });
    if (revision !== null) claims.push(...claimsOf(service, revision.spec).map((claim) => ({ ...claim, weight: null })));
  }
  const isBare = ({ service, target, protocol }: PortRow): boolean =>
    stack.services[service]?.ports.some((p) => p.published === null && p.target === target && p.protocol === protocol) === true;
  // What was pruned has given its port back, and so has who publishes another by this file.
  for (const row of await store.ports())
    if (
      row.stack === stack.name
        ? standing.has(row.service) && isBare(row)
        : names.get(`${row.stack}-${row.service}`) === `${row.stack}/${row.service}`
    )
      claims.push({
        kind: "port",
        key: `${row.published}/${row.protocol}`,
        hostIp: null,
        service: `${row.stack}/${row.service}`,
        weight: null,
      });
  const own = Object.entries(stack.services).map(([name, spec]): Named => ({ service: `${stack.name}/${name}`, spec }));
  for (const [name, spec] of Object.entries(stack.services)) {
    const service = `${stack.name}/${name}`;
    const twin = names.get(`${stack.name}-${name}`);
    if (twin !== undefined) throw new InstarError("INS1009", `instances of ${service} would have the names of those of ${twin}`);
    refuseDomainsPort({ service, spec }, [...others, ...own], httpPort);
    const clash = firstClash([...claims, ...claimsOf(service, spec)]);
    if (clash !== null)
      throw new InstarError("INS1009", `the ${clash[1].kind} ${clash[1].key} of ${service} belongs to ${clash[0].service} already`);
  }
}

/**
 * Host ports and domains that an earlier revision claims and another service has by now: it would go back, and not be served there.
 * Raises INS1009.
 */
export async function refuseTaken(store: Store, revision: Revision): Promise<void> {
  const name = `${revision.stack}/${revision.service}`;
  const own = claimsOf(name, revision.spec);
  for (const row of await store.services()) {
    const other = row.removed || `${row.stack}/${row.service}` === name ? null : await store.revision(row, row.target);
    if (other === null) continue;
    for (const theirs of claimsOf(`${row.stack}/${row.service}`, other.spec)) {
      const clash = own.map((one) => firstClash([theirs, one])).find((found) => found !== null);
      if (clash === undefined) continue;
      throw new InstarError(
        "INS1009",
        `the ${clash[1].kind} ${clash[1].key} of revision ${revision.number} belongs to ${theirs.service} now`,
        {
          hint: `roll back ${theirs.service} first, or take the ${clash[1].kind} from it`,
        },
      );
    }
  }
}

/**
 * Domains are served on every address of their port, in HTTP: whoever publishes that port otherwise takes it from them. Raises INS1009
 * for either of the two.
 */
function refuseDomainsPort(one: Named, others: readonly Named[], httpPort: number): void {
  const takes = ({ spec }: Named): boolean =>
    spec.ports.some(
      (port) =>
        port.published === httpPort &&
        port.protocol === "tcp" &&
        (port.mode === "host" || port.hostIp !== null || portMode(spec, port).mode !== "http"),
    );
  const [taker, served] = takes(one) ? [one, others.find(({ spec }) => hasDomain(spec))] : [others.find(takes), one];
  if (taker === undefined || served === undefined || !hasDomain(served.spec)) return;
  throw new InstarError("INS1009", `port ${httpPort} of ${taker.service} is where domains are served, and ${served.service} has one`);
}

const hasDomain = ({ domains, sides }: ServiceSpec): boolean => domains.length > 0 || (sides?.preview ?? null) !== null;

/** Ports that are new to this stack and that another process of this machine listens on. `freed`: ports whose holders are going to be stopped. Raises INS4001. */
export async function refuseForeignPorts(
  { store, router, httpPort }: Place,
  stack: StackSpec,
  freed: ReadonlySet<number> = new Set(),
): Promise<void> {
  const ours = new Set(freed);
  for (const row of await store.services(stack.name)) {
    const revision = row.removed ? null : await store.revision(row, row.target);
    for (const port of revision?.spec.ports ?? []) if (port.published !== null) ours.add(port.published);
    if (revision !== null && hasDomain(revision.spec)) ours.add(httpPort);
  }
  const wanted = Object.values(stack.services).flatMap((spec) => [
    ...ingressPorts(spec).flatMap((p) => (p.published === null ? [] : [p.published])),
    ...(hasDomain(spec) ? [httpPort] : []),
  ]);
  const foreign = (await router.foreignListeners(wanted.filter((port) => !ours.has(port))))[0];
  if (foreign !== undefined) throw new InstarError("INS4001", `port ${foreign.port} is taken by ${foreign.by}`);
}
