import { InstarError } from "../errors.ts";
import { choose, ingressPorts, portMode } from "../plan/choose.ts";
import { type Course, type CourseStep, isPromoted } from "../plan/course.ts";
import { SIDES } from "../spec/sides.ts";
import type { Revision, ServiceSpec, VolumeSpec } from "../spec/types.ts";
import type { ServiceKey } from "./control.ts";
import type { Instant } from "./ports.ts";
import type { Prepared } from "./prepare.ts";
import type { DeploymentRow, ServiceRow, Store, WarmSet } from "./store.ts";
import { refuseSecondWriter, sharedAmong } from "./volumes.ts";

export type SideStrategy = "blue-green" | "canary";
export const hasSides = (strategy: string): strategy is SideStrategy => strategy === "blue-green" || strategy === "canary";

/** The steps of a strategy, as the file has them or by its defaults. Pure. */
export function courseUnder(strategy: SideStrategy, spec: ServiceSpec): Course {
  const sides = (spec.strategy === strategy ? spec.sides : undefined) ?? SIDES[strategy];
  const base = { at: 0, since: null, warmMs: sides.warmMs, strategy };
  if (strategy === "blue-green") return { ...base, steps: [step(0, 10_000, sides.promote === "auto" ? 0 : null)] };
  return { ...base, steps: sides.steps.map((share) => step(share, sides.size ?? share, sides.everyMs)) };
}

const step = (share: number, size: number, forMs: number | null): CourseStep => ({ share, size, forMs, gates: [] });

interface Begun {
  readonly to: number;
  readonly kind: string;
  readonly strategy: string;
}

/**
 * The course of a deployment that begins; null where nothing stands beside it: a first one, one of equal content, one of
 * a strategy without sides. A rollback waits for nobody: the earlier set, kept warm or built anew, is switched to when it is ready.
 */
export async function courseFor(store: Store, row: ServiceRow, { to, kind, strategy }: Begun, now: Instant): Promise<Course | null> {
  if (row.stable === null || row.removed || row.stopped || row.replicas === 0) return null;
  const [from, target] = [await store.revision(row, row.stable), await store.revision(row, to)];
  if (from === null || target === null || from.instanceHash === target.instanceHash) return null;
  const warm = warmOf(row, to, now);
  if (kind === "rollback" && warm !== null) return { strategy: "blue-green", steps: [], at: 0, since: null, warmMs: warm.forMs };
  if (!hasSides(strategy)) return null;
  const course = courseUnder(strategy, target.spec);
  return kind === "rollback" ? { ...course, steps: [] } : course;
}

/** The set of this revision that is kept ready; null when there is none any more. */
export const warmOf = (row: ServiceRow, revision: number, now: Instant): WarmSet | null =>
  row.warm !== undefined && row.warm.revision === revision && now < row.warm.until ? row.warm : null;

/** The running deployment in which two revisions stand side by side and nothing is decided; null when there is none. */
export async function underWay(store: Store, row: ServiceRow): Promise<DeploymentRow | null> {
  const running = row.deployment === null ? null : await store.deployment(row.deployment);
  return running?.course !== undefined && running.endedAt === null && running.direction === "forward" ? running : null;
}

/** It is under way, and nobody has let it in. */
export async function undecided(store: Store, row: ServiceRow): Promise<boolean> {
  const running = await underWay(store, row);
  return running?.course !== undefined && !isPromoted(running.course) && row.stable !== null;
}

/** What a superseded deployment has already let in is what the next one begins beside. */
export async function lastLetIn(store: Store, row: ServiceRow): Promise<Pick<ServiceRow, "stable" | "stableGeneration"> | null> {
  const before = await store.service(row);
  const running = before === null ? null : await underWay(store, before);
  if (before === null || running?.course === undefined || !isPromoted(running.course)) return null;
  return { stable: before.target, stableGeneration: before.generation };
}

/** Raises INS1042, INS1043, INS1044 for services of an `up` whose strategy they cannot have, INS2091 for a number that somebody set. */
export function refuseUnfitServices(volumes: Readonly<Record<string, VolumeSpec>>, prepared: readonly Prepared[]): void {
  const shared = sharedAmong(volumes, prepared);
  const declared = sharedAmong(
    volumes,
    prepared.map(({ spec, file }) => ({ spec, replicas: file.replicas })),
  );
  for (const p of prepared) refuseSecondWriter(p.key, p, p.replicas, p.file.replicas, declared);
  for (const p of prepared) if (hasSides(p.spec.strategy) || p.spec.sticky !== undefined) refuseUnfit(p.key, p, p.spec.strategy, shared);
}

/** @param what how the service is to be: by name in the message */
export function refuseUnfit(
  key: ServiceKey,
  { spec, replicas, volumeNames }: Pick<Revision, "spec" | "volumeNames"> & { readonly replicas: number },
  what: string,
  shared: ReadonlySet<string>,
): void {
  const name = `${key.stack}/${key.service}`;
  const http = ingressPorts(spec).every((port) => portMode(spec, port).mode === "http");
  const byRequest =
    spec.sticky !== undefined
      ? "sticky"
      : hasSides(what) && (spec.sides?.preview ?? spec.sides?.header ?? spec.sides?.cookie) != null
        ? what
        : null;
  if (!http && byRequest !== null) throw new InstarError("INS1044", `${name} has a port in TCP mode, and ${byRequest} reads requests`);
  if (what === "rolling" || what === "recreate") return;
  const choice = choose(
    { ...spec, strategy: "rolling", rollout: { ...spec.rollout, order: "start-first" } },
    replicas,
    volumeNames,
    shared,
  );
  if (!choice.routed) throw new InstarError("INS1042", `${name} has no port that the router serves, which ${what} needs`);
  if (choice.order === "stop-first") throw new InstarError("INS1042", `${what} of ${name} cannot be: ${choice.because}`);
  if (spec.balance === "leastconn")
    throw new InstarError("INS1043", `${name} balances by leastconn, under which the shares of ${what} would not be kept`);
}

/** Within a step the number changes, the step does not; it stays when the deployment is undone. */
export async function rescaled(within: Store, row: ServiceRow, running: DeploymentRow, replicas: number): Promise<DeploymentRow> {
  await within.putService({ ...row, replicas, stableReplicas: replicas, stableOverrides: row.overrides });
  return running;
}
