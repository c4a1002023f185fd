import { InstarError } from "../errors.ts";
import { parseReference } from "../lib/reference.ts";
import { type Held, KEPT_REVISIONS, keptRevisions, planPruning } from "../plan/keeping.ts";
import { ownImages } from "../spec/identity.ts";
import type { Revision } from "../spec/types.ts";
import type { Deps } from "./actions.ts";
import type { ServiceKey } from "./control.ts";
import type { ImageControl, RevisionImage } from "./image-control.ts";
import { type Keepsakes, madeHere } from "./keepsakes.ts";
import type { EngineInstance } from "./ports.ts";
import type { Registries } from "./registry-port.ts";
import type { ServiceRow } from "./store.ts";

interface Parts extends Deps {
  readonly registries: Registries;
  readonly keepsakes: Keepsakes;
}

interface Shelf {
  readonly row: ServiceRow;
  readonly revisions: readonly Revision[];
  readonly kept: ReadonlySet<number>;
}

/** Which revisions' images can still be had, and letting go of the others. */
export class ImageDesk implements ImageControl {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  list: ImageControl["list"] = async ({ stack, service }) => {
    const shelves = (await this.#shelves(stack)).filter(({ row }) => !row.removed && (service === undefined || row.service === service));
    const found: RevisionImage[] = [];
    for (const { row, revisions, kept } of shelves)
      found.push(
        ...(await Promise.all(
          revisions.map(async ({ number, image }) => ({
            ...{ stack: row.stack, service: row.service, revision: number },
            ...{ current: number === row.target, kept: kept.has(number), reference: image.reference, digest: image.shown },
            ...(await this.#restorable(image)),
          })),
        )),
      );
    return found;
  };

  async #restorable(image: Revision["image"]): Promise<Pick<RevisionImage, "state" | "saved" | "detail">> {
    const { engine, saved, registries } = this.#parts;
    const here = await saved.has(image);
    if (await engine.hasImage(image)) return { state: "present", saved: here, detail: null };
    if (here) return { state: "saved", saved: true, detail: null };
    const reference = parseReference(image.runnable);
    if (madeHere(image) || reference === null || reference.digest === null)
      return { state: "gone", saved: false, detail: "it was made here and not saved" };
    try {
      const head = await registries.head(reference, reference.digest);
      return head === null
        ? { state: "gone", saved: false, detail: `${reference.domain} has it no more` }
        : { state: "pullable", saved: false, detail: null };
    } catch (cause) {
      if (!(cause instanceof InstarError)) throw cause;
      return { state: "unknown", saved: false, detail: `${cause.code} ${cause.message}` };
    }
  }

  async #shelves(stack?: string): Promise<Shelf[]> {
    const { store, engine } = this.#parts;
    const instances = await engine.instances({}, "all");
    const shelves: Shelf[] = [];
    for (const row of await store.services(stack)) shelves.push(await this.#shelf(row, instances));
    return shelves;
  }

  async #shelf(row: ServiceRow, instances: readonly EngineInstance[]): Promise<Shelf> {
    const { store } = this.#parts;
    const key: ServiceKey = { stack: row.stack, service: row.service };
    const [revisions, deployments] = await Promise.all([store.revisions(key), store.deployments(key, 100_000)]);
    const running = deployments.filter(({ endedAt }) => endedAt === null).flatMap(({ from, to }) => (from === null ? [to] : [from, to]));
    const own = instances.filter((one) => one.stack === row.stack && one.service === row.service).map(({ revision }) => revision);
    const kept = keptRevisions({
      keep: revisions.find(({ number }) => number === row.target)?.spec.keep ?? KEPT_REVISIONS,
      removed: row.removed,
      target: row.target,
      stable: row.stable,
      inUse: [...running, ...own],
      revisions: revisions.map(({ number }) => number),
      succeeded: new Set(deployments.filter(({ outcome }) => outcome === "succeeded").map(({ to }) => to)),
    });
    return { row, revisions, kept };
  }

  prune: ImageControl["prune"] = async ({ dryRun, who }) => {
    const { engine, saved, store, clock, keepsakes } = this.#parts;
    const table: Held[] = (await this.#shelves()).flatMap(({ revisions, kept }) =>
      revisions.flatMap(({ number, image, spec }) =>
        [image, ...ownImages(spec)].map(({ digests, runnable, reference }) => ({
          ...{ digests, kept: kept.has(number) },
          names: [...new Set([runnable, reference])],
        })),
      ),
    );
    const plan = planPruning(table, new Set(await store.pulls()), await saved.list());
    if (dryRun) return { removed: plan.names.map(({ name }) => name), inUse: [], unsaved: plan.saved, bytes: 0 };
    const removed: string[] = [];
    const inUse: string[] = [];
    for (const { name, digests } of plan.names) {
      const image = { reference: name, digests, runnable: name, shown: name };
      const outcome = await engine.removeImage(name, image);
      if (outcome === "kept") inUse.push(name);
      else await store.dropPull(name);
      if (outcome === "removed") removed.push(name);
    }
    let bytes = 0;
    for (const id of plan.saved) bytes += await saved.remove(id);
    keepsakes.lookAgain();
    if (removed.length + plan.saved.length > 0) {
      const message = `${who} let go of ${removed.length} names of images and ${plan.saved.length} saved ones that no revision needs`;
      await store.addEvent(clock.now(), { kind: "images.pruned", message });
    }
    return { removed, inUse, unsaved: plan.saved, bytes };
  };
}
