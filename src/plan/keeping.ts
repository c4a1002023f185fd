/** Without `x-instar.keep`. */
export const KEPT_REVISIONS = 5;

/** The release table of one service, as the decision reads it. */
export interface Releases {
  /** `x-instar.keep` of the wanted revision. */
  readonly keep: number;
  /** Not in its file any more, or its stack is down: nobody can go back to another revision. */
  readonly removed: boolean;
  readonly target: number;
  readonly stable: number | null;
  /** Revisions that the running deployment and the instances there are belong to. */
  readonly inUse: readonly number[];
  /** Numbers of every revision, and of those that a deployment succeeded with. */
  readonly revisions: readonly number[];
  readonly succeeded: ReadonlySet<number>;
}

/**
 * Revisions that can be gone back to: the newest `keep` of those that served, and whatever is wanted, last good or in use.
 * keep 2, served 1, 2, 4, 5, wanted 5 → 4 and 5. A failed revision is nothing to go back to.
 */
export function keptRevisions({ keep, removed, target, stable, inUse, revisions, succeeded }: Releases): ReadonlySet<number> {
  const served = removed ? [] : revisions.filter((number) => succeeded.has(number)).sort((a, b) => b - a);
  return new Set([target, ...(stable === null ? [] : [stable]), ...inUse, ...served.slice(0, keep)]);
}

/** An image of the release table, and the names under which it may be on the engine. */
export interface Held {
  readonly digests: readonly string[];
  readonly names: readonly string[];
  readonly kept: boolean;
}

export interface Pruning {
  /** Names that can go, with the digests of the image they must still mean. */
  readonly names: readonly { readonly name: string; readonly digests: readonly string[] }[];
  /** Ids of saved images that can go. */
  readonly saved: readonly string[];
}

/**
 * What can go: images of revisions nobody can go back to, as far as Instar pulled or built them. An image that any kept revision
 * shares a digest with stays, under whichever name. What is not in the table is not ours to judge.
 */
export function planPruning(table: readonly Held[], ours: ReadonlySet<string>, saved: readonly string[]): Pruning {
  const kept = new Set(table.flatMap((held) => (held.kept ? held.digests : [])));
  const gone = table.filter((held) => !held.kept && !held.digests.some((digest) => kept.has(digest)));
  const names = new Map<string, readonly string[]>();
  for (const { names: own, digests } of gone) for (const name of own) if (ours.has(name)) names.set(name, digests);
  const unkept = new Set(gone.flatMap(({ digests }) => digests));
  return { names: [...names].map(([name, digests]) => ({ name, digests })), saved: saved.filter((id) => unkept.has(id)) };
}
