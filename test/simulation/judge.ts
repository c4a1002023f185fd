import type { Instant } from "../../src/reconcile/ports.ts";
import type { ServiceRow, Store } from "../../src/reconcile/store.ts";
import { backendName } from "../../src/route/names.ts";
import type { Revision } from "../../src/spec/types.ts";
import type { FakeEngine } from "../sim/fake-engine.ts";
import type { FakeRouter } from "../sim/fake-router.ts";
import type { Absences } from "./absences.ts";
import type { Violation } from "./laws.ts";
import { DATABASE, KEY, PORT } from "./service.ts";
import { isGood, type Setting } from "./story.ts";
import type { Loss } from "./traffic.ts";
import type { Wishes } from "./wishes.ts";

export interface Judged {
  readonly engine: FakeEngine;
  readonly router: FakeRouter;
  readonly store: Store;
  readonly setting: Setting;
}

export const BACKEND = backendName(KEY.stack, KEY.service, PORT);

/** Nothing is under way, and what runs and serves is what is wanted, of every service. */
export async function isAtRest(of: Judged): Promise<boolean> {
  if (!(await runsAsWanted(of, KEY))) return false;
  if (of.setting.database && !(await runsAsWanted(of, DATABASE))) return false;
  return of.engine.control.containers().every((one) => !one.blueprint.service.includes("/"));
}

async function runsAsWanted({ engine, router, store }: Judged, key: typeof KEY): Promise<boolean> {
  const row = await store.service(key);
  if (row === null || row.deployment !== null) return false;
  const revision = await store.revision(row, row.target);
  if (revision === null) return false;
  const all = engine.control.containers().filter((one) => one.blueprint.service === key.service);
  // One that is built is about to be started, or to go.
  if (all.some(({ state }) => state === "created")) return false;
  const alive = all.filter((one) => one.alive);
  const serving = new Set(router.control.serving(BACKEND).map(({ name }) => name));
  const isServing = (name: string): boolean => key !== KEY || serving.has(name);
  return (
    alive.length === row.replicas &&
    (key !== KEY || serving.size === row.replicas) &&
    alive.every((one) => isOf(one.blueprint, revision, row) && one.probe() === null && isServing(one.blueprint.name))
  );
}

const isOf = (
  { instanceHash, generation }: { readonly instanceHash: string; readonly generation: number },
  of: Revision,
  row: ServiceRow,
): boolean => instanceHash === of.instanceHash && generation >= row.generation;

/** Where things stand, for a story that never ends. */
export async function standing({ engine, router, store }: Judged): Promise<string> {
  const row = await store.service(KEY);
  const deployment = row?.deployment == null ? null : await store.deployment(row.deployment);
  const instances = engine.control.containers().map((one) => `${one.blueprint.name} ${one.state}`);
  const servers = router.control
    .table()
    .backends.flatMap((one) => one.servers.map(({ name, state, weight }) => `${name} ${state} ${weight}`));
  const moving = deployment === null ? "no deployment" : `${deployment.id} ${deployment.outcome} ${deployment.direction}`;
  return `${moving}, wants revision ${row?.target} × ${row?.replicas}; engine: ${instances.join(", ")}; router: ${servers.join(", ")}`;
}

const works = ({ spec }: Revision): boolean =>
  isGood(spec.image) && [spec.jobs?.before, spec.jobs?.after].every((job) => job === undefined || isGood(job.spec.image));

/** What holds when everything has come to rest. */
export async function brokenAtTheEnd(of: Judged, wishes: Wishes, absences: Absences): Promise<Violation[]> {
  const broken: Violation[] = [];
  for await (const one of brokenInTheEnd(of, wishes)) broken.push(one);
  return [...broken, ...absences.broken(await of.store.gaps())];
}

async function* brokenInTheEnd(of: Judged, wishes: Wishes): AsyncGenerator<Violation> {
  const { engine, store } = of;
  const row = await store.service(KEY);
  const revision = row === null ? null : await store.revision(row, row.target);
  const image = revision?.spec.image ?? "nothing";
  if (!isGood(image)) yield { law: "good", seen: `in the end ${image} serves, which is not good` };
  yield* againstWishes(of, wishes, revision);
  for (const key of [KEY, DATABASE])
    for (const deployment of await store.deployments(key, 100)) {
      if (deployment.endedAt === null) yield { law: "ended", seen: `${deployment.id} has not` };
      const target = await store.revision(key, deployment.to);
      const ran = deployment.cause.kind === "rollback" || deployment.from === deployment.to;
      if (deployment.outcome === "succeeded" && target !== null && !(ran ? isGood(target.spec.image) : works(target)))
        yield { law: "good", seen: `${deployment.id} of ${target.spec.image} is said to have succeeded` };
    }
  for (const service of [KEY.service, DATABASE.service]) {
    const left = engine.control.containers().filter((one) => !one.alive && one.blueprint.service === service);
    if (left.length > 1) yield { law: "left", seen: left.map((one) => `${one.blueprint.name} ${one.state}`).join(", ") };
  }
  for (const { call, name } of engine.control.calls) if (EDITS.has(call)) yield { law: "untouched", seen: `${call} ${name}` };
}

/** As the engine runs it: image, environment and number; only the job is in the revision alone. */
function* againstWishes({ engine, setting }: Judged, { ends, absurd }: Wishes, revision: Revision | null): Generator<Violation> {
  if (absurd !== null) yield { law: "wish", seen: `${absurd}, which nothing explains` };
  const alive = engine.control.containers().filter((one) => one.alive && one.blueprint.service === KEY.service);
  const seen = alive.map(({ blueprint: { image, spec } }) => `${image.reference}, edition ${spec.environment["EDITION"]}`);
  const job = setting.job === "none" ? "job:good" : (revision?.spec.jobs?.[setting.job]?.spec.image ?? "no job");
  const fits = ends.some(
    (end) => end.job === job && seen.length === end.replicas && seen.every((one) => one === `${end.app}, edition ${end.edition}`),
  );
  const admissible = ends.map((end) => `${end.replicas} × ${end.app}, edition ${end.edition}, ${end.job}`).join(" or ");
  if (!fits) yield { law: "wish", seen: `${seen.length} × ${[...new Set(seen)].join(" and ")}, ${job} serve, not ${admissible}` };
}

const EDITS: ReadonlySet<string> = new Set(["execute", "enter", "signal", "attach", "detach", "writeVolume", "removeVolume"]);

/**
 * May still be made good after everything else rests: what serves, too, where one that is worn waits for a fresh one, which waits after
 * several deaths (crowded stories 42833, 43658).
 */
export const comesLate = ({ law }: Violation): boolean => law === "left" || law === "watched" || law === "wish";

/** Losses that no law allows, those of one cause together. */
export function brokenByLosses(losses: readonly Loss[], isExcused: (loss: Loss) => boolean, beginning: Instant): Violation[] {
  const causes = new Map<string, number[]>();
  for (const loss of losses) {
    if (isExcused(loss)) continue;
    const cause = `${loss.why}${loss.instance === null ? "" : ` (${loss.instance})`}`;
    causes.set(cause, [...(causes.get(cause) ?? []), loss.at - beginning]);
  }
  return [...causes].map(([cause, times]) => ({
    law: "requests",
    seen: `${times.length} lost from ${times[0]} ms to ${times.at(-1)} ms: ${cause}`,
  }));
}
