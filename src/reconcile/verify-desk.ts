import { InstarError } from "../errors.ts";
import { canonicalText, hashOf, short } from "../lib/hash.ts";
import { contextIdentity } from "../spec/context.ts";
import type { Revision } from "../spec/types.ts";
import type { Inspection } from "./attest-engine.ts";
import { aliasesIn, blueprintOf, networksInOrder } from "./blueprint.ts";
import { headText } from "./chain.ts";
import { filesOf } from "./contents.ts";
import type { ContextFiles } from "./context-files.ts";
import type { EventView, ServiceKey } from "./control.ts";
import type { Blueprint, Clock, Engine, EngineInstance, FileStore } from "./ports.ts";
import type { Store } from "./store.ts";
import type { AuditView, ClaimedHead, Difference, InstanceProof, VerifyControl, VerifyView } from "./verify-control.ts";

export interface VerifyOffice {
  readonly store: Store;
  readonly engine: Engine;
  readonly files: FileStore;
  readonly contexts: ContextFiles;
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
    for (const one of await engine.instances(of)) if (one.state !== "removing") instances.push(await this.#prove(one, touched));
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

  async #prove(instance: EngineInstance, touched: readonly EventView[]): Promise<InstanceProof> {
    const { store } = this.#office;
    const revision = await store.revision(instance, instance.revision);
    const made = { name: instance.name, id: instance.id, stack: instance.stack, service: instance.service, revision: instance.revision };
    const proof = (digest: string, onDisk: boolean, differences: readonly Difference[]): InstanceProof => ({
      ...{ ...made, digest, image: instance.image, createdAt: instance.createdAt, onDisk, differences },
    });
    const history = await this.#history(instance, touched);
    if (revision === null) return proof("", false, [plain("configuration", `revision ${instance.revision} is not known here`), ...history]);
    const { blueprint, problems } = await this.#blueprint(instance, revision);
    const seen = await this.#office.engine.inspectAgainst(blueprint);
    if (seen === null) return proof(revision.image.shown, false, [plain("history", "it went while it was looked at")]);
    return proof(revision.image.shown, seen.onDisk, [...problems, ...contentOf(seen, instance, revision), ...history]);
  }

  /** As it would be made again with its own addresses and the volumes of its slot. */
  async #blueprint(instance: EngineInstance, revision: Revision): Promise<{ blueprint: Blueprint; problems: readonly Difference[] }> {
    const { store, files, contexts } = this.#office;
    const problems: Difference[] = [];
    const sealed = await filesOf(files, revision.spec).catch((cause: unknown) => {
      if (!(cause instanceof InstarError) || cause.code !== "INS6031") throw cause;
      problems.push(plain("configuration", `a secret or config it mounts: ${cause.message}`));
      return [];
    });
    const { context } = revision.spec;
    const told =
      context === undefined ? [] : [{ source: contexts.place(revision, hashOf(contextIdentity(context))), target: context.target }];
    const slotVolumes: Record<string, string> = {};
    for (const { name, owner } of await store.volumes(revision.stack))
      if (owner?.service === revision.service && owner.slot === instance.slot) slotVolumes[owner.target] = name;
    const fixed = new Set((await store.networks()).map(({ name }) => name));
    const networks =
      revision.spec.networkMode !== null
        ? []
        : networksInOrder(revision).map(([key, name]) => ({
            ...revision.spec.networks[key],
            ...{ name, aliases: aliasesIn(revision, key), address: fixed.has(name) ? (instance.addresses[name] ?? "none") : null },
          }));
    const { name, slot, attempt, generation } = instance;
    return {
      blueprint: blueprintOf(revision, { name, slot, attempt, generation }, { networks, slotVolumes, files: [...sealed, ...told] }),
      problems,
    };
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

function contentOf(seen: Inspection, instance: EngineInstance, revision: Revision): Difference[] {
  const found: Difference[] = [];
  if (!revision.image.digests.includes(seen.image))
    found.push(
      plain("image", `it runs ${short(seen.image)}, and revision ${revision.number} is ${revision.image.digests.map(short).join(" or ")}`),
    );
  if (instance.instanceHash !== revision.instanceHash)
    found.push(
      plain(
        "configuration",
        `its label names the content ${short(instance.instanceHash)}, and revision ${revision.number} is ${short(revision.instanceHash)}`,
      ),
    );
  for (const { path, expected, found: is } of seen.differences)
    found.push(plain("configuration", `${path}: ${expected ?? "nothing"} was made, ${is ?? "nothing"} is there`));
  for (const { kind, path } of seen.layer) found.push(plain("layer", `${kind} ${path}`));
  for (const { path, at } of seen.imageLayers)
    found.push({ kind: "layer", detail: `${path} of the image was changed on the host's disk`, from: at, to: at });
  return found;
}

const plain = (kind: Difference["kind"], detail: string): Difference => ({ kind, detail, from: null, to: null });
const keyOf = ({ stack, service }: ServiceKey): ServiceKey => ({ stack, service });
