import { hashOf } from "../lib/hash.ts";
import { type ContextFacts, inWords, renderContext, renderEtc } from "../plan/context.ts";
import { asksForPort, type ContextSpec, contextIdentity, peersIn, portOf, portsIn } from "../spec/context.ts";
import type { EtcTexts } from "../spec/context-etc.ts";
import type { Revision, ServiceSpec } from "../spec/types.ts";
import { contextMounts, EtcKeeper, INTACT, type Mended, mendingInWords, ownInstanceName } from "./context-etc.ts";
import type { ContextFiles } from "./context-files.ts";
import { portsFor } from "./context-ports.ts";
import type { ContextRow } from "./context-store.ts";
import { type Holder, Telling } from "./context-telling.ts";
import type { ServiceKey } from "./control.ts";
import type { Clock, Engine, EngineInstance } from "./ports.ts";
import { serviceName } from "./service-name.ts";
import type { Store } from "./store.ts";

/** What a pass of the loop saw of one service. */
export interface Sighting {
  readonly key: ServiceKey;
  /** `performance.now()` when its look began. */
  readonly began: number;
  /** The one wanted. */
  readonly revision: Revision;
  /** Whether instances of it are wanted. */
  readonly wanted: boolean;
  readonly instances: readonly EngineInstance[];
  readonly revisions: ReadonlyMap<number, Revision>;
  /** Names of those that take traffic. */
  readonly serving: ReadonlySet<string>;
  /** False while a probe is still to answer for what may have been serving before this daemon began. */
  readonly certain: boolean;
}

export interface ContextParts {
  readonly store: Store;
  readonly engine: Pick<Engine, "signal">;
  readonly files: ContextFiles;
  readonly clock: Clock;
  readonly report: (message: string, error: unknown) => void;
  /** Fresh instances of a service whose context is another since `row.at`, under `on_change: replace`. */
  readonly replace: (key: ServiceKey, row: ContextRow, peers: readonly string[]) => Promise<void>;
}

interface Seat {
  readonly key: ServiceKey;
  revision: Revision;
  wanted: boolean;
  /** null: not known since this daemon began; nothing that names it is rendered. */
  peers: readonly Serving[] | null;
  holders: readonly Holder[];
}

type Serving = Pick<EngineInstance, "name" | "slot" | "revision" | "addresses"> & { readonly port: number | null };
type Files = Readonly<Record<string, string>>;

/** A context that is mounted, or about to be. */
interface Rendering {
  readonly key: ServiceKey;
  readonly context: ContextSpec;
  readonly identity: string;
  readonly place: string;
  /** As they stand on disk; null until this daemon has looked. */
  files: Files | null;
  row: ContextRow | null;
  unwatch: () => void;
  /** null where neither hosts nor resolv.conf is managed. */
  readonly etc: EtcKeeper | null;
  /** Instances that read what no name leads to any more: they are replaced, whatever `on_change` says. */
  readonly lost: Set<string>;
}

/**
 * Keeps the files equal to what their templates say of the world: rendered when a peer comes or goes, put back when somebody
 * edited them, and told to the instances that mount them. All it changes is declared (law 7) and in the event log.
 */
export class ContextDesk {
  readonly #parts: ContextParts;
  readonly #seats = new Map<string, Seat>();
  readonly #renderings = new Map<string, Rendering>();
  readonly #rows = new Map<string, ContextRow>();
  /** Name → when it died or began to be stopped; a pass that looked before that does not bring it back. */
  readonly #gone = new Map<string, number>();
  readonly #telling: Telling;
  readonly #queue = new Map<string, Promise<void>>();
  #closed = false;

  constructor(parts: ContextParts) {
    this.#parts = parts;
    this.#telling = new Telling(parts);
  }

  async open(): Promise<void> {
    for (const row of await this.#parts.store.contexts()) this.#rows.set(idOf(row, row.identity), row);
    await this.#telling.open();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { unwatch, etc } of this.#renderings.values()) {
      unwatch();
      etc?.close();
    }
    await Promise.all(this.#queue.values());
  }

  /** What an instance of a revision mounts of its context, with its files there; empty when it has none. For a create. Raises INS6003. */
  async mounts(revision: Revision, instance: string): Promise<readonly { readonly source: string; readonly target: string }[]> {
    const { context } = revision.spec;
    if (context === undefined) return [];
    const rendering = this.#rendering(revision, context);
    rendering.etc?.await(instance, revision.spec);
    await this.#enqueue(rendering, () => this.#render(rendering, true));
    return contextMounts(this.#parts.files, revision, instance);
  }

  /** Its hosts file holds its own name from its first moment. Raises INS6003. */
  async starting(revision: Revision, instance: EngineInstance): Promise<void> {
    const { context } = revision.spec;
    if (context?.etc === undefined) return;
    const rendering = this.#rendering(revision, context);
    rendering.etc?.hold(revision, instance);
    await this.#enqueue(rendering, () => this.#render(rendering, true));
  }

  /** A pass has looked: peers come and go here, and instances that became ready are told what they missed. */
  see({ key, began, revision, wanted, instances, revisions, serving, certain }: Sighting): void {
    const seat: Seat = this.#seats.get(serviceName(key)) ?? { key: keyOf(key), revision, wanted, peers: null, holders: [] };
    if (seat.revision.number !== revision.number) for (const rendering of this.#readersOf(key, portsIn)) this.#due(rendering);
    this.#seats.set(serviceName(key), Object.assign(seat, { revision, wanted }));
    const specOf = (one: EngineInstance): ServiceSpec => revisions.get(one.revision)?.spec ?? revision.spec;
    seat.holders = instances.flatMap((one): Holder[] => {
      const { context } = specOf(one);
      if (context === undefined) return [];
      const { identity, etc } = this.#rendering(key, context);
      etc?.hold(revisions.get(one.revision) ?? revision, one);
      // How it is told is the wanted revision's to say: changing that alone makes no new instances.
      const onChange = revision.spec.context?.onChange ?? context.onChange;
      return [
        {
          id: one.id,
          name: one.name,
          own: ownInstanceName(one),
          identity,
          startedAt: one.startedAt,
          ready: serving.has(one.name),
          onChange,
        },
      ];
    });
    // One made before its file named a port listens where those after it do.
    const usual = portOf(revision.spec);
    if (certain || seat.peers !== null)
      this.#setPeers(
        seat,
        instances
          .filter(({ name }) => serving.has(name) && (this.#gone.get(name) ?? 0) < began)
          .map((one) => ({
            name: one.name,
            slot: one.slot,
            revision: one.revision,
            addresses: one.addresses,
            port: portOf(specOf(one)) ?? usual,
          }))
          .sort((a, b) => a.slot - b.slot || (a.name < b.name ? -1 : 1)),
      );
    for (const { name } of instances) if ((this.#gone.get(name) ?? began) < began) this.#gone.delete(name);
    for (const rendering of this.#renderings.values()) if (serviceName(rendering.key) === serviceName(key)) this.#due(rendering);
  }

  /** It died: peers hear of it before any pass has looked. */
  died(key: ServiceKey, name: string): void {
    this.#gone.set(name, performance.now());
    const seat = this.#seats.get(serviceName(key));
    const without = seat?.peers?.filter((peer) => peer.name !== name);
    if (seat !== undefined && without !== undefined) this.#setPeers(seat, without);
  }

  /** Resolves when no context names it any more and whoever reads one was told: before it is stopped. Never raises. */
  async leave(key: ServiceKey, name: string): Promise<void> {
    this.died(key, name);
    await Promise.all(this.#readersOf(key, peersIn).map((one) => this.#queue.get(idOf(one.key, one.identity))));
  }

  /** What a watch of the files would not have told, and what nobody mounts any more. */
  async inspect(): Promise<void> {
    const used = new Set<string>();
    for (const { key, wanted, revision, holders } of this.#seats.values()) {
      for (const { identity } of holders) used.add(idOf(key, identity));
      const { context } = revision.spec;
      if (wanted && context !== undefined) used.add(idOf(key, hashOf(contextIdentity(context))));
    }
    for (const [id, rendering] of this.#renderings) {
      if (used.has(id)) await this.#enqueue(rendering, () => this.#mendAndTidy(rendering));
      else if (this.#seats.has(serviceName(rendering.key)) && !this.#queue.has(id)) await this.#drop(id, rendering);
    }
    const holders = new Set([...this.#seats.values()].flatMap((seat) => seat.holders.map(({ id }) => id)));
    const told = await this.#parts.store.told();
    await this.#telling.forget(
      new Set(told.filter((one) => this.#seats.has(serviceName(one)) && !holders.has(one.id)).map(({ id }) => id)),
    );
  }

  async #drop(id: string, rendering: Rendering): Promise<void> {
    rendering.unwatch();
    this.#renderings.delete(id);
    this.#rows.delete(id);
    await rendering.etc?.remove();
    await this.#parts.store.dropContext({ ...rendering.key, identity: rendering.identity });
    await this.#parts.files.remove(rendering.place);
  }

  /** @param named the services that a context names, in one way or the other */
  #readersOf({ stack, service }: ServiceKey, named: (context: ContextSpec) => readonly string[]): Rendering[] {
    return [...this.#renderings.values()].filter(({ key, context }) => key.stack === stack && named(context).includes(service));
  }

  #setPeers(seat: Seat, peers: readonly Serving[]): void {
    const before = seat.peers;
    seat.peers = peers;
    const readers = this.#readersOf(seat.key, peersIn);
    // Most services are nobody's peer, and every pass comes by here.
    if (readers.length === 0 || (before !== null && hashOf(before) === hashOf(peers))) return;
    for (const rendering of readers) this.#due(rendering);
  }

  #rendering(of: ServiceKey, context: ContextSpec): Rendering {
    const identity = hashOf(contextIdentity(context));
    const key = keyOf(of);
    const id = idOf(key, identity);
    const found = this.#renderings.get(id);
    if (found !== undefined) return found;
    const place = this.#parts.files.place(key, identity);
    const etc: EtcKeeper | null =
      context.etc === undefined ? null : new EtcKeeper(this.#parts.files.inPlace, key, identity, () => touched());
    const made: Rendering = {
      ...{ key, context, identity, place, etc, files: null, row: this.#rows.get(id) ?? null },
      ...{ unwatch: () => undefined, lost: new Set<string>() },
    };
    const touched = this.#oncePerLook(made);
    this.#renderings.set(id, made);
    return made;
  }

  #due(rendering: Rendering): void {
    this.#enqueue(rendering, () => this.#render(rendering, false)).catch((error: unknown) =>
      this.#parts.report(`the context of ${serviceName(rendering.key)}`, error),
    );
  }

  /** One at a time for each context. */
  #enqueue(rendering: Rendering, work: () => Promise<void>): Promise<void> {
    const id = idOf(rendering.key, rendering.identity);
    const turn = (this.#queue.get(id) ?? Promise.resolve()).then(() => (this.#closed ? undefined : work()));
    const settled: Promise<void> = turn
      .catch(() => undefined)
      .finally(() => {
        if (this.#queue.get(id) === settled) this.#queue.delete(id);
      });
    this.#queue.set(id, settled);
    return turn;
  }

  /** @param needed an instance is about to mount it: peers that are not known yet are taken to be none, if nothing was rendered before */
  async #render(rendering: Rendering, needed: boolean): Promise<void> {
    const { store, clock, files: disk } = this.#parts;
    const facts = await this.#facts(rendering, needed && rendering.row === null);
    if (facts === null) {
      // Before the peers are known again: as they were when the last daemon ended.
      if (needed && rendering.row?.etc !== undefined) await this.#writeEtc(rendering, rendering.row.etc, true);
      return;
    }
    const [files, etc] = [renderContext(rendering.context, facts), renderEtc(rendering.context, facts)];
    const version = rendering.etc === null ? hashOf(files) : hashOf({ files, etc });
    let lost: readonly string[] = [];
    const same = rendering.row?.version === version;
    if (rendering.context.target !== undefined && (rendering.files === null || hashOf(rendering.files) !== hashOf(files))) {
      const asBefore = rendering.files === null && same;
      if (!asBefore || (await disk.differences(rendering.place, files)).length > 0) lost = await this.#put(rendering, files);
      else this.#watch(rendering);
    }
    rendering.files = files;
    await this.#writeEtc(rendering, etc, same, lost);
    if (rendering.row?.version !== version) {
      const own = rendering.etc === null ? {} : { etc };
      const row: ContextRow = { ...rendering.key, identity: rendering.identity, version, at: clock.now(), ...own };
      rendering.row = row;
      this.#rows.set(idOf(row, row.identity), row);
      await store.write(async (within) => {
        await within.putContext(row);
        await within.addEvent(row.at, {
          kind: "context.rendered",
          ...rendering.key,
          message: `the context of ${serviceName(rendering.key)}: ${inWords(facts)}`,
        });
      });
    }
    await this.#tell(rendering, rendering.row, facts);
  }

  async #tell(rendering: Rendering, row: ContextRow, facts: ContextFacts): Promise<void> {
    const holders = this.#holders(rendering);
    const stale = this.#telling.stale(row, holders);
    if (stale.length > 0) await this.#telling.signal(rendering.key, row, stale, inWords(facts));
    const blind = holders.some(({ own, ready }) => ready && rendering.lost.has(own));
    if (blind || stale.some(({ onChange }) => onChange.kind === "replace"))
      await this.#parts.replace(rendering.key, row, peersIn(rendering.context));
  }

  async #writeEtc(rendering: Rendering, said: EtcTexts, asBefore: boolean, lost: readonly string[] = []): Promise<void> {
    const own = (await rendering.etc?.write(said, asBefore)) ?? INTACT;
    await this.#mended(rendering, { edits: own.edits, lost: [...lost, ...own.lost] });
  }

  /** Names of those who mount a directory that is gone, and see nothing of this one. */
  async #put(rendering: Rendering, files: Files): Promise<readonly string[]> {
    const anew = await this.#parts.files.put(rendering.place, files);
    this.#watch(rendering);
    return anew ? this.#holders(rendering).flatMap(({ own, startedAt }) => (startedAt === null ? [] : [own])) : [];
  }

  #holders({ key, identity }: Rendering): readonly Holder[] {
    return (this.#seats.get(serviceName(key))?.holders ?? []).filter((one) => one.identity === identity);
  }

  /** The set of files that is current is another after each change. A touch that came before this watch, and after the look, is looked for. */
  #watch(rendering: Rendering): void {
    const touched = this.#oncePerLook(rendering);
    rendering.unwatch();
    rendering.unwatch = this.#parts.files.watch(rendering.place, touched);
    touched();
  }

  /** To be called at each touch: one look answers for all that come before it. */
  #oncePerLook(rendering: Rendering): () => void {
    let pending = false;
    return () => {
      if (pending || this.#closed) return;
      pending = true;
      const look = async (): Promise<void> => {
        pending = false;
        await this.#mend(rendering);
      };
      this.#enqueue(rendering, look).catch((error: unknown) => this.#parts.report(`the context of ${serviceName(rendering.key)}`, error));
    };
  }

  /** A hand edit is put back, and said. */
  async #mend(rendering: Rendering): Promise<void> {
    const { files, context, place, etc } = rendering;
    const edits = files === null || context.target === undefined ? [] : await this.#parts.files.differences(place, files);
    const lost = files !== null && edits.length > 0 ? await this.#put(rendering, files) : [];
    const own = (await etc?.mend()) ?? INTACT;
    await this.#mended(rendering, { edits: [...edits, ...own.edits], lost: [...lost, ...own.lost] });
  }

  async #mendAndTidy(rendering: Rendering): Promise<void> {
    await this.#mend(rendering);
    await rendering.etc?.tidy(new Set(this.#holders(rendering).map(({ own }) => own)));
  }

  async #mended(rendering: Rendering, { edits, lost }: Mended): Promise<void> {
    if (edits.length === 0 && lost.length === 0) return;
    for (const name of lost) rendering.lost.add(name);
    const message = `managed files of ${serviceName(rendering.key)} ${mendingInWords(edits, [...new Set(lost)])}`;
    await this.#parts.store.addEvent(this.#parts.clock.now(), { kind: "context.mended", ...rendering.key, message });
    if (lost.length > 0) this.#due(rendering);
  }

  /** null while a service that it names has not been looked at. */
  async #facts({ key, context }: Rendering, unknownIsNone: boolean): Promise<ContextFacts | null> {
    const own = this.#seats.get(serviceName(key))?.revision.networkNames ?? {};
    // A revision of before the port was named, and wanted again: nobody can be sent to it.
    const asksPort = asksForPort(context);
    const peers: Record<string, ContextFacts["peers"][string]> = {};
    for (const service of peersIn(context)) {
      const seat = this.#seats.get(serviceName({ stack: key.stack, service }));
      if (seat?.peers == null && !unknownIsNone) return null;
      peers[service] = (seat?.peers ?? []).flatMap(({ addresses, name, port, slot, revision }) => {
        const address = reachable(addresses, own);
        return address === null || (port === null && asksPort) ? [] : [{ name, address, port, slot, revision }];
      });
    }
    return { ...key, peers, ports: await portsFor(context, key.stack, this.#parts.store) };
  }
}

/** On the first network that both are on, by name; a service on the host's network reaches any. */
function reachable(addresses: Readonly<Record<string, string>>, own: Readonly<Record<string, string>>): string | null {
  const shared = new Set(Object.values(own));
  const network = Object.keys(addresses)
    .sort()
    .find((name) => shared.size === 0 || shared.has(name));
  return network === undefined ? null : (addresses[network] ?? null);
}

const keyOf = ({ stack, service }: ServiceKey): ServiceKey => ({ stack, service });
const idOf = (key: ServiceKey, identity: string): string => `${serviceName(key)}/${identity}`;
