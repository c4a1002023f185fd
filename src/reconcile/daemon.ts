import { InstarError } from "../errors.ts";
import { diffSpecs } from "../spec/diff.ts";
import type { Revision } from "../spec/types.ts";
import * as actions from "./actions.ts";
import { Announcer } from "./announcer.ts";
import { carriedServices } from "./carried.ts";
import type { Control, DeploymentView, EventView, ServiceKey } from "./control.ts";
import { goBack, viewDeployment } from "./deployment.ts";
import { doctor } from "./doctor.ts";
import { down } from "./down.ts";
import { Glance } from "./glance.ts";
import { Loop } from "./loop.ts";
import { addressOf, type Hands } from "./perform.ts";
import type { Clock, Engine, EngineEvent, Instant, Prober, Router } from "./ports.ts";
import { Readiness } from "./readiness.ts";
import { Routing } from "./routing.ts";
import type { DeploymentRow, ServiceRow, Store } from "./store.ts";
import { viewRevision } from "./views.ts";
import { type Lookout, listInstances, listServices, planUp } from "./watch.ts";

export interface DaemonParts {
  readonly engine: Engine;
  readonly router: Router;
  readonly store: Store;
  readonly prober: Prober;
  readonly clock: Clock;
  readonly pool: string;
  readonly httpPort: number;
  readonly fault: (when: "before" | "after") => void;
  readonly report: (message: string, error: unknown) => void;
}

const LOOK_EVERY_MS = 10_000;
const REPAIR_EVERY_MS = 3_000;

/** Everything together: the loop, the event watch, and what the API may ask. */
export class Daemon implements Control {
  readonly #parts: DaemonParts;
  readonly #routing: Routing;
  readonly #readiness: Readiness;
  readonly #loop: Loop;
  readonly #lookout: Lookout;
  readonly #glance: Glance;
  readonly #announcer: Announcer;
  readonly #revisions = new Map<string, Revision>();
  readonly #stop = new AbortController();
  #background: Promise<unknown> = Promise.resolve();
  #engineStartedAt: Instant | null = null;

  constructor(parts: DaemonParts) {
    this.#parts = parts;
    const { engine, router, store, clock, prober, pool, httpPort } = parts;
    this.#routing = new Routing(router, httpPort);
    this.#glance = new Glance(engine, router, clock);
    this.#announcer = new Announcer(store, clock);
    this.#readiness = new Readiness(prober, clock, (i) => this.#loop.look(i));
    const hands: Hands = {
      engine,
      router,
      routing: this.#routing,
      store,
      clock,
      engineStartedAt: () => this.#engineStartedAt,
      reserved: new Set(),
      lastGiven: new Map(),
      revision: (key, n) => this.#revision(key, n),
    };
    this.#loop = new Loop(hands, this.#readiness, {
      moved: (key) => this.#moved(key),
      settled: (key) => this.#settled(key),
      error: (key, error) => parts.report(key.service === "" ? "loop" : `${key.stack}/${key.service}`, error),
      fault: parts.fault,
    });
    this.#lookout = {
      store,
      engine,
      router,
      clock,
      pool,
      httpPort,
      readiness: this.#readiness,
      engineStartedAt: () => this.#engineStartedAt,
      glance: this.#glance,
      changed: (keys) => this.#changed(keys),
    };
  }

  /** Takes the world as it is: router first (so that a table exists), then every service is looked at. */
  async open(): Promise<void> {
    const { router, engine, store } = this.#parts;
    await this.#announcer.open();
    this.#engineStartedAt = (await engine.ping()).startedAt;
    await router.ensure();
    await this.#restore(await router.observe(), new Map((await engine.instances()).map((i) => [i.name, i])));
    await this.#compose();
    await this.#routing.apply();
    for (const row of await store.services()) this.#loop.look(row);
    this.#background = Promise.all([
      this.#watch(),
      this.#every(LOOK_EVERY_MS, () => this.#lookAtAll()),
      this.#every(REPAIR_EVERY_MS, () => this.#repair()),
    ]);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#loop.close();
    this.#readiness.close();
    await this.#background;
  }

  async timings(): ReturnType<Control["timings"]> {
    return { eventToStepMs: this.#loop.eventToStepMs };
  }

  async #restore(
    routed: readonly { name: string; state: "ready" | "drain" | "maint" }[],
    instances: ReadonlyMap<string, Awaited<ReturnType<Engine["instances"]>>[number]>,
  ): Promise<void> {
    for (const server of routed) {
      const instance = instances.get(server.name);
      if (instance === undefined) continue;
      const revision = await this.#revision(instance, instance.revision);
      const address = await addressOf({ revision: (key, n) => this.#revision(key, n) }, instance);
      // An instance that died while nobody looked leaves the rotation; the pass decides what becomes of it.
      const state = instance.state === "running" ? server.state : "maint";
      if (address !== null)
        this.#routing.restore({
          name: server.name,
          stack: instance.stack,
          service: instance.service,
          address,
          state,
          weight: 100,
          spec: revision.spec,
        });
    }
  }

  async #compose(): Promise<void> {
    const { store, engine } = this.#parts;
    this.#routing.setServices(await carriedServices(store, engine, (key, n) => this.#revision(key, n)));
  }

  async #changed(keys: readonly ServiceKey[]): Promise<void> {
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

  // --------------------------------------------------------------------------------------------- Control

  up: Control["up"] = (request) => actions.up(this.#lookout, request);
  plan: Control["plan"] = (request) => planUp(this.#lookout, request);
  deploy: Control["deploy"] = (key, image, who) => actions.deploy(this.#lookout, key, image, who);
  redeploy: Control["redeploy"] = (key, who) => actions.redeploy(this.#lookout, key, who);
  recycle: Control["recycle"] = (key, who) => actions.recycle(this.#lookout, key, who);
  rollback: Control["rollback"] = (key, to, who) => actions.rollback(this.#lookout, key, to, who);
  scale: Control["scale"] = (key, replicas, who) => actions.scale(this.#lookout, key, replicas, who);
  stop: Control["stop"] = (key, who) => actions.stopService(this.#lookout, key, true, who);
  start: Control["start"] = (key, who) => actions.stopService(this.#lookout, key, false, who);
  down: Control["down"] = (stack, how) => down(this.#lookout, stack, how);
  doctor: Control["doctor"] = () => doctor(this.#lookout);
  instances: Control["instances"] = (of) => listInstances(this.#lookout, of ?? {});
  services: Control["services"] = (stack) => listServices(this.#lookout, stack === undefined ? {} : { stack });
  events: Control["events"] = (of) => this.#parts.store.events(of);

  async build(
    stack: string,
    service: string,
    context: NodeJS.ReadableStream,
    build: Parameters<Control["build"]>[3],
    progress: (line: string) => void,
  ): Promise<{ image: string }> {
    const image = `instar/${stack}-${service}:${this.#parts.clock.now()}`;
    await this.#parts.engine.build(context, { context: ".", ...build }, image, progress);
    return { image };
  }

  async unpin(key: ServiceKey): Promise<Awaited<ReturnType<Control["unpin"]>>> {
    await this.#parts.store.write(async (within) => within.putService({ ...(await actions.rowOf(within, key)), pinned: null }));
    const view = (await listServices(this.#lookout, key))[0];
    if (view === undefined) throw new InstarError("INS2002", `there is no service ${key.stack}/${key.service}`);
    return view;
  }

  pause: Control["pause"] = (id, who) =>
    this.#turn(id, async (store, row) =>
      store.putDeployment({ ...row, paused: true, outcome: "paused", reason: row.reason ?? `paused by ${who}` }),
    );

  resume: Control["resume"] = (id) =>
    this.#turn(id, async (store, row) =>
      store.putDeployment({ ...row, paused: false, outcome: "running", failures: [], reason: null, progressAt: this.#parts.clock.now() }),
    );

  abort: Control["abort"] = (id, who) =>
    this.#turn(id, async (store, row, service) => {
      if (row.direction === "forward")
        await goBack(store, service, { ...row, reason: `aborted by ${who}` }, "aborted", this.#parts.clock.now());
    });

  async #turn(id: string, change: (store: Store, row: DeploymentRow, service: ServiceRow) => Promise<void>): Promise<DeploymentView> {
    const { store, clock } = this.#parts;
    const row = await this.#deploymentRow(id);
    if (row.endedAt !== null) throw new InstarError("INS2007", `${id} ended: ${row.outcome}`);
    await store.write(async (within) => change(within, await this.#deploymentRow(id, within), await actions.rowOf(within, row)));
    await this.#changed([row]);
    return viewDeployment(store, await this.#deploymentRow(id), clock.now());
  }

  async #deploymentRow(id: string, store = this.#parts.store): Promise<DeploymentRow> {
    const row = await store.deployment(id);
    if (row === null) throw new InstarError("INS2005", `there is no deployment ${id}`);
    return row;
  }

  async deployment(id: string): Promise<DeploymentView> {
    return viewDeployment(this.#parts.store, await this.#deploymentRow(id), this.#parts.clock.now());
  }

  async stacks(): ReturnType<Control["stacks"]> {
    const services = await this.services();
    return (await this.#parts.store.stacks())
      .filter((s) => !s.removed)
      .map((s) => {
        const own = services.filter((v) => v.stack === s.name);
        const states = new Set(own.map((v) => v.state));
        const state = ["failed", "deploying", "degraded", "running", "completed"].find((one) => states.has(one as never)) ?? "stopped";
        return { name: s.name, services: own.length, state, updatedAt: s.updatedAt };
      });
  }

  async history(key: ServiceKey): ReturnType<Control["history"]> {
    const { store, clock } = this.#parts;
    const row = await store.service(key);
    if (row === null) throw new InstarError("INS2002", `there is no service ${key.stack}/${key.service}`);
    const deployments: DeploymentView[] = [];
    for (const deployment of await store.deployments(key, 100)) deployments.push(await viewDeployment(store, deployment, clock.now()));
    return { deployments, revisions: (await store.revisions(key)).map((r) => viewRevision(r, row.target)) };
  }

  async diff(key: ServiceKey, a: number, b: number): ReturnType<Control["diff"]> {
    const [from, to] = [await actions.revisionOf(this.#parts.store, key, a), await actions.revisionOf(this.#parts.store, key, b)];
    const digest = from.image.shown === to.image.shown ? [] : [{ path: "image digest", before: from.image.shown, after: to.image.shown }];
    return [...digest, ...diffSpecs(from.spec, to.spec).map(({ path, before, after }) => ({ path, before, after }))];
  }

  subscribe(listener: (event: EventView) => void): () => void {
    return this.#announcer.subscribe(listener);
  }

  async *logs(of: ServiceKey, how: Parameters<Control["logs"]>[1]): ReturnType<Control["logs"]> {
    const { mergeLogs } = await import("./logs.ts");
    yield* mergeLogs(this.#parts.engine, of, how);
  }

  async replaceRouter(who: string): Promise<void> {
    await this.#parts.router.replace();
    await this.#parts.store.addEvent(this.#parts.clock.now(), {
      kind: "router.replaced",
      message: `the router container was replaced by ${who}`,
    });
  }

  async find(name: string): Promise<ServiceKey> {
    const [stack, service] = name.includes("/") ? name.split("/", 2) : [undefined, name];
    const found = (await this.#parts.store.services(stack)).filter((row) => !row.removed && row.service === service);
    const [only] = found;
    if (only === undefined) throw new InstarError("INS2002", `there is no service ${name}`);
    if (found.length > 1) throw new InstarError("INS2003", `${name} is in ${found.map((f) => f.stack).join(" and ")}`);
    return { stack: only.stack, service: only.service };
  }
}
