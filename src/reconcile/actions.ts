import { InstarError } from "../errors.ts";
import { checkStack } from "../spec/check.ts";
import { carryImage, instanceHash, revisionHash } from "../spec/identity.ts";
import { withImageVolumes } from "../spec/image-volumes.ts";
import { withTriggerBody } from "../spec/trigger-body.ts";
import { type Revision, type ServiceSpec, SPEC_VERSION } from "../spec/types.ts";
import { droppedKeys } from "./ability.ts";
import { chooseSubnet, networkBlock } from "./addresses.ts";
import { joinSides, leftAlone, takenVolumes, withAdoption } from "./adopt.ts";
import { refuseClashes, refuseForeignPorts } from "./clashes.ts";
import type { CauseKind, DeploymentView, PromotedFrom, ServiceKey, UpRequest, UpView } from "./control.ts";
import { refuseUnfit, refuseUnfitServices, rescaled, underWay } from "./course.ts";
import { begin, beginRemoval, NOT_IN_FILE, viewDeployment } from "./deployment.ts";
import { freePorts, givePorts } from "./given-ports.ts";
import { group } from "./groups.ts";
import { handovers, handoversInWords, movesOf, orphansOf, refuseTwoOwners, takingOver } from "./handover.ts";
import type { SavedImages } from "./image-port.ts";
import { obtain, recall } from "./images.ts";
import type { Clock, Engine, FileStore, Router } from "./ports.ts";
import { asRevision, destination, type Prepared, prepare } from "./prepare.ts";
import { recallJobs } from "./prepare-jobs.ts";
import type { DeploymentRow, ServiceRow, Store, VolumeRow } from "./store.ts";
import { type Verifier, verified } from "./verification.ts";
import { refuseVolumeMoves } from "./volume-moves.ts";
import { groundVolumes, refuseSwaps, sharedVolumes } from "./volumes.ts";

export interface Deps {
  readonly store: Store;
  readonly engine: Engine;
  readonly router: Router;
  readonly files: FileStore;
  readonly saved: SavedImages;
  readonly clock: Clock;
  readonly verifier: Verifier;
  /** Stack networks are cut from this block. */
  readonly pool: string;
  readonly httpPort: number;
  /** The rows changed: the router's table and the services' passes follow. */
  readonly changed: (keys: readonly ServiceKey[]) => Promise<void>;
}

/** Makes the rows equal to the file; the loop makes the world equal to the rows. Everything is checked before anything is changed. */
export async function up(deps: Deps, asked: UpRequest): Promise<UpView> {
  const { store, clock } = deps;
  checkStack(asked.spec);
  const { request, adopting } = await withAdoption(deps, asked);
  const { spec } = request;
  await refuseClashes(deps, spec);
  const handed = await handovers(store, spec);
  refuseTwoOwners(handed, request);
  await refuseForeignPorts(deps, spec, adopting?.ports);
  const prepared = await prepare(deps, request);
  await refuseVolumeMoves(store, spec, prepared);
  const moves = await movesOf(store, spec, prepared);
  const dropped = await droppedKeys(deps.engine, spec);
  refuseSwaps(prepared, request.acceptVolumes ?? []);
  refuseUnfitServices(spec.volumes, prepared);
  for (const p of prepared) if (p.action === "revision" || p.action === "start") await recallJobs(deps, p.spec);
  const free = await freePorts(store, deps.router, prepared);
  const takenOver = takenVolumes(adopting, prepared);
  await ground(deps, request, takenOver);
  for (const { file, content } of prepared.flatMap((p) => p.contents)) await deps.files.put(file, content);
  const containers = adopting === null ? [] : await joinSides(deps, spec, adopting);
  const now = clock.now();
  const views: DeploymentView[] = [];
  const started = await store.write(async (within) => {
    await within.putStack({
      name: spec.name,
      updatedAt: now,
      removed: false,
      networks: JSON.stringify(spec.networks),
      volumes: JSON.stringify(spec.volumes),
    });
    for (const volume of takenOver) await within.putVolume(volume);
    if (adopting !== null)
      await within.putAdoption({
        ...{ stack: spec.name, at: now, who: request.who, state: "active", networks: adopting.networks, containers },
      });
    const deployments: DeploymentRow[] = [];
    for (const p of prepared) {
      const deployment = await apply(within, p, request, free, now);
      if (deployment !== null) deployments.push(deployment);
    }
    // Services that the file no longer has go only with --prune.
    const leaving = request.prune ? orphansOf(await within.services(spec.name), spec) : [];
    const of = { stack: spec.name, who: request.who };
    const { together, later } = takingOver(handed, moves, deployments);
    const due = together.length === 0 ? {} : { handover: "due" as const };
    if (spec.atomic && deployments.length > 1)
      return group(within, deployments, { ...of, ...due, prune: leaving.map(({ service }) => service) }, now);
    const grouped = together.length === 0 ? [] : await group(within, together, { ...of, ...due, prune: later }, now);
    const rest = deployments.filter((one) => !together.includes(one));
    for (const row of leaving) if (!later.includes(row.service)) rest.push(await beginRemoval(within, row, request.who, NOT_IN_FILE, now));
    return [...grouped, ...rest];
  });
  for (const row of started) views.push(await viewDeployment(store, row, now));
  for (const p of prepared) if (!started.some((d) => d.service === p.key.service)) views.push(await unchanged(store, p, now));
  await deps.changed(started);
  return {
    deployments: views,
    notices: [
      ...request.notices,
      ...dropped,
      ...leftAlone(spec, adopting),
      ...pins(prepared),
      ...handoversInWords(handed, moves),
      ...(await leftOvers(store, request)),
    ],
    kept: prepared.flatMap((p) => p.kept.map((k) => `${p.key.service}: ${k}`)),
  };
}

/** One service's row, revision and deployment. null: nothing to do. */
async function apply(within: Store, p: Prepared, request: UpRequest, free: readonly number[], now: number): Promise<DeploymentRow | null> {
  if (p.action === "pinned") return null;
  const row = await within.service(p.key);
  if (p.action === "none") {
    if (row !== null) await within.putService({ ...row, applied: p.file });
    return null;
  }
  const { same } = await destination(within, p);
  const revision = same ?? (await within.addRevision(asRevision(p, request.who, "up", now)));
  const overrides = row === null || request.forceFile ? {} : keptOverrides(row, p);
  await givePorts(within, p, free);
  const running = row === null || revision.number !== row.target ? null : await underWay(within, row);
  if (row !== null && running !== null && p.action === "scale")
    return rescaled(within, { ...row, applied: p.file, overrides }, running, p.replicas);
  const changed: ServiceRow = {
    ...p.key,
    applied: p.file,
    target: revision.number,
    stable: row?.removed === true ? null : (row?.stable ?? null),
    generation: row?.generation ?? 0,
    stableGeneration: row?.stableGeneration ?? 0,
    replicas: p.replicas,
    stableReplicas: row?.stableReplicas ?? p.replicas,
    stopped: false,
    removed: false,
    halted: null,
    pinned: request.unpin ? null : (row?.pinned ?? null),
    overrides,
    stableOverrides: row?.stableOverrides ?? {},
    deployment: row?.deployment ?? null,
  };
  // What stood beside another target, or what the file is to win over, goes (docs/strategies.md, split).
  const splitStays = row?.target === revision.number && !request.forceFile;
  const beside = row === null ? {} : pick(row, "warm", "stableSplit", ...(splitStays ? (["split"] as const) : []));
  return begin(within, { ...changed, ...beside }, { to: revision.number, kind: "up", who: request.who, strategy: p.spec.strategy }, now);
}

const pick = (row: ServiceRow, ...keys: readonly ("warm" | "split" | "stableSplit")[]): Partial<ServiceRow> =>
  Object.fromEntries(keys.flatMap((key) => (row[key] === undefined ? [] : [[key, row[key]]])));

const keptOverrides = (row: ServiceRow, p: Prepared): ServiceRow["overrides"] => ({
  ...(row.overrides.image !== undefined && p.kept.some((k) => k.startsWith("image")) ? { image: row.overrides.image } : {}),
  ...(row.overrides.replicas !== undefined && p.kept.some((k) => k.startsWith("replicas")) ? { replicas: row.overrides.replicas } : {}),
  ...(row.overrides.body !== undefined && p.kept.some((k) => k.startsWith("trigger body")) ? { body: row.overrides.body } : {}),
});

/** Networks and volumes first: neither changes anything that runs. */
async function ground(deps: Deps, request: UpRequest, takenOver: readonly VolumeRow[]): Promise<void> {
  const { store, engine } = deps;
  const rows = new Map((await store.networks()).map((n) => [n.name, n]));
  for (const network of Object.values(request.spec.networks)) {
    if (network.external) {
      await engine.ensureNetwork(request.spec.name, network, { subnet: "", ipRange: "", gateway: "" });
      continue;
    }
    const subnet =
      rows.get(network.name)?.subnet ??
      chooseSubnet(deps.pool, [...(await engine.takenSubnets()), ...[...rows.values()].map((n) => n.subnet)]);
    await engine.ensureNetwork(request.spec.name, network, networkBlock(subnet));
    const row = { name: network.name, stack: request.spec.name, subnet };
    rows.set(network.name, row);
    await store.putNetwork(row);
  }
  await groundVolumes(deps, request.spec, request.acceptVolumes ?? [], takenOver);
}

async function leftOvers(store: Store, { prune, spec }: UpRequest): Promise<UpView["notices"]> {
  if (prune) return [];
  return orphansOf(await store.services(spec.name), spec).map((row) => ({
    code: "orphaned",
    message: `${row.service} is not in the file and ${row.stopped ? "is only stopped" : "goes on running"}; --prune removes it`,
    at: null,
  }));
}

/** A pinned service is never passed over in silence. */
export const pins = (prepared: readonly Prepared[]): UpView["notices"] =>
  prepared
    .filter((p) => p.action === "pinned")
    .map((p) => ({
      code: "pinned",
      message: `${p.key.service} stays at revision ${p.row?.target}, where ${p.row?.pinned} pinned it; --unpin lets the file win`,
      at: null,
    }));

async function unchanged(store: Store, p: Prepared, now: number): Promise<DeploymentView> {
  const last = (await store.deployments(p.key, 1))[0];
  // What it should be is under way already: that deployment is the answer.
  if (last !== undefined && last.id === p.row?.deployment) return viewDeployment(store, last, now);
  return {
    id: last?.id ?? "D0",
    ...p.key,
    from: p.row?.target ?? null,
    to: p.row?.target ?? 0,
    strategy: p.spec.strategy,
    cause: { kind: "up", who: "" },
    outcome: "unchanged",
    reason: p.action === "pinned" ? `pinned at revision ${p.row?.target} by ${p.row?.pinned}; --unpin lets the file win` : null,
    startedAt: now,
    endedAt: now,
    seconds: 0,
    steps: [],
    evidence: null,
    pauses: [],
  };
}

// ------------------------------------------------------------------------------------------------- verbs

export async function rowOf(store: Store, key: ServiceKey): Promise<ServiceRow> {
  const row = await store.service(key);
  if (row === null || row.removed) throw new InstarError("INS2002", `there is no service ${key.stack}/${key.service}`);
  return row;
}

export async function revisionOf(store: Pick<Store, "revision">, key: ServiceKey, number: number): Promise<Revision> {
  const revision = await store.revision(key, number);
  if (revision === null) throw new InstarError("INS2004", `${key.stack}/${key.service} has no revision ${number}`);
  return revision;
}

interface Move {
  readonly key: ServiceKey;
  readonly to: number;
  readonly kind: CauseKind;
  readonly who: string;
  /** What changes of the row, as it is when the deployment begins. */
  readonly change: (row: ServiceRow) => Partial<ServiceRow>;
  readonly strategy?: ServiceSpec["strategy"] | undefined;
  readonly split?: ServiceRow["split"];
  /** Volume → snapshot whose content it gets back. */
  readonly restores?: Readonly<Record<string, string>>;
  /** What the deployment's own id changes of it. */
  readonly amend?: (id: string, row: ServiceRow) => Partial<ServiceRow>;
}

/** One transaction: the row is read in it, since the loop may have settled an earlier deployment a moment ago. */
export async function begun(
  within: Store,
  { key, to, kind, who, change, restores, amend, strategy, split }: Move,
  now: number,
): Promise<DeploymentRow> {
  const revision = await revisionOf(within, key, to);
  const row = await rowOf(within, key);
  const started = await begin(
    within,
    { ...row, ...change(row) },
    { to, kind, who, strategy: strategy ?? revision.spec.strategy, ...(split === undefined ? {} : { split }) },
    now,
  );
  if (restores !== undefined && Object.keys(restores).length > 0) await within.putDeployment({ ...started, restores });
  const after = await rowOf(within, key);
  if (amend !== undefined) await within.putService({ ...after, ...amend(started.id, after) });
  return started;
}

export async function move(deps: Deps, how: Move): Promise<DeploymentView> {
  const { store, clock } = deps;
  // A `down` took the host ports that a bare port had been given, and the file since may not have named it: revision 1 does.
  const wanting = { key: how.key, spec: (await revisionOf(store, how.key, how.to)).spec };
  const free = await freePorts(store, deps.router, [wanting]);
  const deployment = await store.write(async (within) => {
    await givePorts(within, wanting, free);
    return begun(within, how, clock.now());
  });
  await deps.changed([how.key]);
  return viewDeployment(store, deployment, clock.now());
}

/** A new revision with this image. */
export async function deploy(
  deps: Deps,
  key: ServiceKey,
  reference: string,
  who: string,
  strategy?: ServiceSpec["strategy"],
): Promise<DeploymentView> {
  const row = await rowOf(deps.store, key);
  const current = await revisionOf(deps.store, key, row.target);
  if (strategy !== undefined)
    refuseUnfit(key, { ...current, replicas: row.replicas }, strategy, await sharedVolumes(deps.store, key.stack));
  const image = carryImage(current.image, await obtain(deps, reference, "missing"));
  return moveToImage(deps, row, current, image, reference, "deploy", who, strategy === undefined ? {} : { strategy });
}

/** Resolves the tag again: a new digest makes a new revision, the same digest gives fresh instances. */
export async function redeploy(deps: Deps, key: ServiceKey, who: string): Promise<DeploymentView> {
  const row = await rowOf(deps.store, key);
  const current = await revisionOf(deps.store, key, row.target);
  const image = carryImage(current.image, await obtain(deps, current.image.reference, "always"));
  if (current.image.digests.includes(image.shown)) return recycle(deps, key, who, "redeploy");
  return moveToImage(deps, row, current, image, current.spec.image, "redeploy", who);
}

/** What else the new revision is made of. */
interface Besides {
  /** What new instances are told of the call that made them; null: nothing any more. */
  readonly body?: string | null;
  /** Whose image it is. */
  readonly promoted?: PromotedFrom;
  /** For this deployment, instead of the file's. */
  readonly strategy?: ServiceSpec["strategy"];
  readonly still?: Still;
}

/** Asked of the row where the deployment begins, for what acts by itself: what was done since it looked is not undone. Raises. */
type Still = (row: ServiceRow) => void;

/** A new revision with this image; fresh instances where it is the same. Raises INS3032 to INS3035. */
export async function moveToImage(
  deps: Deps,
  row: ServiceRow,
  current: Revision,
  image: Revision["image"],
  reference: string,
  kind: CauseKind,
  who: string,
  { body, promoted, strategy, still }: Besides = {},
): Promise<DeploymentView> {
  const key: ServiceKey = { stack: row.stack, service: row.service };
  const environment = body === undefined ? current.spec.environment : withTriggerBody(current.spec.environment, body);
  const spec = withImageVolumes({ ...current.spec, image: reference, environment }, image);
  const args = [spec, image, current.volumeNames, current.networkNames, SPEC_VERSION] as const;
  if (revisionHash(...args) === current.revisionHash && row.halted === null) return recycle(deps, row, who, kind, still);
  await verified(deps.verifier, spec, image, current);
  await recallJobs(deps, spec);
  const now = deps.clock.now();
  const byHand = kind === "deploy";
  const deployment = await deps.store.write(async (within) => {
    const revision = await within.addRevision({
      ...current,
      spec,
      image,
      specVersion: SPEC_VERSION,
      instanceHash: instanceHash(...args),
      revisionHash: revisionHash(...args),
      createdAt: now,
      who,
      why: promoted === undefined ? kind : `${kind} from ${promoted.stack}/${promoted.service}@${promoted.revision}`,
    });
    const change = (fresh: ServiceRow): Partial<ServiceRow> => {
      still?.(fresh);
      return { stopped: false, pinned: byHand ? null : fresh.pinned };
    };
    const amend = (id: string, after: ServiceRow): Partial<ServiceRow> => ({
      overrides: {
        ...after.overrides,
        ...(byHand || reference !== current.spec.image ? { image: { by: id } } : {}),
        ...(typeof body === "string" ? { body: { by: id } } : {}),
      },
    });
    const started = await begun(within, { key, to: revision.number, kind, who, change, amend, strategy }, now);
    if (promoted === undefined) return started;
    await within.putDeployment({ ...started, promoted });
    return { ...started, promoted };
  });
  await deps.changed([key]);
  return viewDeployment(deps.store, deployment, now);
}

/** Fresh instances of the same revision. */
export async function recycle(
  deps: Deps,
  key: ServiceKey,
  who: string,
  kind: CauseKind = "recycle",
  still?: Still,
): Promise<DeploymentView> {
  const found = await rowOf(deps.store, key);
  still?.(found);
  const running = await underWay(deps.store, found);
  if (running !== null) throw new InstarError("INS2060", `${running.id} of ${key.stack}/${key.service} has not ended`);
  await recall(deps, (await revisionOf(deps.store, key, found.target)).image);
  // Who deploys by hand the image that is there already ends the pin as with any other.
  const change = (row: ServiceRow): Partial<ServiceRow> => {
    still?.(row);
    // An abort waits for no pull: what it gave up is not begun anew by who asked before it (story 75531).
    if (row.target !== found.target)
      throw new InstarError("INS2092", `${key.stack}/${key.service} went from revision ${found.target} to ${row.target} meanwhile`);
    return { generation: row.generation + 1, stopped: false, ...(kind === "deploy" ? { pinned: null } : {}) };
  };
  return move(deps, { key, to: found.target, kind, who, change });
}
