import { MOST_SHARING } from "../clash.ts";
import { show } from "../names.ts";
import type { Node } from "../node.ts";
import { httpPort } from "./backend-port.ts";
import type { Draft } from "./draft.ts";
import { variablesOf } from "./environment.ts";
import { madeMap, madeScalar, madeText } from "./made.ts";
import { replicasOf } from "./old-service.ts";
import type { OldService } from "./types.ts";
import { readVirtualHosts } from "./virtual-host.ts";

interface Sharing {
  readonly service: OldService;
  /** The domain, where VIRTUAL_HOST stands. */
  readonly node: Node;
  readonly key: string;
}

/** Who serves which domain, in the order of the old file. */
export type Domains = Map<string, Sharing[]>;

/** The domains of a service's VIRTUAL_HOST; false when it has none. */
export function gatherDomains(draft: Draft, service: OldService, domains: Domains): boolean {
  const host = variablesOf(service).get("VIRTUAL_HOST");
  if (host === undefined) return false;
  const { name } = service;
  const key = `environment.${host.name}`;
  // A name alone has the caller's value, and so has a variable of that name.
  const found = readVirtualHosts(host.value ?? `$${host.name}`);
  if (found.length === 0) draft.note(host.node, name, key, null, "it says nothing");
  let some = false;
  for (const { written, domain, note } of found) {
    const sharing = domains.get(domain ?? "") ?? [];
    if (domain === null) draft.note(host.node, name, key, null, `${show(written)}: ${note ?? ""}`);
    else if (sharing.length === MOST_SHARING)
      draft.note(host.node, name, key, null, `${domain}: at most ${MOST_SHARING} services can share one`);
    else {
      draft.note(host.node, name, key, "x-instar.domains", note === null ? domain : `${domain}: ${note}`);
      if (!sharing.some((one) => one.service === service))
        domains.set(domain, [...sharing, { service, key, node: madeText(host.node, domain) }]);
      some = true;
    }
  }
  return some;
}

/** Those that several services had were merged into one backend, in which each container got as much as any other. */
export function writeDomains(draft: Draft, domains: Domains): void {
  const [first] = [...domains.values()][0] ?? [];
  const holder = draft.claim(
    first === undefined ? [] : [{ kind: "port", key: "80/tcp", hostIp: null, service: first.service.name, weight: null }],
  );
  if (first !== undefined && holder !== null)
    draft.note(
      first.node,
      first.service.name,
      first.key,
      "x-instar.domains",
      `domains are served on port 80, which ${holder.service} publishes: give it another, or the daemon INSTAR_HTTP_PORT`,
    );
  for (const [domain, sharing] of domains) for (const one of sharing) writeDomain(draft, domain, one, sharing);
}

function writeDomain(draft: Draft, domain: string, { service, node, key }: Sharing, sharing: readonly Sharing[]): void {
  const { name } = service;
  if (sharing.length === 1) draft.add(name, "x-instar.domains", node);
  else {
    const weight = Math.min(10_000, Math.max(1, replicasOf(service) ?? 1));
    draft.add(name, "x-instar.domains", madeMap(node, { domain: node, weight: madeScalar(node, weight) }));
    const others = sharing.flatMap((one) => (one.service === service ? [] : [one.service.name]));
    draft.note(node, name, key, "x-instar.domains", `${domain} is shared with ${others.join(", ")}, by weight`);
  }
  if (draft.get(name, "x-instar.port") !== null) return;
  const { port, note } = httpPort(service);
  draft.set(name, "x-instar.port", madeScalar(node, port));
  if (note !== null) draft.note(node, name, key, "x-instar.port", note);
}
