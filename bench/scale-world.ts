import { hashOf } from "../src/lib/hash.ts";
import { USUAL_WEIGHT } from "../src/plan/weights.ts";
import { networkBlock } from "../src/reconcile/addresses.ts";
import { Daemon } from "../src/reconcile/daemon.ts";
import type { Store } from "../src/reconcile/store.ts";
import { composeTable, type RoutedService, type WantedServer } from "../src/reconcile/table.ts";
import { instanceHash, revisionHash } from "../src/spec/identity.ts";
import { type Revision, type ServiceSpec, SPEC_VERSION } from "../src/spec/types.ts";
import { serviceSpec } from "../test/conformance/service-spec.ts";
import { createFakeEngine, type FakeEngine } from "../test/sim/fake-engine.ts";
import { FakeRegistries } from "../test/sim/fake-registries.ts";
import { createFakeRouter, type FakeRouter } from "../test/sim/fake-router.ts";
import { ALL_SAVED, FILES, NO_CONTEXTS, NO_SNAPSHOTS, OUTSIDE } from "../test/simulation/surroundings.ts";
import { SimulatedTime, settle } from "../test/simulation/time.ts";
import { memoryDatabase } from "../test/store/memory-database.ts";

export interface Shape {
  readonly services: number;
  readonly replicas: number;
}

const BEGINNING = 1_700_000_000_000;
const IMAGE = "shop/web:v1";
const STACK_HAS = 10;
/** src/reconcile/daemon.ts */
const LOOK_EVERY_MS = 10_000;
/** What an engine or a router takes to answer: simulated, so that those who ask meanwhile can share. */
const ANSWER_MS = 1;
const DAY_MS = 86_400_000;

/** So many services that have been deployed and serve: in the store, on the engine and in the router; nobody has looked at them yet. */
export class ScaleWorld {
  readonly time = new SimulatedTime(BEGINNING);
  readonly engine: FakeEngine = createFakeEngine({ clock: this.time, installation: "scale" });
  readonly router: FakeRouter = createFakeRouter({ clock: this.time });
  readonly #shape: Shape;
  #database: Awaited<ReturnType<typeof memoryDatabase>> | null = null;
  readonly reports: string[] = [];
  #daemon: Daemon | null = null;
  #openedAt = BEGINNING;

  private constructor(shape: Shape) {
    this.#shape = shape;
  }

  static async make(shape: Shape): Promise<ScaleWorld> {
    const world = new ScaleWorld(shape);
    await world.#fill();
    return world;
  }

  get #store(): Store {
    if (this.#database === null) throw new Error("it is not filled yet");
    return this.#database.store;
  }

  get storeBytes(): number {
    return this.#database?.file.serialize().length ?? 0;
  }

  /** Simulated ms since the daemon last looked at everything. */
  get sinceLook(): number {
    return (this.time.now() - this.#openedAt) % LOOK_EVERY_MS;
  }

  get names(): readonly string[] {
    return this.engine.control.containers().map(({ blueprint }) => blueprint.name);
  }

  async #fill(): Promise<void> {
    const { services, replicas } = this.#shape;
    this.#database = await memoryDatabase("scale");
    const image = this.engine.control.images.add(IMAGE);
    this.engine.control.behave(IMAGE, { startMs: 0, readyAfterMs: 0 });
    // A network has room for 382; a stack of a thousand instances gets a larger one.
    const perStack = replicas > 30 ? 1 : STACK_HAS;
    const size = replicas > 300 ? 2048 : 512;
    const routed: RoutedService[] = [];
    const servers: WantedServer[] = [];
    for (let first = 0, stackNumber = 0; first < services; first += perStack, stackNumber++) {
      const stack = `stack${stackNumber}`;
      const base = (10 << 24) + stackNumber * size;
      const network = { name: `${stack}_default`, stack, subnet: `${dotted(base)}/${size === 2048 ? 21 : 23}` };
      const spec = { name: network.name, external: false, internal: false, labels: {} };
      await this.#store.putNetwork(network);
      await this.engine.ensureNetwork(stack, spec, networkBlock(network.subnet));
      await this.#store.putStack({
        name: stack,
        updatedAt: BEGINNING,
        removed: false,
        networks: JSON.stringify({ default: spec }),
        volumes: "{}",
      });
      for (let n = first; n < Math.min(services, first + perStack); n++) {
        const service = `service${n}`;
        const web = specOf(20_000 + n, replicas);
        const names = { default: network.name };
        const revision: Omit<Revision, "number"> = {
          ...{ stack, service, specVersion: SPEC_VERSION, spec: web, image, volumeNames: {}, networkNames: names, createdAt: BEGINNING },
          instanceHash: instanceHash(web, image, {}, names, SPEC_VERSION),
          revisionHash: revisionHash(web, image, {}, names, SPEC_VERSION),
          ...{ who: "bench", why: "up" },
        };
        const made = await this.#store.addRevision(revision);
        const name = (slot: number): string => `${stack}-${service}-r1-${slot}-a1`;
        routed.push({ revisions: [made], holds: made.number, replicas, sharedVolumes: new Set(), given: new Map(), withheld: new Set() });
        for (let slot = 1; slot <= replicas; slot++) {
          const address = dotted(base + 2 + (n - first) * replicas + slot - 1);
          await this.engine.create({
            ...{ name: name(slot), stack, service, revision: 1, slot, attempt: 1, generation: 0, instanceHash: made.instanceHash, image },
            ...{ spec: web, volumeNames: {}, slotVolumes: {}, networks: [{ name: network.name, address, aliases: [service] }], files: [] },
          });
          await this.engine.start(name(slot));
          const seen = await this.engine.instance(name(slot));
          if (seen === null) throw new Error(`${name(slot)} was not made`);
          const fact = { id: seen.id, name: seen.name, drainingSince: null, evidenceOf: null, startedAt: seen.startedAt };
          await this.#store.putFact({ stack, service, ...fact });
          const { instanceHash: hash } = made;
          const server = { name: name(slot), stack, service, address, state: "ready" as const, weight: USUAL_WEIGHT, revision: 1 };
          servers.push({ ...server, instanceHash: hash, spec: web });
        }
        await this.#store.putService({
          ...{ stack, service, applied: web, target: 1, stable: 1, generation: 0, stableGeneration: 0, replicas, stableReplicas: replicas },
          ...{ stopped: false, removed: false, halted: null, pinned: null, overrides: {}, stableOverrides: {}, deployment: null },
        });
      }
    }
    await this.router.ensure();
    await this.router.apply(composeTable(routed, servers, 80));
  }

  /** A daemon begins, and everything comes to rest. */
  async open(): Promise<void> {
    const daemon = new Daemon({
      ...{ engine: this.engine, router: this.#slow(), store: this.#store, files: FILES, snapshots: NO_SNAPSHOTS, saved: ALL_SAVED },
      ...{ contexts: NO_CONTEXTS, ...OUTSIDE, clock: this.time, pool: "10.0.0.0/8", httpPort: 80, fault: () => undefined },
      prober: { probe: async (_check, address) => this.engine.control.probe(address) },
      registries: new FakeRegistries(this.engine.control.images),
      hooks: { post: async () => ({ status: 404, body: "" }) },
      // The looks at instances' contents are a figure of their own (script/bench watching).
      lookEveryMs: DAY_MS,
      report: (message, error) => this.reports.push(`${message}: ${String(error)}`),
    });
    this.#daemon = daemon;
    this.engine.control.callMs = ANSWER_MS;
    let open = false;
    const opening = daemon.open().then(() => {
      open = true;
    });
    await settle();
    while (!open && this.time.step(Number.POSITIVE_INFINITY)) await settle();
    await opening;
    this.#openedAt = this.time.now();
    await this.pass(2_000);
  }

  /** The router's readings take a moment too. */
  #slow(): FakeRouter {
    const { time, router } = this;
    const observe = async (): ReturnType<FakeRouter["observe"]> => {
      await new Promise<void>((resolve) => time.after(ANSWER_MS, resolve));
      return router.observe();
    };
    return { ...router, observe };
  }

  async close(): Promise<void> {
    const closing = this.#daemon?.close();
    let closed = false;
    const over = closing?.then(() => {
      closed = true;
    });
    while (!closed && closing !== undefined) {
      this.time.step(Number.POSITIVE_INFINITY);
      await settle();
    }
    await over;
  }

  /** Everything that happens in so many simulated ms. */
  async pass(ms: number): Promise<void> {
    const until = this.time.now() + ms;
    this.time.after(ms, () => undefined);
    await settle();
    while (this.time.now() < until && this.time.step(until)) await settle();
    await settle();
  }

  /** Until this instance is gone, and all that are wanted take traffic again. */
  async untilReplaced(name: string): Promise<void> {
    const { services, replicas } = this.#shape;
    for (let n = 0; n < 60; n++) {
      await this.pass(500);
      if (this.engine.control.hasContainer(name)) continue;
      const states = this.router.control.table().backends.flatMap((one) => one.servers.map(({ state }) => state));
      if (states.length === services * replicas && states.every((state) => state === "ready")) return;
    }
    throw new Error(`it did not come to rest: ${this.reports.slice(0, 3).join("; ")}`);
  }
}

const specOf = (port: number, replicas: number): ServiceSpec =>
  serviceSpec({
    ...{ image: IMAGE, replicas, networks: { default: { aliases: [] } }, restart: { policy: "unless-stopped", maxAttempts: 0 } },
    environment: { EDITION: hashOf(port).slice(0, 8) },
    ports: [{ published: port, target: 8080, protocol: "tcp", mode: "ingress", hostIp: null, appProtocol: "http" }],
    ready: { kind: "http", path: "/", port: null },
    drainMs: 1_000,
  });

const dotted = (address: number): string => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
