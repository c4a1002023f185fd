import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InstarError } from "../../src/errors.ts";
import { openFiles } from "../../src/files/files.ts";
import { openContextFiles } from "../../src/files/rendered.ts";
import { steadyClock, systemClock } from "../../src/reconcile/clock.ts";
import type { Control, DeploymentView, UpRequest } from "../../src/reconcile/control.ts";
import { Daemon } from "../../src/reconcile/daemon.ts";
import type { Hooks } from "../../src/reconcile/hooks-port.ts";
import type { Clock } from "../../src/reconcile/ports.ts";
import type { Registries } from "../../src/reconcile/registry-port.ts";
import type { CallbackReport } from "../../src/reconcile/senders.ts";
import { openLayout } from "../../src/registry/layout.ts";
import { readDelivery } from "../../src/registry/payloads/payloads.ts";
import { Catalogue } from "../../src/snapshot/catalogue.ts";
import type { ImageIdentity, ServiceSpec, StackSpec } from "../../src/spec/types.ts";
import { openStore } from "../../src/store/sqlite.ts";
import { serviceSpec } from "../conformance/service-spec.ts";
import { upRequest } from "../conformance/up-request.ts";
import { createFakeEngine, type FakeEngine } from "../sim/fake-engine.ts";
import { FakeRegistries } from "../sim/fake-registries.ts";
import { createFakeRouter, type FakeRouter } from "../sim/fake-router.ts";

/** The whole daemon over the engine and the router in memory, with a real store. */
export class House {
  readonly home = mkdtempSync(join(tmpdir(), "instar-house-"));
  engine!: FakeEngine;
  router!: FakeRouter;
  daemon!: Daemon;
  readonly reports: string[] = [];
  #registries: Registries | null = null;
  /** Who answers hooks; nobody, unless a test says otherwise. */
  hook: Hooks["post"] = async () => ({ status: 404, body: "" });
  /** What senders were told. */
  readonly calledBack: { readonly url: string; readonly report: CallbackReport }[] = [];
  /** Container ports that nobody listens on. */
  readonly silent = new Set<number>();
  /** No wait of the daemon is longer, in ms. */
  longestWaitMs = Number.POSITIVE_INFINITY;
  /** What somebody sets the daemon's machine's clock by, in ms; the engine's stays. */
  clockSetBy = 0;
  #close: () => Promise<void> = async () => undefined;

  /** `registries`: other ones than those the engine pulls from. */
  static async build(registries: Registries | null = null): Promise<House> {
    const house = new House();
    house.#registries = registries;
    await house.open();
    for (const tag of ["v1", "v2", "v3", "bad"]) house.engine.control.images.add(`shop/web:${tag}`);
    house.engine.control.behave("shop/web:bad", { endsAfterMs: 5, exitCode: 3, readyAfterMs: null, lines: ["out of ideas"] });
    return house;
  }

  /** A daemon on the same store, engine and router: as after a restart. */
  async open(): Promise<void> {
    const store = await openStore(this.home);
    this.engine ??= createFakeEngine({ clock: systemClock, installation: store.installation });
    this.router ??= createFakeRouter({ clock: systemClock });
    const { engine, router } = this;
    const { now, steps } = steadyClock(() => Date.now() + this.clockSetBy);
    const clock: Clock = { now, after: (ms, wake) => systemClock.after(Math.min(ms, this.longestWaitMs), wake) };
    this.daemon = new Daemon({
      engine,
      router,
      store,
      files: openFiles(this.home),
      hooks: { post: (url, message) => this.hook(url, message) },
      contexts: openContextFiles(this.home),
      prober: { probe: async ({ port }, address) => (this.silent.has(port) ? "connection refused" : engine.control.probe(address)) },
      verifier: { verify: async (image) => this.verify(image) },
      saved: openLayout(this.home),
      registries: this.#registries ?? new FakeRegistries(engine.control.images),
      snapshots: new Catalogue(join(this.home, "snapshots"), "0.0.0-test"),
      senders: { readDelivery, callBack: async (url, report) => this.callBack(url, report) },
      clock,
      clockSteps: steps,
      pool: "10.209.0.0/16",
      httpPort: 80,
      fault: () => undefined,
      report: (message, error) => this.reports.push(`${message}: ${String(error)}`),
    });
    this.#close = async () => {
      await this.daemon.close();
      await store.close();
    };
    await this.daemon.open();
  }

  /** Says that every image is signed but those in `unsigned`. */
  readonly unsigned = new Set<string>();
  verify(image: ImageIdentity): string {
    if (this.unsigned.has(image.shown)) throw new InstarError("INS3032", `${image.reference} has no signature in its registry`);
    return "the tag of a test";
  }

  callBack(url: string, report: CallbackReport): string | null {
    this.calledBack.push({ url, report });
    return null;
  }

  async close(): Promise<void> {
    await this.#close();
  }

  /** The daemon ends and another begins. */
  async reopen(): Promise<void> {
    await this.close();
    await this.open();
  }

  async wipe(): Promise<void> {
    await this.close();
    rmSync(this.home, { recursive: true });
  }

  up(services: Services, more: Partial<UpRequest> = {}): ReturnType<Control["up"]> {
    return this.daemon.control.up(request(services, more));
  }

  plan(services: Services, more: Partial<UpRequest> = {}): ReturnType<Control["plan"]> {
    return this.daemon.control.plan(request(services, more));
  }

  /** Resolves with the deployment's end. */
  async ended(id: string): Promise<DeploymentView> {
    return this.until(async () => {
      const view = await this.daemon.control.deployment(id);
      return view.endedAt === null ? null : view;
    });
  }

  async upToTheEnd(services: Services, more: Partial<UpRequest> = {}): Promise<DeploymentView[]> {
    const { deployments } = await this.up(services, more);
    return Promise.all(deployments.map((d) => (d.outcome === "unchanged" ? d : this.ended(d.id))));
  }

  /** Names of a service's instances that take traffic, sorted. */
  async serving(service = "web"): Promise<string[]> {
    const views = await this.daemon.control.instances({ stack: "shop", service });
    return views
      .filter((i) => i.phase === "serving")
      .map((i) => i.name)
      .sort();
  }

  async until<T>(look: () => Promise<T | null | false>): Promise<T> {
    for (;;) {
      const seen = await look();
      if (seen !== null && seen !== false) return seen;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

type Services = Readonly<Record<string, Partial<ServiceSpec>>>;

export const request = (services: Services, more: Partial<UpRequest>): UpRequest => upRequest(stack(services), { contents: {}, ...more });

export const stack = (services: Services): StackSpec => ({
  specVersion: 1,
  name: "shop",
  services: Object.fromEntries(Object.entries(services).map(([name, given]) => [name, { ...WEB, ...given }])),
  networks: { default: { name: "shop_default", external: false, internal: false, labels: {} } },
  volumes: { data: { name: "shop_data", external: false, driver: "local", driverOpts: {}, labels: {}, shared: null } },
  atomic: false,
});

export const WEB: ServiceSpec = serviceSpec({
  image: "shop/web:v1",
  networks: { default: { aliases: [] } },
  ports: [{ published: 8080, target: 8080, protocol: "tcp", mode: "ingress", hostIp: null, appProtocol: "http" }],
  restart: { policy: "unless-stopped", maxAttempts: 0 },
  ready: { kind: "http", path: "/", port: null },
  readyTimeoutMs: 1500,
  replicas: 2,
  stopGraceMs: 50,
  drainMs: 200,
});
