import { InstarError } from "../errors.ts";
import { canonicalName, familiarName, parseReference, type Reference } from "../lib/reference.ts";
import { type Choice, choosePushed, type Delivery, type Pushed } from "../plan/deliveries.ts";
import { carryImage, sameImage } from "../spec/identity.ts";
import { TRIGGER_BODY } from "../spec/trigger-body.ts";
import type { ImageIdentity, Revision } from "../spec/types.ts";
import { type Deps, moveToImage, recycle, revisionOf, rowOf } from "./actions.ts";
import type { AutoredeployControl } from "./autoredeploy-control.ts";
import { obtain } from "./images.ts";
import { madeHere } from "./keepsakes.ts";
import { scale } from "./scaling.ts";
import type { DeploymentRow, ServiceRow } from "./store.ts";
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
/** How often a call is begun anew because another revision came to be wanted while its image was fetched. */
const ATTEMPTS = 3;

/**
 * What a call looks at: of calls that wait and look at the same only the last is done. null: it stands for itself, as one that is to be
 * refused, or names a digest.
 */
export async function lookOf({ store }: Deps, trigger: TriggerRow, delivery: Delivery | null, body: Uint8Array): Promise<string | null> {
  const service = trigger.kind === "redeploy" ? await store.service(trigger) : null;
  const current = service === null ? null : await store.revision(trigger, service.target);
  if (current === null) return null;
  if (delivery === null) return body.length === 0 ? "fresh instances" : trigger.body ? "a body" : null;
  const named = parseReference(current.spec.image);
  const choice = named === null ? null : choose(trigger, current, named, delivery);
  return choice?.kind === "deploy" && choice.pushed.tag !== null ? `tag ${choice.pushed.tag}` : null;
}

/**
 * Makes the service follow its tag to where that points now: a delivery only means "look". What it says about digests serves to see
 * that nothing is to be done; the order in which deliveries arrive means nothing. `alone`: it was done for no other delivery too, which
 * may have told of another digest.
 */
export async function redeployFor(
  deps: Follower,
  trigger: TriggerRow,
  delivery: Delivery | null,
  body: string | null,
  alone = true,
): Promise<Done> {
  for (let left = ATTEMPTS; ; left--)
    try {
      return await follow(deps, trigger, delivery, body, alone);
    } catch (error) {
      // What is wanted now may follow another tag, or a policy: everything is asked again.
      if (!(error instanceof InstarError) || error.code !== "INS2092" || left === 1) throw error;
    }
}

async function follow(deps: Follower, trigger: TriggerRow, delivery: Delivery | null, body: string | null, alone: boolean): Promise<Done> {
  const service = await rowOf(deps.store, trigger);
  movable(trigger, service);
  const current = await revisionOf(deps.store, trigger, service.target);
  const policy = current.spec.autoredeploy !== undefined;
  const told = trigger.body && !policy ? body : undefined;
  const who = `trigger:${trigger.id}`;
  const more = { still: asSeen(trigger, service), ...(told === undefined ? {} : { body: told }) };
  if (delivery === null) {
    if (policy && body !== null)
      throw new InstarError("INS2052", "the body is in no form that Instar knows, and the service's own policy decides what is deployed");
    const before = current.spec.environment[TRIGGER_BODY];
    const image = carryImage(current.image, await obtain(deps, current.image.reference, "always"));
    if (typeof told === "string") await refuseFailed(deps, trigger, image);
    const asBefore = told === undefined || (told === null && before === undefined);
    const deployment =
      asBefore && current.image.digests.includes(image.shown)
        ? await recycle(deps, trigger, who, "trigger", more.still)
        : await moveToImage(deps, service, current, image, current.spec.image, "trigger", who, more);
    if (asBefore) return began(deployment, "the tag was resolved again");
    return began(
      deployment,
      told === null ? "the tag was resolved again, and the body of an earlier call is taken away" : "called with a body",
    );
  }
  const named = parseReference(current.spec.image);
  if (named === null) throw new InstarError("INS2054", `${trigger.stack}/${trigger.service} runs an image by its id, which nobody pushes`);
  const tag = tagOf(named);
  const choice = choose(trigger, current, named, delivery);
  if (choice.kind === "other") throw new InstarError("INS2053", choice.reason);
  if (choice.kind === "nothing") return { deployment: null, reason: choice.reason };
  const { pushed } = choice;
  if (policy) return noticed(deps, trigger, named, alone ? pushed : { ...pushed, digest: null }, delivery.form);
  const reference = pushed.tag === null || pushed.tag === tag ? current.spec.image : `${familiarName(named)}:${pushed.tag}`;
  const sameBody = told === undefined || told === (current.spec.environment[TRIGGER_BODY] ?? null);
  const settled = (image: readonly string[]): boolean =>
    sameBody && reference === current.spec.image && image.some((d) => current.image.digests.includes(d));
  if (alone && pushed.digest !== null && settled([pushed.digest])) return already(deps, service, current);
  const image = await resolved(deps, current, pushed, reference, familiarName(named));
  if (settled([image.shown])) return already(deps, service, current);
  await refuseFailed(deps, trigger, image);
  const what = `${familiarName(named)}${pushed.tag === null ? "" : `:${pushed.tag}`} is ${image.shown}`;
  return began(await moveToImage(deps, service, current, image, reference, "trigger", who, more), what);
}

const tagOf = ({ digest, tag }: Reference): string | null => (digest === null ? tag : null);

function choose(trigger: TriggerRow, { spec }: Revision, named: Reference, delivery: Delivery): Choice {
  // As deliveries are read: a path has no upper case, and in the name of a host it means nothing.
  const repository = canonicalName(named).toLowerCase();
  return choosePushed(delivery, { repository, tag: tagOf(named), anyTag: trigger.anyTag || spec.autoredeploy !== undefined });
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
  const row = await rowOf(deps.store, trigger);
  movable(trigger, row, false);
  const { replicas } = row;
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

/** Raises INS2054 for a service that is stopped, INS2008 for a pinned one. */
function movable(trigger: TriggerRow, row: ServiceRow, changesImage = true): void {
  const name = `${trigger.stack}/${trigger.service}`;
  if (row.stopped) throw new InstarError("INS2054", `${name} is stopped, and a trigger does not start it`);
  if (changesImage && row.pinned !== null)
    throw new InstarError("INS2008", `${name} stays at revision ${row.target}, where ${row.pinned} pinned it`);
}

/**
 * For the transaction in which the deployment begins: a pull takes long, and what people did meanwhile is not undone by a call. Raises
 * INS2092 where another revision is wanted than `seen` wants.
 */
const asSeen =
  (trigger: TriggerRow, seen: ServiceRow) =>
  (row: ServiceRow): void => {
    movable(trigger, row);
    if (row.target !== seen.target)
      throw new InstarError(
        "INS2092",
        `${trigger.stack}/${trigger.service} went from revision ${seen.target} to ${row.target} while the image was fetched`,
      );
  };

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
  const hadIt = async ({ from, to }: DeploymentRow): Promise<boolean> => {
    const good = from === null || from === to ? null : await store.revision(key, from);
    return good !== null && sameImage(good.image, image);
  };
  for (const deployment of await store.deployments(key, RECENT)) {
    const revision = await store.revision(key, deployment.to);
    if (revision === null || !sameImage(revision.image, image)) continue;
    const failed = ["failed", "rolled-back", "aborted"].includes(deployment.outcome);
    // What was good had this image already: what failed is what else was new, as the body of a call.
    if (failed && (await hadIt(deployment))) continue;
    if (failed)
      throw new InstarError(
        "INS2055",
        `${image.shown} was tried by ${deployment.id}, which ${deployment.outcome === "failed" ? "failed" : `was ${deployment.outcome}`}: ${deployment.reason ?? "no reason was recorded"}`,
      );
    return;
  }
}

const began = ({ id }: { readonly id: string }, reason: string): Done => ({ deployment: id, reason });
