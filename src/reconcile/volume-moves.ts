import { InstarError } from "../errors.ts";
import type { Revision, StackSpec } from "../spec/types.ts";
import { volumeInWords, volumesOf } from "./handover.ts";
import type { Prepared } from "./prepare.ts";
import type { ServiceRow, Store } from "./store.ts";
import { sharedVolumes } from "./volumes.ts";

/**
 * A volume, or a folder of the host, that a file takes from one service and gives to another while both stay: each begins and goes back
 * for itself, so that both would write to it, which nobody declared (law 6). Two `up`s do it in order. Raises INS2091.
 */
export async function refuseVolumeMoves(store: Store, { name, volumes }: StackSpec, prepared: readonly Prepared[]): Promise<void> {
  const shared = new Set(Object.values(volumes).flatMap((one) => (one.shared === true ? [one.name] : [])));
  const rows = new Map((await store.services(name)).filter(({ removed }) => !removed).map((row) => [row.service, row]));
  const held = new Map<string, ReadonlySet<string>>();
  for (const [service, row] of rows) held.set(service, await heldBy(store, row));
  for (const from of prepared) {
    const stays = volumesOf(from);
    const leaves = [...(held.get(from.key.service) ?? [])].filter((volume) => !stays.has(volume) && !shared.has(volume));
    for (const volume of leaves)
      for (const to of prepared) {
        if (to === from || to.action === "none" || to.action === "pinned" || !volumesOf(to).has(volume)) continue;
        // An earlier file had both write to it.
        if (held.get(to.key.service)?.has(volume) === true) continue;
        const [giver, taker] = [from.key.service, to.key.service];
        throw new InstarError("INS2091", `${taker} would write to ${volumeInWords(volume)} while ${giver} still does`, {
          hint: `take it from ${giver} with an up of its own, and give it to ${taker} with the next one; or declare the volume shared: x-instar: { shared: true }`,
        });
      }
  }
}

/** What its instances write to, and what they would on a way back. */
async function heldBy(store: Store, row: ServiceRow): Promise<ReadonlySet<string>> {
  const numbers = [...new Set([row.target, row.stable ?? row.target])];
  return new Set((await Promise.all(numbers.map(async (number) => [...volumesOf(await store.revision(row, number))]))).flat());
}

/**
 * A rollback to a revision that wrote to what another service has been given since. Who wrote to it beside the other in its time does so
 * again. Raises INS2091.
 */
export async function refuseTakenVolumes(store: Store, revision: Revision): Promise<void> {
  const own = volumesOf(revision);
  if (own.size === 0) return;
  const shared = await sharedVolumes(store, revision.stack);
  const later = (await store.revisions(revision)).filter(({ number }) => number > revision.number);
  for (const volume of own) {
    const gaveUp = later.filter((one) => !volumesOf(one).has(volume)).map(({ createdAt }) => createdAt);
    if (gaveUp.length === 0 || shared.has(volume)) continue;
    for (const row of await store.services(revision.stack)) {
      if (row.removed || row.service === revision.service || !volumesOf(await store.revision(row, row.target)).has(volume)) continue;
      const began = (await store.revisions(row)).filter((one) => volumesOf(one).has(volume)).map(({ createdAt }) => createdAt);
      if (Math.min(...began) < Math.min(...gaveUp)) continue;
      throw new InstarError(
        "INS2091",
        `revision ${revision.number} would write to ${volumeInWords(volume)}, which is ${row.service}'s now`,
        {
          hint: `roll back ${row.service} first, or take the volume from it`,
        },
      );
    }
  }
}
