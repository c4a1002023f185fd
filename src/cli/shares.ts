import type { components } from "./generated/api.d.ts";

type Service = Pick<components["schemas"]["Service"], "stack" | "service" | "domains" | "shares">;

const percent = (hundredths: number): string => `${hundredths / 100} %`;

/** `shop.example: shop/web 90 %, shop/next 10 % (now 0 %)`, one line a shared domain; `of`: only those of this service. */
export function shareLines(services: readonly Service[], of: string | undefined): readonly string[] {
  const domains = new Map<string, string[]>();
  for (const { stack, service, shares = [] } of services)
    for (const { domain, share, now } of shares) {
      const words = `${stack}/${service} ${percent(share)}${now === share ? "" : ` (now ${percent(now)})`}`;
      domains.set(domain, [...(domains.get(domain) ?? []), words]);
    }
  const wanted = new Set(
    services.flatMap(({ service, shares = [] }) => (of === undefined || of === service ? shares : [])).map((s) => s.domain),
  );
  return [...domains].filter(([domain]) => wanted.has(domain)).map(([domain, words]) => `${domain}: ${words.join(", ")}`);
}

/** A service's domains, a shared one with its part: `shop.example (90 %)`. */
export const domainsOf = ({ domains, shares = [] }: Service): readonly string[] =>
  domains.map((domain) => {
    const own = shares.find((one) => one.domain === domain);
    return own === undefined ? domain : `${domain} (${percent(own.share)})`;
  });
