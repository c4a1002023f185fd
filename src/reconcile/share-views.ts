import { domainShares } from "../plan/domain-shares.ts";
import type { DomainSpec, ServiceSpec } from "../spec/types.ts";
import type { ServiceView, ShareView } from "./control.ts";
import { domainText } from "./views.ts";

interface Viewed {
  readonly view: ServiceView;
  readonly spec: ServiceSpec;
}

interface Claim {
  readonly of: Viewed;
  readonly domain: DomainSpec;
}

/** The same views, with what each service gets of the domains it shares. Pure. */
export function withShares(viewed: readonly Viewed[], httpPort: number): ServiceView[] {
  const claims = viewed.flatMap((of) => of.spec.domains.map((domain): Claim => ({ of, domain })));
  const shares = new Map<ServiceView, ShareView[]>();
  for (const wanting of Map.groupBy(claims, ({ domain }) => domainText(domain, httpPort)).values()) {
    // One that wants the whole has it (domains.ts).
    if (wanting.length === 1 || wanting.some(({ domain }) => domain.weight === undefined)) continue;
    const weighed = wanting.map(({ of, domain: { weight = 0 } }) => ({ weight, ready: of.view.replicas.serving > 0 }));
    for (const [index, share] of domainShares(weighed).entries()) {
      const one = wanting[index];
      if (one === undefined) continue;
      const { view } = one.of;
      const said = { domain: domainText(one.domain, httpPort), weight: one.domain.weight ?? 0, ...share };
      shares.set(view, [...(shares.get(view) ?? []), said]);
    }
  }
  return viewed.map(({ view }) => {
    const own = shares.get(view);
    return own === undefined ? view : { ...view, shares: own };
  });
}
