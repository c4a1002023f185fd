import { InstarError } from "../errors.ts";
import { canonicalName, familiarName, parseReference, type Reference } from "../lib/reference.ts";
import { choosePushed, type Delivery, type Pushed } from "../plan/deliveries.ts";
import { carryImage, sameImage } from "../spec/identity.ts";
import { TRIGGER_BODY } from "../spec/trigger-body.ts";
import type { ImageIdentity, Revision } from "../spec/types.ts";
import { type Deps, moveToImage, redeploy, revisionOf, rowOf } from "./actions.ts";
import type { AutoredeployControl } from "./autoredeploy-control.ts";
import { obtain } from "./images.ts";
import { madeHere } from "./keepsakes.ts";
import { scale } from "./scaling.ts";
import type { ServiceRow } from "./store.ts";
import type { TriggerRow } from "./trigger-store.ts";

/** What came of a call. */
export interface Done {
  readonly deployment: string | null;
  readonly reason: string;
  /** It was done before, for the same delivery. */
  readonly replayed?: boolean;
}

interface Follower extends Deps {
  readonly autoredeploy: AutoredeployControl;
}

/** An environment variable is at most 128 KiB for Linux, and every list of containers carries it. */
const BODY_LIMIT = 32 * 1024;
const RECENT = 50;

/**
 * Makes the service follow its tag to where that points now: a delivery only means "look". What it says about digests serves to see
 * that nothing is to be done; the order in which deliveries arrive means nothing.
 */
export async function redeployFor(deps: Follower, trigger: TriggerRow, delivery: Delivery | null, body: string | null): Promise<Done> {
  const service = await movable(deps, trigger);
  const current = await revisionOf(deps.store, trigger, service.target);
  const told = trigger.body ? body : undefined;
  const who = `trigger:${trigger.id}`;
  if (delivery === null) {
    const before = current.spec.environment[TRIGGER_BODY];
    if (told === undefined || (told === null && before === undefined))
      return began(await redeploy(deps, trigger, who, "trigger"), "the tag was resolved again");
    const image = carryImage(current.image, await obtain(deps, current.image.reference, "always"));
    return began(
      await moveToImage(deps, service, current, image, current.spec.image, "trigger", who, { body: told }),
      told === null ? "the tag was resolved again, and the body of an earlier call is taken away" : "called with a body",
    );
  }
  const named = parseReference(current.spec.image);
  if (named === null) throw new InstarError("INS2054", `${trigger.stack}/${trigger.service} runs an image by its id, which nobody pushes`);
  const tag = named.digest === null ? named.tag : null;
  const policy = current.spec.autoredeploy !== undefined;
  // As deliveries are read: a path has no upper case, and in the name of a host it means nothing.
  const repository = canonicalName(named).toLowerCase();
  const choice = choosePushed(delivery, { repository, tag, anyTag: trigger.anyTag || policy });
  if (choice.kind === "other") throw new InstarError("INS2053", choice.reason);
  if (choice.kind === "nothing") return { deployment: null, reason: choice.reason };
  const { pushed } = choice;
  if (policy) return noticed(deps, trigger, named, pushed, delivery.form);
  const reference = pushed.tag === null || pushed.tag === tag ? current.spec.image : `${familiarName(named)}:${pushed.tag}`;
  const sameBody = told === undefined || told === (current.spec.environment[TRIGGER_BODY] ?? null);
  const settled = (image: readonly string[]): boolean =>
    sameBody && reference === current.spec.image && image.some((d) => current.image.digests.includes(d));
  if (pushed.digest !== null && settled([pushed.digest])) return already(deps, service, current);
  const image = await resolved(deps, current, pushed, reference, familiarName(named));
  if (settled([image.shown])) return already(deps, service, current);
  if (told === undefined) await refuseFailed(deps, trigger, image);
  const more = told === undefined ? {} : { body: told };
  const what = `${familiarName(named)}${pushed.tag === null ? "" : `:${pushed.tag}`} is ${image.shown}`;
  return began(await moveToImage(deps, service, current, image, reference, "trigger", who, more), what);
}

/** A service with a policy of its own decides by that: a trigger only says that something was pushed. */
async function noticed(
  { autoredeploy }: Follower,
  trigger: TriggerRow,
  { domain, path }: Reference,
  pushed: Pushed,
  form: string,
): Promise<Done> {
  const told = { registry: domain, repository: path, tag: pushed.tag, digest: pushed.digest };
  const reactions = await autoredeploy.noticed(told, `trigger:${trigger.id} (${form})`);
  const own = reactions.find(({ service }) => service === `${trigger.stack}/${trigger.service}`);
  return { deployment: own?.deployment ?? null, reason: own?.reason ?? "nothing follows this image" };
}

/** So many instances more, never beyond the trigger's number. */
export async function scaleUpFor(deps: Deps, trigger: TriggerRow): Promise<Done> {
  const { replicas } = await movable(deps, trigger, false);
  if (replicas >= trigger.most)
    return { deployment: null, reason: `it has ${replicas} instances, and the trigger stops at ${trigger.most}` };
  const wanted = Math.min(replicas + trigger.by, trigger.most);
  return began(await scale(deps, trigger, wanted, `trigger:${trigger.id}`, "trigger"), `from ${replicas} to ${wanted} instances`);
}

/** The body as an environment variable can hold it. Raises INS2010, INS2052. */
export function bodyText(body: Uint8Array): string | null {
  if (body.length === 0) return null;
  if (body.length > BODY_LIMIT)
    throw new InstarError("INS2010", `the body has ${body.length} bytes, and instances are told ${BODY_LIMIT} at most`);
  const text = Buffer.from(body).toString("utf8");
  if (text.includes("\0") || !Buffer.from(text).equals(body))
    throw new InstarError("INS2052", "the body is no text that a variable can hold");
  return text;
}

/** Raises INS2002 for a service that is gone, INS2054 for a stopped one, INS2008 for a pinned one. */
async function movable(deps: Deps, trigger: TriggerRow, changesImage = true): Promise<ServiceRow> {
  const row = await rowOf(deps.store, trigger);
  const name = `${trigger.stack}/${trigger.service}`;
  if (row.stopped) throw new InstarError("INS2054", `${name} is stopped, and a trigger does not start it`);
  if (changesImage && row.pinned !== null)
    throw new InstarError("INS2008", `${name} stays at revision ${row.target}, where ${row.pinned} pinned it`);
  return row;
}

/** A digest on purpose is exactly that; a tag is where it points now. */
async function resolved(deps: Deps, current: Revision, pushed: Pushed, reference: string, name: string): Promise<ImageIdentity> {
  if (pushed.tag === null && pushed.digest !== null) {
    const exact = await obtain(deps, `${name}@${pushed.digest}`, "missing");
    return carryImage(current.image, { ...exact, reference: current.image.reference });
  }
  return carryImage(current.image, await known(deps, await obtain(deps, reference, "always"), pushed, name));
}

/**
 * A registry tells of a push before the engine that pushes has noted the digest down: pushed from this very engine, the image would
 * pass for one made here, which no registry gives back. Asked for by the digest, it is known by that.
 */
async function known(deps: Deps, found: ImageIdentity, { digest }: Pushed, name: string): Promise<ImageIdentity> {
  if (digest === null || !madeHere(found)) return found;
  const given = await obtain(deps, `${name}@${digest}`, "missing");
  return sameImage(found, given) ? { ...given, reference: found.reference } : found;
}

function already({ store }: Deps, row: ServiceRow, current: Revision): Promise<Done> {
  const id = row.deployment;
  const reason = `revision ${current.number} has this digest already`;
  return id === null
    ? Promise.resolve({ deployment: null, reason })
    : store.deployment(id).then((running) => ({ deployment: running === null || running.endedAt !== null ? null : id, reason }));
}

/** What failed is not tried again by itself: the newest deployment of this image decides. Raises INS2055. */
async function refuseFailed({ store }: Deps, key: TriggerRow, image: ImageIdentity): Promise<void> {
  for (const deployment of await store.deployments(key, RECENT)) {
    const revision = await store.revision(key, deployment.to);
    if (revision === null || !sameImage(revision.image, image)) continue;
    if (["failed", "rolled-back", "aborted"].includes(deployment.outcome))
      throw new InstarError(
        "INS2055",
        `${image.shown} was tried by ${deployment.id}, which ${deployment.outcome === "failed" ? "failed" : `was ${deployment.outcome}`}: ${deployment.reason ?? "no reason was recorded"}`,
      );
    return;
  }
}

const began = ({ id }: { readonly id: string }, reason: string): Done => ({ deployment: id, reason });
