import { boundsOf, choose } from "../plan/choose.ts";
import { type Course, WHOLE } from "../plan/course.ts";
import { courseInWords } from "../plan/course-words.ts";
import { expectedPause, extraContainers, rolloutOf } from "../plan/forecast.ts";
import { previewRollout } from "../plan/preview.ts";
import type { Desired, Step } from "../plan/types.ts";
import { checkStack } from "../spec/check.ts";
import { diffSpecs } from "../spec/diff.ts";
import { placeOf } from "../spec/hooks.ts";
import type { JobSpec, Revision } from "../spec/types.ts";
import { droppedKeys } from "./ability.ts";
import { pins } from "./actions.ts";
import { type Adopting, leftAlone, withAdoption } from "./adopt.ts";
import { refuseClashes, refuseForeignPorts } from "./clashes.ts";
import type { PlanView, ServicePlan, UpRequest } from "./control.ts";
import { courseUnder, hasSides, refuseUnfitServices } from "./course.ts";
import { lastPause } from "./deployment.ts";
import { writers } from "./drift-notices.ts";
import { handovers, handoversInWords, movesOf, refuseTwoOwners } from "./handover.ts";
import { outside } from "./predecessors.ts";
import { declaredSnapshots } from "./prelude.ts";
import { destination, type Prepared, prepare } from "./prepare.ts";
import type { ProjectContainer } from "./project.ts";
import { refuseVolumeMoves } from "./volume-moves.ts";
import { refuseGone, refuseSwaps, sharedAmong } from "./volumes.ts";
import { type Lookout, type Scene, scenes } from "./watch.ts";

/** What `up` would do, key by key, and the steps of each rollout as the planner itself would take them. */
export async function planUp(lookout: Lookout, asked: UpRequest): Promise<PlanView> {
  const { store } = lookout;
  checkStack(asked.spec);
  const { request, adopting } = await withAdoption(lookout, asked);
  await refuseClashes(lookout, request.spec);
  const handed = await handovers(store, request.spec);
  refuseTwoOwners(handed, request);
  await refuseForeignPorts(lookout, request.spec, adopting?.ports);
  const prepared = await prepare(lookout, request);
  await refuseVolumeMoves(store, request.spec, prepared);
  const moves = await movesOf(store, request.spec, prepared);
  const dropped = await droppedKeys(lookout.engine, request.spec);
  refuseSwaps(prepared, request.acceptVolumes ?? []);
  await refuseGone(lookout, request.spec, prepared, request.acceptVolumes ?? []);
  refuseUnfitServices(request.spec.volumes, prepared);
  const current = new Map((await scenes(lookout, { stack: request.spec.name })).map((s) => [s.row.service, s]));
  const services: ServicePlan[] = [];
  const shared = sharedAmong(request.spec.volumes, prepared);
  for (const p of prepared)
    services.push(await planService(lookout, p, request.spec.volumes, shared, current.get(p.key.service) ?? null, adopting));
  for (const [name, s] of current)
    if (!s.row.removed && !(name in request.spec.services))
      services.push({
        stack: s.row.stack,
        service: name,
        action: request.prune ? "remove" : "orphaned",
        from: s.row.target,
        to: null,
        changes: [],
        steps: [],
        kept: [],
        ...QUIET,
      });
  const moving = services.filter((s) => !["none", "pinned", "orphaned", "remove"].includes(s.action)).map(({ service }) => service);
  const atomic = request.spec.atomic && moving.length > 1;
  return {
    stack: request.spec.name,
    changed: services.some((s) => !["none", "pinned", "orphaned"].includes(s.action)),
    services,
    notices: [
      ...(atomic ? [{ code: "atomic", message: `${moving.join(", ")} succeed together or go back together`, at: null }] : []),
      ...request.notices,
      ...dropped,
      ...unbuilt(prepared),
      ...pins(prepared),
      ...leftAlone(request.spec, adopting),
      ...handoversInWords(handed, moves),
      ...(await writers(store, request.spec.name, prepared)),
    ],
  };
}

/** `up` builds; what comes of it is not known before. */
const unbuilt = (prepared: readonly Prepared[]): PlanView["notices"] =>
  prepared
    .filter(
      ({ row, spec, action, kept }) =>
        row?.removed === false && spec.build !== null && action !== "pinned" && !kept.some((k) => k.startsWith("image")),
    )
    .map(({ key }) => ({
      code: "unbuilt",
      message: `${key.service} is compared without its build: up builds its image, and replaces its instances where that is another one`,
      at: null,
    }));

const QUIET = { rollout: null, extraContainers: 0, pause: null, takesOver: null } as const;

async function planService(
  lookout: Lookout,
  p: Prepared,
  volumes: UpRequest["spec"]["volumes"],
  shared: ReadonlySet<string>,
  scene: Scene | null,
  adopting: Adopting | null,
): Promise<ServicePlan> {
  const now = lookout.clock.now();
  const base = { ...p.key, from: p.row === null || p.row.removed ? null : p.row.target, kept: p.kept, ...QUIET };
  if (p.action === "none" || p.action === "pinned") return { ...base, action: p.action, to: p.row?.target ?? null, changes: [], steps: [] };
  const replaces = p.current === null || p.current.instanceHash !== p.instanceHash;
  const { number } = await destination(lookout.store, p);
  const choice = choose(p.spec, p.replicas, p.volumeNames, shared);
  const desired: Desired = {
    ...p.key,
    revision: number,
    instanceHash: p.instanceHash,
    generation: p.row?.generation ?? 0,
    replicas: p.replicas,
    bounds: boundsOf(p.spec, choice, "forward"),
    provingMs: 0,
    restart: p.spec.restart,
    routed: choice.routed,
    exclusive: choice.exclusive,
    movement: null,
    crashes: [],
    prelude: p.current !== null && p.action === "revision" && declaredSnapshots(volumes, p).size > 0 ? ["snapshot"] : [],
    preluded: [],
    completed: [],
    waitingFor: null,
  };
  const course = p.action === "revision" ? await courseAhead(lookout, p) : null;
  const predecessors = (adopting?.project.containers ?? []).filter(({ service, running }) => service === p.key.service && running);
  const world = [...(scene?.world ?? []), ...predecessors.map(outside)];
  const steps = previewRollout({ ...desired, ...(course === null ? {} : ahead(course, desired, now)) }, world, now);
  const last = p.row === null ? null : await lastPause(lookout.store, p.row);
  const changes = p.current === null ? [] : imageChange(p).concat(diffSpecs(p.current.spec, p.spec));
  const action = p.row === null || p.row.removed ? "create" : p.action === "scale" ? "scale" : replaces ? "replace" : "update";
  return {
    ...base,
    ...{ action, to: number, changes },
    steps: withJobs(p, number, steps),
    rollout: course === null ? rolloutOf(choice) : `${rolloutOf(choice)}; ${courseInWords(course.course, p.replicas)}`,
    extraContainers: extraContainers(steps, world.length, p.replicas),
    pause: expectedPause({ spec: p.spec, choice, steps, replicas: p.replicas, last, predecessors }),
    takesOver: predecessors.length === 0 ? null : { containers: predecessors.map(({ name }) => name), volumes: volumesOf(predecessors) },
  };
}

/** The jobs stand where they run: around everything else. A revision that is put to work again runs none. */
function withJobs(p: Prepared, number: number, steps: readonly Step[]): ServicePlan["steps"] {
  const shown = steps.map((s) => ({ do: s.do, instance: s.instance, because: s.because }));
  const { before, after } = p.row?.stable === number && !p.row.removed ? {} : (p.spec.jobs ?? {});
  const step = (job: JobSpec | undefined, because: string) =>
    job === undefined ? [] : [{ do: "job", instance: job.service, because: `${because}, with ${imageOf(job)}` }];
  const imageOf = (job: JobSpec): string => (job.image === "own" ? job.spec.image : "the image of the revision");
  const asks = p.row?.stable === number && !p.row.removed ? undefined : p.spec.hooks?.confirm;
  const words = asks === undefined ? "" : `${placeOf(asks.url)} has to confirm, or somebody with instar promote`;
  return [
    ...(asks === undefined ? [] : [{ do: "ask", instance: null, because: words }]),
    ...step(before, "it has to succeed before anything changes"),
    ...shown,
    ...step(after, "it has to succeed, or everything goes back"),
  ];
}

interface Ahead {
  readonly course: Course;
  readonly from: Revision;
  readonly generation: number;
}

/** The course that the deployment would have; null where nothing would stand beside it. */
async function courseAhead({ store }: Lookout, { row, spec, instanceHash, replicas }: Prepared): Promise<Ahead | null> {
  if (row === null || row.stable === null || row.removed || row.stopped || replicas === 0 || !hasSides(spec.strategy)) return null;
  const from = await store.revision(row, row.stable);
  if (from === null || from.instanceHash === instanceHash) return null;
  return { course: courseUnder(spec.strategy, spec), from, generation: row.stableGeneration };
}

function ahead(
  { course, from, generation }: Ahead,
  { revision, instanceHash, replicas, ...desired }: Desired,
  now: number,
): Partial<Desired> {
  const both = { replicas, until: null };
  return {
    sides: [
      { ...both, revision, instanceHash, generation: desired.generation, share: 0 },
      { ...both, revision: from.number, instanceHash: from.instanceHash, generation, share: WHOLE },
    ],
    movement: { id: "DEPLOYMENT", startedAt: now, progressAt: now, paused: false, direction: "forward", failures: [], course },
  };
}

const imageChange = (p: Prepared): ServicePlan["changes"][number][] =>
  p.current === null || p.current.image.digests.includes(p.image.shown)
    ? []
    : [{ path: "image digest", before: p.current.image.shown, after: p.image.shown, replaces: true }];

const volumesOf = (containers: readonly ProjectContainer[]): string[] => [
  ...new Set(containers.flatMap(({ mounts }) => mounts.filter(({ kind }) => kind === "volume").map(({ source }) => source))),
];
