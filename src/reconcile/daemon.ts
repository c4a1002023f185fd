import type { Revision } from "../spec/types.ts";
import * as actions from "./actions.ts";
import { Announcer } from "./announcer.ts";
import { carriedServices } from "./carried.ts";
import type { Control, ServiceKey } from "./control.ts";
import { Desk, type Office } from "./desk.ts";
import { Glance } from "./glance.ts";
import { Loop } from "./loop.ts";
import { type Hands, primaryAddress, revisionOrNull } from "./perform.ts";
import type { Clock, Engine, EngineEvent, FileStore, Instant, Prober, Router } from "./ports.ts";
import { Readiness } from "./readiness.ts";
import { Routing } from "./routing.ts";
import type { Snapshots } from "./snapshots.ts";
import type { Store } from "./store.ts";
import { VolumeDesk } from "./volume-desk.ts";
import { VolumeLocks } from "./volume-locks.ts";
import { scene } from "./watch.ts";

export interface DaemonParts {
  readonly engine: Engine;
  readonly router: Router;
  readonly store: Store;
  readonly files: FileStore;
  readonly prober: Prober;
  readonly snapshots: Snapshots;
  readonly clock: Clock;
  readonly pool: string;
  readonly httpPort: number;
  readonly fault: (when: "before" | "after") => void;
  readonly report: (message: string, error: unknown) => void;
}

const LOOK_EVERY_MS = 10_000;
const REPAIR_EVERY_MS = 3_000;

/** Everything together: the loop, the event watch, and the desk that answers the API. */
export class Daemon {
  readonly control: Control;
  readonly #parts: DaemonParts;
  readonly #routing: Routing;
  readonly #readiness: Readiness;
  readonly #loop: Loop;
  readonly #glance: Glance;
  readonly #announcer: Announcer;
  readonly #volumes: VolumeDesk;
  readonly #office: Office;
  readonly #revisions = new Map<string, Revision>();
  readonly #stop = new AbortController();
  #background: Promise<unknown> = Promise.resolve();
  #engineStartedAt: Instant | null = null;

  constructor(parts: DaemonParts) {
    this.#parts = parts;
    const { engine, router, store, files, clock, prober, pool, httpPort, snapshots } = parts;
    const locks = new VolumeLocks();
    this.#volumes = new VolumeDesk({ engine, store, clock, snapshots, locks });
    this.#routing = new Routing(router, httpPort);
    this.#glance = new Glance(engine, router, clock);
    this.#announcer = new Announcer(store, clock);
    this.#readiness = new Readiness(prober, clock, (i) => this.#loop.look(i));
    const hands: Hands = {
      engine,
      router,
      routing: this.#routing,
      store,
      files,
      clock,
      engineStartedAt: () => this.#engineStartedAt,
      reserved: new Set(),
      lastGiven: new Map(),
      recompose: () => this.#changed([]),
      look: (key) => this.#loop.look(key),
      volumes: locks,
      contents: this.#volumes,
      revision: (key, n) => this.#revision(key, n),
    };
    this.#loop = new Loop(hands, this.#readiness, {
      moved: (key) => this.#moved(key),
      settled: (key) => this.#settled(key),
      error: (key, error) => parts.report(key.service === "" ? "loop" : `${key.stack}/${key.service}`, error),
      fault: parts.fault,
    });
    this.#office = {
      store,
      files,
      engine,
      router,
      clock,
      pool,
      httpPort,
      readiness: this.#readiness,
      engineStartedAt: () => this.#engineStartedAt,
      glance: this.#glance,
      changed: (keys) => this.#changed(keys),
      subscribe: (listener) => this.#announcer.subscribe(listener),
      eventToStepMs: this.#loop.eventToStepMs,
      volumes: this.#volumes,
    };
    this.control = new Desk(this.#office);
  }

  /** Takes the world as it is: router first (so that a table exists), then every service is looked at. */
  async open(): Promise<void> {
    const { router, engine, store } = this.#parts;
    await this.#announcer.open();
    this.#engineStartedAt = (await engine.ping()).startedAt;
    await this.#volumes.open();
    await router.ensure();
    await this.#restore(await router.observe(), new Map((await engine.instances()).map((i) => [i.name, i])));
    await this.#compose();
    await this.#routing.apply();
    for (const row of await store.services()) this.#loop.look(row);
    for (const { stack, state, who } of await store.adoptions())
      if (state === "undoing") this.#guard("adoption", this.control.undoAdoption(stack, who));
    this.#background = Promise.all([
      this.#watch(),
      this.#every(LOOK_EVERY_MS, () => this.#lookAtAll()),
      this.#every(REPAIR_EVERY_MS, () => this.#repair()),
    ]);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#volumes.close();
    await this.#loop.close();
    this.#readiness.close();
    await this.#background;
  }

  async #restore(
    routed: readonly { name: string; state: "ready" | "drain" | "maint"; weight: number }[],
    instances: ReadonlyMap<string, Awaited<ReturnType<Engine["instances"]>>[number]>,
  ): Promise<void> {
    for (const server of routed) {
      const instance = instances.get(server.name);
      if (instance === undefined) continue;
      const revision = await revisionOrNull({ revision: (key, n) => this.#revision(key, n) }, instance, instance.revision);
      if (revision === null) continue;
      const address = primaryAddress(instance, revision);
      // An instance that died while nobody looked leaves the rotation; the pass decides what becomes of it.
      const state = instance.state === "running" ? server.state : "maint";
      if (address !== null)
        this.#routing.restore({
          name: server.name,
          stack: instance.stack,
          service: instance.service,
          address,
          state,
          weight: server.weight,
          revision: instance.revision,
          instanceHash: instance.instanceHash,
          spec: revision.spec,
        });
    }
  }

  async #compose(): Promise<void> {
    const { store, engine } = this.#parts;
    this.#routing.setServices(await carriedServices(store, engine, (key, n) => this.#revision(key, n)));
  }

  async #changed(keys: readonly ServiceKey[]): Promise<void> {
    for (const key of keys)
      await this.#loop
        .quicken(key, (row, seen, busy) => scene(this.#office, row, seen.instances, seen.routed, busy))
        .catch((error: unknown) => this.#parts.report(`${key.stack}/${key.service}`, error));
    await this.#compose();
    await this.#routing.apply();
    for (const key of keys) {
      this.#loop.look(key);
      this.#moved(key);
    }
  }

  async #settled(key: ServiceKey): Promise<void> {
    await this.#changed([]);
    for (const row of await this.#parts.store.services(key.stack)) this.#loop.look(row);
    this.#moved(key);
  }

  async #watch(): Promise<void> {
    for await (const event of this.#parts.engine.events(this.#stop.signal)) {
      if (event.kind === "resync") await this.#resync();
      else this.#heard(event);
    }
  }

  /** The stream was broken, perhaps because the engine is another process now. */
  async #resync(): Promise<void> {
    this.#engineStartedAt = (await this.#parts.engine.ping()).startedAt;
    await this.#lookAtAll();
  }

  #heard(event: EngineEvent): void {
    const stack = event.labels["dev.instar.stack"];
    const service = event.labels["dev.instar.service"];
    this.#glance.forget();
    if (event.kind !== "container" || stack === undefined || service === undefined) return;
    if (event.labels["dev.instar.installation"] !== this.#parts.store.installation) return;
    if (event.action.startsWith("exec_")) return;
    if (event.action === "die" || event.action === "kill")
      this.#guard(
        "router",
        this.#routing
          .died(event.name)
          .catch((error: unknown) => this.#parts.report(`${event.name} could not be taken out of the router`, error)),
      );
    this.#loop.look({ stack, service }, event.action === "die");
    // What depends on this service may go on now.
    if (event.action === "die" || event.action === "start") this.#guard("dependents", this.#lookAtStack(stack));
    this.#moved({ stack, service });
  }

  async #lookAtStack(stack: string): Promise<void> {
    for (const row of await this.#parts.store.services(stack)) if (row.deployment !== null) this.#loop.look(row);
  }

  async #lookAtAll(): Promise<void> {
    for (const row of await this.#parts.store.services()) this.#loop.look(row);
  }

  /** Reads back what HAProxy really has; a router that is gone is started again. */
  async #repair(): Promise<void> {
    await this.#parts.router.ensure();
    const mended = await this.#parts.router.repair();
    if (mended > 0)
      await this.#parts.store.addEvent(this.#parts.clock.now(), {
        kind: "router.repaired",
        message: `${mended} differences between the router and its table were mended`,
      });
  }

  async #every(ms: number, work: () => Promise<void>): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#pause(ms);
      if (this.#stop.signal.aborted) return;
      await work().catch((error: unknown) => this.#parts.report("background", error));
    }
  }

  /** Until the time has passed or the daemon closes. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const over = (): void => {
        cancel();
        this.#stop.signal.removeEventListener("abort", over);
        resolve();
      };
      const cancel = this.#parts.clock.after(ms, over);
      this.#stop.signal.addEventListener("abort", over);
    });
  }

  #guard(what: string, work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#parts.report(what, error));
  }

  async #revision(key: ServiceKey, number: number): Promise<Revision> {
    const name = `${key.stack}/${key.service}@${number}`;
    const found = this.#revisions.get(name) ?? (await actions.revisionOf(this.#parts.store, key, number));
    this.#revisions.set(name, found);
    return found;
  }

  #moved(key: ServiceKey): void {
    this.#glance.forget();
    this.#guard("events", this.#announcer.moved(key));
  }
}
