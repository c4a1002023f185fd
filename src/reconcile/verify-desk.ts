import { canonicalText } from "../lib/hash.ts";
import { filesSince, otherContent, otherImage, toldOnce } from "../plan/unlike.ts";
import type { Revision } from "../spec/types.ts";
import { headText } from "./chain.ts";
import type { EventView, ServiceKey } from "./control.ts";
import type { Examination, ImageChanges } from "./drift-engine.ts";
import { isJob, serviceOfLabel } from "./jobs.ts";
import type { Clock, Engine, EngineInstance } from "./ports.ts";
import { remade, type Sources } from "./remade.ts";
import type { AuditView, ClaimedHead, Difference, InstanceProof, VerifyControl, VerifyView } from "./verify-control.ts";

export interface VerifyOffice extends Sources {
  readonly engine: Engine;
  readonly clock: Clock;
}

/** Proves, or says why it cannot, that the instances are what was made. Looks at everything anew; changes nothing. */
export class VerifyDesk implements VerifyControl {
  readonly #office: VerifyOffice;

  constructor(office: VerifyOffice) {
    this.#office = office;
  }

  publicKey(): string {
    return this.#office.store.signer.publicKey;
  }

  async verify(of: Partial<ServiceKey>): Promise<VerifyView> {
    const { store, engine, clock } = this.#office;
    const at = clock.now();
    const [log, touched] = [await store.checkChain(), await store.touchEvents()];
    const instances: InstanceProof[] = [];
    for (const one of await engine.instances(of))
      if (one.state !== "removing" && !(await this.#isKnownJob(one))) instances.push(await this.#prove(one, touched));
    const proven = log.faults.length === 0 && instances.every(({ differences }) => differences.length === 0);
    const attestation = {
      ...{ format: 1 as const, installation: store.installation, at, stack: of.stack ?? null, service: of.service ?? null },
      ...{ log, instances, proven },
    };
    return { attestation, signature: store.signer.sign(canonicalText(attestation)), publicKey: store.signer.publicKey };
  }

  async audit(claims: readonly ClaimedHead[]): Promise<AuditView> {
    const { store } = this.#office;
    const log = await store.checkChain();
    const found: string[] = [];
    for (const claim of claims) {
      if (!store.signer.signed(headText(store.installation, claim), claim.signature))
        found.push(`the head of event ${claim.seq} is not signed by this installation's key`);
      else if ((await store.hashAt(claim.seq)) !== claim.hash)
        found.push(`event ${claim.seq}, which the daemon's log saw, is not in the event log`);
    }
    return { log, claims: found };
  }

  /** No instance of any service. One that no row knows was made by somebody else, and is told of; one that went meanwhile is not. */
  async #isKnownJob({ stack, service, name }: EngineInstance): Promise<boolean> {
    const { store, engine } = this.#office;
    if (!isJob({ stack, service })) return false;
    const open = await store.openJobs({ stack, service: serviceOfLabel(service) });
    return open.some(({ container }) => container === name) || (await engine.instance(name)) === null;
  }

  async #prove(instance: EngineInstance, touched: readonly EventView[]): Promise<InstanceProof> {
    const { store } = this.#office;
    const revision = await store.revision(instance, instance.revision);
    const made = { name: instance.name, id: instance.id, stack: instance.stack, service: instance.service, revision: instance.revision };
    const proof = (digest: string, onDisk: boolean, differences: readonly Difference[]): InstanceProof => ({
      ...{ ...made, digest, image: instance.image, createdAt: instance.createdAt, onDisk, differences },
    });
    const history = await this.#history(instance, touched);
    if (revision === null) return proof("", false, [plain("configuration", `revision ${instance.revision} is not known here`), ...history]);
    const { engine } = this.#office;
    const what = { id: instance.id, scratch: revision.spec.scratch ?? [], anew: true };
    const seen = await engine.examine({ ...what, made: (one) => remade(this.#office, one, revision) });
    if (seen === null) return proof(revision.image.shown, false, [plain("history", "it went while it was looked at")]);
    const below = await engine.imageChanges(instance.id);
    const [look = null] = await store.looks({ id: instance.id });
    const edited = filesSince(look, seen).edited.map((path) => plain("layer", `${path} was edited`));
    return proof(revision.image.shown, seen.onDisk, [...contentOf(seen, below, revision), ...edited, ...history]);
  }

  /** From the rows and from the event log: what one of them lost, the other has. */
  async #history(instance: EngineInstance, touched: readonly EventView[]): Promise<Difference[]> {
    const { store } = this.#office;
    const found: Difference[] = [];
    const rows = await store.touches({ ...keyOf(instance), id: instance.id });
    for (const { kind, detail, by, at, taints } of rows)
      if (taints) found.push({ kind: "history", detail: `${kind} by ${by}: ${detail}`, from: at, to: at });
    const known = new Set(rows.map(({ at }) => at));
    for (const { at, message } of touched.filter(
      (event) => event.instance === instance.name && event.at >= instance.createdAt && !known.has(event.at),
    ))
      found.push({ kind: "history", detail: `in the event log alone: ${message}`, from: at, to: at });
    for (const { from, to, reason, blind } of await store.gaps(instance.createdAt))
      if (blind) found.push({ kind: "unattested", detail: reason, from, to });
    // The journalled start carries the engine's id: a container of the same name and labels, made by somebody else, has another.
    const fact = (await store.facts(instance)).get(instance.id);
    if (instance.startedAt !== null && fact?.startedAt == null)
      found.push(plain("history", "Instar has no record of having started this container"));
    return found;
  }
}

const SHOWN = 100;

function contentOf(seen: Examination, below: ImageChanges, revision: Revision): Difference[] {
  const found: Difference[] = [];
  const [image, content] = [otherImage(seen, revision), otherContent(seen, revision)];
  if (image !== null) found.push(plain("image", image));
  if (content !== null) found.push(plain("configuration", content));
  for (const { path, expected, found: is } of toldOnce(seen.differences))
    found.push(plain("configuration", `${path}: ${expected ?? "nothing"} was made, ${is ?? "nothing"} is there`));
  const layer = [...seen.changed, ...seen.traces.map((path) => ({ kind: "C", path }))].sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { kind, path } of layer.slice(0, SHOWN)) found.push(plain("layer", `${kind} ${path}`));
  // What was not looked at is not proven.
  if (seen.more || layer.length > SHOWN) found.push(plain("layer", "and more"));
  for (const { path, at } of below.changed)
    found.push({ kind: "layer", detail: `${path} of the image was changed on the host's disk`, from: at, to: at });
  // Where no layer is seen on the disk, the proof says so by itself (onDisk).
  if (seen.onDisk && below.more) found.push(plain("layer", "not all of the image's layers was looked at"));
  return found;
}

const plain = (kind: Difference["kind"], detail: string): Difference => ({ kind, detail, from: null, to: null });
const keyOf = ({ stack, service }: ServiceKey): ServiceKey => ({ stack, service });
