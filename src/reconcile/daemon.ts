import { verdictOf } from "../plan/drift.ts";
import type { Deps } from "./actions.ts";
import { Announcer } from "./announcer.ts";
import { Autoredeploy } from "./autoredeploy.ts";
import { carriedServices } from "./carried.ts";
import { ContextDesk } from "./context.ts";
import { replacing } from "./context-replacing.ts";
import type { Control, ServiceKey } from "./control.ts";
import type { DaemonParts } from "./daemon-parts.ts";
import { Desk, type Office } from "./desk.ts";
import { knownOf } from "./drift-desk.ts";
import type { DriftHeal } from "./drift-heal.ts";
import { DriftLooks } from "./drift-looks.ts";
import { DriftWatch } from "./drift-watch.ts";
import { Ends } from "./ends.ts";
import { Freezer } from "./freezing.ts";
import { Glance } from "./glance.ts";
import { Herald } from "./herald.ts";
import { ImageDesk } from "./image-desk.ts";
import { serviceOfLabel } from "./jobs.ts";
import { Keepsakes } from "./keepsakes.ts";
import { Loop } from "./loop.ts";
import { type Hands, primaryAddress, revisionOrNull } from "./perform.ts";
import type { Engine, EngineEvent, Instant } from "./ports.ts";
import { Readiness } from "./readiness.ts";
import { Revisions } from "./revisions.ts";
import { Routing } from "./routing.ts";
import { forgetUnbegun } from "./unbegun.ts";
import { VolumeDesk } from "./volume-desk.ts";
import { VolumeLocks } from "./volume-locks.ts";
import { Waits } from "./waits.ts";
import { scene } from "./watch.ts";

const LOOK_EVERY_MS = 10_000;
const REPAIR_EVERY_MS = 3_000;
const CLOCK_EVERY_MS = 1_000;
const WATCH_AGAIN_MS = 500;
/** HUP, USR1, USR2, CONT and WINCH mean something to a process, as a rule not its end; if they do, `die` follows. */
const LIVES_ON: ReadonlySet<string> = new Set(["1", "10", "12", "18", "28"]);

/** Everything together: the loop, the event watch, and the desk that answers the API. */
export class Daemon {
  readonly control: Control;
  readonly #healing: DriftHeal;
  readonly #parts: DaemonParts;
  readonly #routing: Routing;
  readonly #readiness: Readiness;
  readonly #waits: Waits;
  readonly #loop: Loop;
  readonly #glance: Glance;
  readonly #announcer: Announcer;
  readonly #volumes: VolumeDesk;
  readonly #herald: Herald;
  readonly #context: ContextDesk;
  readonly #drift: DriftWatch;
  readonly #looks: DriftLooks;
  readonly #desk: Desk;
  readonly #autoredeploy: Autoredeploy;
  readonly #keepsakes: Keepsakes;
  readonly #office: Office;
  readonly #ends = new Ends();
  readonly #revisions: Revisions;
  readonly #stop = new AbortController();
  #background: Promise<unknown> = Promise.resolve();
  #engineStartedAt: Instant | null = null;

  constructor(parts: DaemonParts) {
    this.#parts = parts;
    const { engine, router, store, files, clock, prober, pool, httpPort, snapshots, saved } = parts;
    const locks = new VolumeLocks();
    this.#revisions = new Revisions(store);
    this.#volumes = new VolumeDesk({ engine, store, clock, snapshots, locks, freezer: new Freezer({ engine, store, clock }) });
    this.#routing = new Routing(router, httpPort, (kind, message) => this.#guard("events", store.addEvent(clock.now(), { kind, message })));
    this.#glance = new Glance(engine, router, clock, () => this.#loop.underWay());
    this.#announcer = new Announcer(store, clock);
    this.#readiness = new Readiness(prober, clock, (i) => this.#loop.look(i));
    this.#waits = new Waits({ store, clock, steps: parts.clockSteps ?? null, readiness: this.#readiness });
    this.#keepsakes = new Keepsakes({ engine, saved, clock, look: (key) => this.#loop.look(key) });
    this.#herald = new Herald(store, parts.hooks, clock, parts.report);
    this.#context = new ContextDesk({
      ...{ store, engine, clock, files: parts.contexts, report: parts.report },
      replace: (key, row, peers) => replace(key, row, peers),
    });
    const hands: Hands = {
      hooks: parts.hooks,
      engine,
      router,
      routing: this.#routing,
      store,
      files,
      clock,
      engineStartedAt: () => this.#engineStartedAt,
      ends: this.#ends,
      reserved: new Set(),
      lastGiven: new Map(),
      recompose: () => this.#changed([]),
      look: (key) => this.#loop.look(key),
      volumes: locks,
      contents: this.#volumes,
      saved,
      keepsakes: this.#keepsakes,
      context: this.#context,
      revision: (key, n) => this.#revisions.of(key, n),
    };
    this.#drift = new DriftWatch({
      engine,
      store,
      clock,
      report: parts.report,
      touched: (key) => this.#drifted(key),
      stirred: (id, action) => this.#looks.stirred(id, action),
      revision: hands.revision,
      // A volume's freeze and thaw (law 1).
      declared: async (execId, instance) => (await store.declaredExecs()).get(execId)?.instance === instance,
    });
    const lookEveryMs = parts.lookEveryMs ?? LOOK_EVERY_MS;
    this.#looks = new DriftLooks({
      ...{ engine, store, clock, files, contexts: parts.contexts },
      watch: this.#drift,
      everyMs: lookEveryMs,
      report: parts.report,
      revision: hands.revision,
      found: (key) => this.#drifted(key),
    });
    this.#loop = new Loop(hands, this.#readiness, {
      moved: (key) => this.#moved(key),
      settled: (key) => this.#settled(key),
      error: (key, error) => parts.report(key.service === "" ? "loop" : `${key.stack}/${key.service}`, error),
      fault: parts.fault,
    });
    const deps: Deps = {
      saved,
      store,
      files,
      engine,
      router,
      clock,
      verifier: parts.verifier,
      pool,
      httpPort,
      changed: (keys) => this.#changed(keys),
    };
    this.#autoredeploy = new Autoredeploy({
      ...deps,
      registries: parts.registries,
      moved: (key) => this.#moved(key),
      report: parts.report,
    });
    const office: Office = {
      ...deps,
      readiness: this.#readiness,
      engineStartedAt: () => this.#engineStartedAt,
      ends: this.#ends,
      glance: this.#glance,
      subscribe: (listener) => this.#announcer.subscribe(listener),
      eventToStepMs: this.#loop.eventToStepMs,
      volumes: this.#volumes,
      autoredeploy: this.#autoredeploy,
      images: new ImageDesk({ ...deps, registries: parts.registries, keepsakes: this.#keepsakes }),
      watch: this.#drift,
      looks: this.#looks,
      verdict: (i, revision, worn) => verdictOf(knownOf(this.#drift, this.#looks.of(i.id), i, revision, worn)).verdict,
      contexts: parts.contexts,
      senders: parts.senders,
    };
    this.#office = office;
    const replace = replacing(office, (key) => this.#loop.look(key));
    this.#desk = new Desk(office);
    this.control = this.#desk;
    this.#healing = this.#desk.healing;
  }

  /** Takes the world as it is: router first (so that a table exists), then every service is looked at. */
  async open(): Promise<void> {
    const { router, engine, store } = this.#parts;
    await this.#announcer.open();
    await this.#herald.open();
    this.#engineStartedAt = (await engine.ping()).startedAt;
    await this.#volumes.open();
    await this.#context.open();
    const since = await this.#drift.open();
    await this.#looks.open();
    await router.ensure();
    const [routed, instances] = [await router.observe(), await engine.instances()];
    // On a full disk it begins all the same: such a drain then has what is left of its limit.
    await forgetUnbegun(store, routed, instances).catch((error: unknown) => this.#parts.report("drains", error));
    await this.#restore(routed, new Map(instances.map((i) => [i.name, i])));
    await this.#compose();
    // What is not in force is tried again at every repair: a daemon that did not begin could not mend it.
    await this.#routing.settled().catch((error: unknown) => this.#parts.report("router", error));
    await this.#waits.open().catch((error: unknown) => this.#parts.report("waits", error));
    for (const row of await store.services()) this.#loop.look(row);
    for (const { stack, state, who } of await store.adoptions())
      if (state === "undoing") this.#guard("adoption", this.control.undoAdoption(stack, who));
    await this.#desk.triggers.open((error) => this.#parts.report("triggers", error));
    await this.#autoredeploy.open();
    this.#background = Promise.all([
      this.#watch(since),
      this.#every(LOOK_EVERY_MS, () => this.#lookAtAll()),
      this.#every(REPAIR_EVERY_MS, () => this.#repair()),
      this.#every(CLOCK_EVERY_MS, () => this.#waits.follow()),
      this.#every(LOOK_EVERY_MS, () => this.#context.inspect()),
    ]);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    // What the engine tells from now on is heard by nobody: the next daemon asks for it, however long the rest takes to end.
    this.#drift.end();
    await this.#desk.triggers.close();
    await this.#volumes.close();
    await this.#autoredeploy.close();
    await this.#keepsakes.close();
    await this.#herald.close();
    await this.#loop.close();
    await this.#context.close();
    this.#readiness.close();
    await this.#background;
    await this.#looks.close();
    await this.#drift.close();
  }

  async #restore(
    routed: readonly { name: string; state: "ready" | "drain" | "maint"; weight: number }[],
    instances: ReadonlyMap<string, Awaited<ReturnType<Engine["instances"]>>[number]>,
  ): Promise<void> {
    for (const server of routed) {
      const instance = instances.get(server.name);
      if (instance === undefined) continue;
      const revision = await revisionOrNull({ revision: (key, n) => this.#revisions.of(key, n) }, instance, instance.revision);
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
    this.#routing.setServices(await carriedServices(store, engine, (key, n) => this.#revisions.of(key, n)));
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
    await this.#autoredeploy.changed(keys);
  }

  async #settled(key: ServiceKey): Promise<void> {
    await this.#changed([]);
    // What waits for it may go on now; nothing else of the stack changes by it.
    this.#loop.look(key);
    await this.#lookAtStack(key.stack);
    this.#moved(key);
    await this.#autoredeploy.changed([key]);
    // What drifted while the deployment ran.
    this.#guard("drift", this.#healing.consider(key));
  }

  /** What ends the stream is told, and the stream begins again: a daemon that hears nothing is worse than one that looks twice. */
  async #watch(since: Instant | undefined): Promise<void> {
    let from = since;
    while (!this.#stop.signal.aborted) {
      let at = this.#parts.clock.now();
      let isRead = from === undefined;
      try {
        for await (const event of this.#parts.engine.events(this.#stop.signal, from)) {
          at = this.#parts.clock.now();
          if (event.kind === "resync") await this.#resync();
          else {
            this.#ends.heard(event);
            this.#drift.heard(event);
            this.#heard(event);
          }
          isRead = true;
        }
      } catch (error) {
        this.#parts.report("watch", error);
        // What the engine told since went with the stream (story 94862): the watch knows, and the next stream begins there;
        // one that is given up before anything of it was read, where it began itself.
        this.#drift.heard({ at, action: "cut", kind: "cut", name: "", labels: {}, exitCode: null });
        if (isRead) from = at;
      }
      if (!this.#stop.signal.aborted) await this.#pause(WATCH_AGAIN_MS);
    }
  }

  /** The stream was broken, perhaps because the engine is another process now. */
  async #resync(): Promise<void> {
    this.#engineStartedAt = (await this.#parts.engine.ping()).startedAt;
    // Beside: what is heard meanwhile waits for it, the loop does not.
    this.#guard("drift", this.#drift.resync());
    await this.#lookAtAll();
  }

  #heard(event: EngineEvent): void {
    const stack = event.labels["dev.instar.stack"];
    const label = event.labels["dev.instar.service"];
    if (event.action.startsWith("exec_")) return;
    this.#glance.forget();
    if (event.kind !== "container" || stack === undefined || label === undefined) return;
    const service = serviceOfLabel(label);
    if (event.labels["dev.instar.installation"] !== this.#parts.store.installation) return;
    if (event.action === "die") this.#context.died({ stack, service }, event.name);
    if (event.action === "die" || (event.action === "kill" && !LIVES_ON.has(event.detail ?? "")))
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
    this.#revisions.age();
    for (const row of await this.#parts.store.services()) {
      this.#loop.look(row);
      this.#guard("drift", this.#healing.consider(row));
    }
  }

  /** Reads back what HAProxy really has; a router that is gone is started again. */
  async #repair(): Promise<void> {
    if (await this.#parts.router.ensure()) await this.#routing.apply();
    await this.#routing.retry();
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

  /** Seen at once by who watches; under `enforce` it is replaced. */
  #drifted(key: ServiceKey): void {
    this.#guard("events", this.#announcer.moved(key));
    this.#guard("drift", this.#healing.consider(key));
  }

  #moved(key: ServiceKey): void {
    this.#glance.forget();
    this.#herald.heard();
    this.#guard("events", this.#announcer.moved(key));
  }
}
