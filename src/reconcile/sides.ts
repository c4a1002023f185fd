import type { Choice } from "../plan/choose.ts";
import { isPromoted, WHOLE } from "../plan/course.ts";
import type { Desired, Side } from "../plan/types.ts";
import type { Revision, ServiceSpec } from "../spec/types.ts";
import type { Instant } from "./ports.ts";
import type { DeploymentRow, ServiceRow, SplitShare, Store } from "./store.ts";

/** Which revisions stand side by side, as the rows have it. */

interface Rows {
  readonly row: ServiceRow;
  readonly deployment: DeploymentRow | null;
  /** Of `row.target`. */
  readonly revision: Revision;
  readonly replicas: number;
  readonly now: Instant;
}

/** Numbers of the revisions that may be wanted beside the target. */
export const besides = (row: ServiceRow): readonly number[] => [
  ...(row.stable === null ? [] : [row.stable]),
  ...(row.warm === undefined ? [] : [row.warm.revision]),
  ...(row.split ?? []).map(({ revision }) => revision),
];

/** `--strategy` holds for its deployment. */
export const underStrategy = (spec: ServiceSpec, deployment: DeploymentRow | null): ServiceSpec =>
  deployment !== null && isStrategy(deployment.strategy) ? { ...spec, strategy: deployment.strategy } : spec;

const isStrategy = (name: string): name is ServiceSpec["strategy"] =>
  name === "rolling" || name === "recreate" || name === "blue-green" || name === "canary";

/** What of `Desired` tells of more than one revision. Where instances may not run side by side there is none. */
export async function sidesOf(store: Store, rows: Rows, choice: Choice): Promise<Pick<Desired, "sides" | "closed">> {
  const { row, deployment, replicas, now } = rows;
  if (replicas === 0 || choice.exclusive !== "none" || !choice.routed) return {};
  const course = deployment?.course;
  if (deployment?.direction === "back") return course === undefined || isPromoted(course) ? {} : { closed: true };
  const target: Side = { ...sideOf(rows.revision, row.generation), replicas, share: WHOLE, until: null };
  if (course !== undefined && row.stable !== null) {
    const from = await store.revision(row, row.stable);
    if (from === null || from.instanceHash === target.instanceHash) return {};
    return {
      sides: [
        { ...target, share: 0 },
        { ...sideOf(from, row.stableGeneration), replicas, share: WHOLE, until: null },
      ],
    };
  }
  if (row.split !== undefined) return { sides: await splitSides(store, row, row.split, replicas) };
  const { warm } = row;
  if (warm === undefined || now >= warm.until) return {};
  const kept = await store.revision(row, warm.revision);
  if (kept === null || kept.instanceHash === target.instanceHash) return {};
  return { sides: [target, { ...sideOf(kept, warm.generation), replicas, share: 0, until: warm.until }] };
}

const sideOf = (revision: Revision, generation: number): Pick<Side, "revision" | "instanceHash" | "generation"> => ({
  revision: revision.number,
  instanceHash: revision.instanceHash,
  generation,
});

/** Each has as many of the wanted instances as its share, rounded up: 3 wanted, 90 % and 10 % → 3 and 1. */
async function splitSides(store: Store, row: ServiceRow, split: readonly SplitShare[], replicas: number): Promise<Side[]> {
  const sides: Side[] = [];
  for (const { revision, share } of [...split].sort((a, b) => Number(b.revision === row.target) - Number(a.revision === row.target))) {
    const found = await store.revision(row, revision);
    if (found === null) continue;
    const size = Math.max(1, Math.ceil((replicas * share) / WHOLE));
    sides.push({ ...sideOf(found, row.generation), replicas: size, share, until: null });
  }
  return sides;
}
