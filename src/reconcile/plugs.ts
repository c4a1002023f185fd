import type { NetworkSpec, Revision } from "../spec/types.ts";
import { chooseAddress, networkBlock } from "./addresses.ts";
import { aliasesIn, networksInOrder } from "./blueprint.ts";
import type { Hands } from "./perform.ts";
import type { Blueprint } from "./ports.ts";

/** A static address on each network of the stack; external networks give their own. */
export async function plugs(hands: Hands, revision: Revision, given: string[]): Promise<Blueprint["networks"]> {
  if (revision.spec.networkMode !== null) return [];
  const subnets = new Map((await hands.store.networks()).map((n) => [n.name, n.subnet]));
  const taken = new Set([...hands.routing.addresses(), ...hands.reserved]);
  const there = await hands.engine.networks();
  for (const network of there) for (const address of network.addresses) taken.add(address);
  await replaceNetworks(hands, revision, subnets, new Set(there.map((n) => n.name)));
  for (const other of await hands.engine.instances({}, "all")) for (const address of Object.values(other.addresses)) taken.add(address);
  // No await from here on: two creates at once must not choose the same address.
  for (const address of hands.reserved) taken.add(address);
  return networksInOrder(revision).map(([key, name]) => {
    const subnet = subnets.get(name);
    const attachment = revision.spec.networks[key];
    const plug = { ...attachment, name, aliases: aliasesIn(revision, key) };
    if (subnet === undefined) return { ...plug, address: null };
    const address = chooseAddress(subnet, taken, hands.lastGiven.get(subnet) ?? null);
    hands.lastGiven.set(subnet, address);
    hands.reserved.add(address);
    taken.add(address);
    given.push(address);
    return { ...plug, address };
  });
}

/** A network of the stack that somebody removed is made again, in its own block. */
async function replaceNetworks(
  hands: Hands,
  revision: Revision,
  subnets: ReadonlyMap<string, string>,
  there: ReadonlySet<string>,
): Promise<void> {
  const missing = networksInOrder(revision).filter(([, name]) => subnets.has(name) && !there.has(name));
  if (missing.length === 0) return;
  const stack = await hands.store.stack(revision.stack);
  const declared = JSON.parse(stack?.networks ?? "{}") as Record<string, NetworkSpec>;
  for (const [key, name] of missing) {
    const spec = declared[key];
    const subnet = subnets.get(name);
    if (spec !== undefined && subnet !== undefined) await hands.engine.ensureNetwork(revision.stack, spec, networkBlock(subnet));
  }
}
