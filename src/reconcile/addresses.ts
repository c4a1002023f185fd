import { InstarError } from "../errors.ts";
import { formatAddress, formatBlock, overlaps, parseAddress, parseBlock, size } from "../lib/ipv4.ts";

/**
 * Addresses are ours to give: a router with an old table must never reach another service's instance.
 * A stack network is a /23 of the pool:
 *   .0 network, .1 gateway, .2 to +383 instances, +384 a /26 kept for router addresses, +448 a /26 for strangers.
 */
const NETWORK_PREFIX = 23;
const FIRST = 2;
/** At the end of the block: a /26 for the router, a /26 for strangers. */
const ROUTER_BLOCK = 128;
const STRANGERS = 64;

export interface NetworkBlock {
  readonly subnet: string;
  readonly gateway: string;
  /** Where the engine itself gives addresses, to containers that are not ours. */
  readonly ipRange: string;
}

export function networkBlock(subnet: string): NetworkBlock {
  const block = parseBlock(subnet);
  return { subnet, gateway: formatAddress(block.base + 1), ipRange: `${formatAddress(block.base + size(block) - STRANGERS)}/26` };
}

/** The first free /23 of the pool. Raises INS3006. @param taken CIDR blocks of host routes and engine networks. */
export function chooseSubnet(pool: string, taken: readonly string[]): string {
  const whole = parseBlock(pool);
  const others = taken.map(parseBlock).filter((b) => b.prefix > 0);
  const step = 2 ** (32 - NETWORK_PREFIX);
  for (let base = whole.base; base + step <= whole.base + size(whole); base += step) {
    const block = { base, prefix: NETWORK_PREFIX };
    if (!others.some((other) => overlaps(block, other))) return formatBlock(block);
  }
  throw new InstarError("INS3006", `no free /${NETWORK_PREFIX} is left in the pool ${pool}`);
}

/**
 * The next free address after the one given last, wrapping around, so that a freed address rests as long as it can.
 * Raises INS3006.
 */
export function chooseAddress(subnet: string, taken: ReadonlySet<string>, last: string | null): string {
  const block = parseBlock(subnet);
  const { base } = block;
  const count = size(block) - ROUTER_BLOCK - FIRST;
  const from = last === null ? 0 : Math.max(0, parseAddress(last) - base - FIRST + 1);
  for (let i = 0; i < count; i++) {
    const address = formatAddress(base + FIRST + ((from + i) % count));
    if (!taken.has(address)) return address;
  }
  throw new InstarError("INS3006", `no free address is left in ${subnet}`);
}
