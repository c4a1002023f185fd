import { InstarError } from "../../src/errors.ts";
import type {
  Control,
  DeploymentView,
  EventView,
  InstanceView,
  RevisionView,
  ServiceKey,
  ServiceView,
  StepRecord,
} from "../../src/reconcile/control.ts";
import type { ServiceSpec, StackSpec } from "../../src/spec/types.ts";
import { StandInDrift } from "./stand-in-drift.ts";
import { StandInProjects } from "./stand-in-projects.ts";

interface World {
  key: ServiceKey;
  spec: ServiceSpec;
  revisions: RevisionView[];
  current: number;
  pinned: boolean;
  replicas: number;
  instances: InstanceView[];
  deployments: DeploymentView[];
}

const isOf = (asked: { stack?: string; service?: string }) => (row: { stack: string | null; service: string | null }) =>
  (asked.stack ?? row.stack) === row.stack && (asked.service ?? row.service) === row.service;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const digestOf = (image: string) => `sha256:${Buffer.from(image.padEnd(32, "=")).toString("hex").slice(0, 64)}`;

/**
 * A Control in memory with the behaviour the API and CLI can see: numbered revisions, deployments that move one
 * instance a step, an event log. An image with `bad` in its name is rolled back with evidence; one with
 * `slow` waits until `release()`.
 */
export class StandIn extends StandInProjects implements Control {
  readonly sides = { promote: (id: string) => this.deployment(id), split: (key: ServiceKey) => this.recycle(key, "split") };
  readonly drift = new StandInDrift();
  readonly services_ = new Map<string, World>();
  readonly log: EventView[] = [];
  readonly #listeners = new Set<(event: EventView) => void>();
  #deployments = 0;
  #release: (() => void)[] = [];
  broken: Error | null = null;
  /** What happens just before and just after the log is read from a number on. */
  beforeRead: (() => void) | null = null;
  afterRead: (() => void) | null = null;

  get listeners(): number {
    return this.#listeners.size;
  }

  release(): void {
    for (const go of this.#release.splice(0)) go();
  }

  /** An event of no deployment. */
  happen(message: string): void {
    this.#tell(null, "note", message);
  }

  /** Something moved that has no row in the log. */
  tick(): void {
    const nothing = { stack: null, service: null, instance: null, deployment: null };
    for (const listener of this.#listeners) listener({ seq: 0, at: 0, kind: "changed", ...nothing, message: "" });
  }

  async up(request: Parameters<Control["up"]>[0]) {
    this.#note("up", request.who, request);
    const deployments: DeploymentView[] = [];
    for (const [service, spec] of Object.entries(request.spec.services)) {
      const image = request.built[service] ?? spec.image;
      const world = this.#world({ stack: request.spec.name, service }, spec);
      const last = world.revisions.at(-1);
      if (last !== undefined && last.image === image && JSON.stringify(last.spec) === JSON.stringify(spec)) continue;
      world.replicas = spec.replicas;
      deployments.push(this.#move(world, image, "up", request.who, spec));
    }
    return { deployments, notices: request.notices, kept: [] };
  }

  async plan(request: Parameters<Control["plan"]>[0]) {
    const services = Object.entries(request.spec.services).map(([service, spec]) => {
      const world = this.services_.get(`${request.spec.name}/${service}`);
      const before = world?.revisions.at(-1)?.image ?? null;
      const same = before === spec.image;
      return {
        stack: request.spec.name,
        service,
        action: world === undefined ? ("create" as const) : same ? ("none" as const) : ("replace" as const),
        from: world?.current ?? null,
        to: (world?.current ?? 0) + (same ? 0 : 1),
        changes: same ? [] : [{ path: "image", before, after: spec.image, replaces: true }],
        steps: same ? [] : [{ do: "create", instance: `${request.spec.name}-${service}-r1-1-a1`, because: "slot 1 has no instance" }],
        kept: [],
        ...{
          rollout: same ? null : "start-first, because nothing in it is exclusive; ready is seen by tcp",
          extraContainers: 0,
          pause: null,
        },
        takesOver: null,
      };
    });
    return { stack: request.spec.name, changed: services.some((s) => s.action !== "none"), services, notices: request.notices };
  }

  async deploy(service: ServiceKey, image: string, who: string) {
    this.#note("deploy", who, { ...service, image });
    return this.#move(this.#get(service), image, "deploy", who);
  }

  deployFrom: Control["deployFrom"] = (key, from, who) => this.deploy(key, this.#view(this.#get(from)).image, who);

  async redeploy(service: ServiceKey, who: string) {
    const world = this.#get(service);
    return this.#move(world, world.revisions.at(-1)?.image ?? "", "redeploy", who);
  }

  async recycle(service: ServiceKey, who: string) {
    const world = this.#get(service);
    return this.#move(world, world.revisions.at(-1)?.image ?? "", "recycle", who);
  }

  async rollback(service: ServiceKey, { to }: { to: number | null; data: boolean }, who: string) {
    const world = this.#get(service);
    const wanted = world.revisions.find((revision) => revision.number === (to ?? world.current - 1));
    if (wanted === undefined)
      throw new InstarError("INS2004", `${service.stack}/${service.service} has no revision ${to ?? world.current - 1}`);
    world.pinned = true;
    return this.#move(world, wanted.image, "rollback", who, wanted.spec);
  }

  async unpin(service: ServiceKey) {
    const world = this.#get(service);
    world.pinned = false;
    return this.#view(world);
  }

  async scale(service: ServiceKey, replicas: number, who: string) {
    const world = this.#get(service);
    world.replicas = replicas;
    return this.#move(world, world.revisions.at(-1)?.image ?? "", "scale", who);
  }

  stop = async (service: ServiceKey, who: string) => this.scale(service, 0, who);
  start = async (service: ServiceKey, who: string) => this.scale(service, this.#get(service).spec.replicas, who);

  async down(stack: string, how: { volumes: boolean; who: string }) {
    const removed = [...this.services_.values()].filter((world) => world.key.stack === stack);
    if (removed.length === 0) throw new InstarError("INS2006", `there is no stack ${stack}`);
    for (const world of removed) this.services_.delete(`${stack}/${world.key.service}`);
    this.#tell(null, "down", `${stack} is gone`);
    const volumes = [`${stack}_data`];
    return {
      removed: removed.map((world) => world.key.service),
      keptVolumes: how.volumes ? [] : volumes,
      removedVolumes: how.volumes ? volumes : [],
    };
  }

  pause = async (id: string) => this.#end(id, "paused");
  resume = async (id: string) => this.#end(id, "running");
  abort = async (id: string) => this.#end(id, "aborted");

  async instances(of: Partial<ServiceKey> = {}) {
    if (this.broken !== null) throw this.broken;
    return this.#some(of).flatMap((world) => world.instances);
  }

  async services(stack?: string) {
    return this.#some(stack === undefined ? {} : { stack }).map((world) => this.#view(world));
  }

  async stacks() {
    const names = [...new Set([...this.services_.values()].map((world) => world.key.stack))];
    return names.map((name) => ({ name, services: this.#some({ stack: name }).length, state: "running", updatedAt: 1_700_000_000_000 }));
  }

  async deployment(id: string) {
    return this.#find(id).deployment;
  }

  async history(service: ServiceKey) {
    const world = this.#get(service);
    return {
      deployments: world.deployments.toReversed(),
      revisions: world.revisions.map((r) => ({ ...r, current: r.number === world.current })),
    };
  }

  async diff(service: ServiceKey, a: number, b: number) {
    const [before, after] = [a, b].map((n) => this.#get(service).revisions.find((r) => r.number === n)?.image ?? null);
    if (before === null || after === null) throw new InstarError("INS2004", "no such revision");
    return before === after ? [] : [{ path: "image", before: before ?? null, after: after ?? null }];
  }

  async events(of: Parameters<Control["events"]>[0]) {
    if (of.after !== undefined) this.beforeRead?.();
    const after = this.log.filter((e) => e.seq > (of.after ?? 0) && isOf(of)(e));
    const page = of.after === undefined ? after.slice(-(of.limit ?? 100)) : after.slice(0, of.limit ?? 100);
    if (of.after !== undefined) this.afterRead?.();
    return page;
  }

  subscribe(listener: (event: EventView) => void) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async *logs(of: ServiceKey, how: { follow: boolean; tail: number | null; signal: AbortSignal }) {
    for (const instance of this.#get(of).instances) {
      for (let n = 1; n <= (how.tail ?? 3); n++)
        yield { at: 1_700_000_000_000 + n, stream: "stdout" as const, instance: instance.name, text: `line ${n}` };
    }
    if (how.follow) await new Promise<void>((resolve) => how.signal.addEventListener("abort", () => resolve()));
  }

  async doctor() {
    return { checks: [{ name: "engine", state: "ok" as const, message: "answers", hint: null }] };
  }

  async replaceRouter() {}

  async timings() {
    return { eventToStepMs: [1.5] };
  }

  async find(name: string) {
    const found = [...this.services_.values()].filter((w) => name === w.key.service || name === `${w.key.stack}/${w.key.service}`);
    if (found.length > 1) throw new InstarError("INS2003", `${name} is in ${found.map((w) => w.key.stack).join(" and ")}`);
    if (found[0] === undefined) throw new InstarError("INS2002", `there is no service ${name}`);
    return found[0].key;
  }

  #note(call: string, who: string, detail: unknown): void {
    this.asked.push({ call, who, detail });
  }

  #some(of: Partial<ServiceKey>): World[] {
    return [...this.services_.values()].filter(({ key }) => isOf(of)(key));
  }

  #get(key: ServiceKey): World {
    const world = this.services_.get(`${key.stack}/${key.service}`);
    if (world === undefined) throw new InstarError("INS2002", `there is no service ${key.stack}/${key.service}`);
    return world;
  }

  #world(key: ServiceKey, spec: ServiceSpec): World {
    const name = `${key.stack}/${key.service}`;
    const made = { key, spec, revisions: [], current: 0, pinned: false, replicas: spec.replicas, instances: [], deployments: [] };
    const world: World = this.services_.get(name) ?? made;
    this.services_.set(name, world);
    return world;
  }

  #view(world: World): ServiceView {
    const running = world.deployments.find((d) => d.outcome === "running");
    const image = world.revisions.find((r) => r.number === world.current)?.image ?? world.spec.image;
    return {
      ...world.key,
      revision: world.current,
      image,
      digest: digestOf(image),
      replicas: { wanted: world.replicas, serving: world.instances.filter((i) => i.phase === "serving").length },
      ports: world.spec.ports.map((p) => ({ published: p.published ?? 0, target: p.target, protocol: p.protocol })),
      domains: world.spec.domains.map((d) => d.host),
      state: running === undefined ? "running" : "deploying",
      pinned: world.pinned,
      deployment: running?.id ?? null,
    };
  }

  #find(id: string): { world: World; deployment: Mutable<DeploymentView> } {
    for (const world of this.services_.values()) {
      const deployment = world.deployments.find((d) => d.id === id);
      if (deployment !== undefined) return { world, deployment };
    }
    throw new InstarError("INS2005", `there is no deployment ${id}`);
  }

  #end(id: string, outcome: DeploymentView["outcome"]): DeploymentView {
    const { deployment } = this.#find(id);
    if (deployment.endedAt !== null) throw new InstarError("INS2007", `${id} has ended`);
    return Object.assign(deployment, { outcome });
  }

  #tell(deployment: DeploymentView | null, kind: string, message: string, instance: string | null = null): void {
    const of = { stack: deployment?.stack ?? null, service: deployment?.service ?? null, deployment: deployment?.id ?? null };
    const event = { seq: this.log.length + 1, at: Date.now(), kind, ...of, instance, message };
    this.log.push(event);
    for (const listener of this.#listeners) listener(event);
  }

  #move(world: World, image: string, kind: DeploymentView["cause"]["kind"], who: string, spec = world.spec): DeploymentView {
    const from = world.current === 0 ? null : world.current;
    const fresh = kind !== "recycle" && kind !== "scale";
    const to = fresh ? world.revisions.length + 1 : world.current;
    const at = Date.now();
    if (fresh) {
      const hashes = { instanceHash: "a".repeat(64), revisionHash: "b".repeat(64) };
      world.revisions.push({ number: to, image, digest: digestOf(image), ...hashes, createdAt: at, who, why: kind, current: false, spec });
    }
    const deployment: Mutable<DeploymentView> = {
      ...{ id: `D${++this.#deployments}`, ...world.key, from, to, strategy: "rolling", cause: { kind, who } },
      ...{ outcome: "running", reason: null, startedAt: at, endedAt: null, seconds: 0, pauses: [], steps: [], evidence: null },
    };
    world.deployments.push(deployment);
    world.spec = spec;
    void this.#run(world, deployment, image);
    // A copy, as a real one would send: what it was when the call returned.
    return structuredClone(deployment);
  }

  async #run(world: World, deployment: Mutable<DeploymentView>, image: string): Promise<void> {
    const step = (what: string, instance: string, because: string) => {
      const record: StepRecord = { at: Date.now(), do: what, instance, because };
      deployment.steps = [...deployment.steps, record];
      this.#tell(deployment, "step", `${what} ${instance}`, instance);
    };
    const put = (name: string, slot: number, phase: InstanceView["phase"]) => {
      const rest = world.instances.filter((i) => i.name !== name);
      const seen = { revision: deployment.to, slot, image, digest: digestOf(image), phase, weight: phase === "serving" ? 256 : 0 };
      world.instances = [
        ...rest,
        { id: name, name, ...world.key, ...seen, drift: "none", address: `10.9.0.${slot}`, createdAt: deployment.startedAt },
      ];
    };
    for (let slot = 1; slot <= world.replicas; slot++) {
      const name = `${world.key.stack}-${world.key.service}-r${deployment.to}-${slot}-a${deployment.id.slice(1)}`;
      await new Promise((resolve) => setTimeout(resolve, 10));
      put(name, slot, "starting");
      step("start", name, `slot ${slot} wants revision ${deployment.to}`);
      if (image.includes("slow")) await new Promise<void>((resolve) => this.#release.push(resolve));
      if (image.includes("bad")) {
        put(name, slot, "evidence");
        step("give up", name, "it ended by itself");
        deployment.evidence = { instance: name, exitCode: 3, reason: "ended by itself", log: ["booting", "cannot open /data"] };
        return this.#finish(deployment, deployment.from === null ? "failed" : "rolled-back", `${name} ended with exit code 3`);
      }
      put(name, slot, "serving");
      world.instances = world.instances.filter((i) => i.slot !== slot || i.name === name);
      step("route", name, "it is ready");
    }
    world.instances = world.instances.filter((i) => i.slot <= world.replicas);
    world.current = deployment.to;
    this.#finish(deployment, "succeeded", null);
  }

  #finish(deployment: Mutable<DeploymentView>, outcome: DeploymentView["outcome"], reason: string | null): void {
    Object.assign(deployment, { outcome, reason, endedAt: Date.now(), seconds: (Date.now() - deployment.startedAt) / 1000 });
    this.#tell(deployment, `deployment ${outcome}`, reason ?? `${deployment.service} is at revision ${deployment.to}`);
  }
}

/** A service spec with every default, for requests that need a whole one. */
export function serviceSpec(more: Partial<ServiceSpec> = {}): ServiceSpec {
  const rollout = { parallelism: 1, delayMs: 0, order: null, failureAction: "rollback", monitorMs: 0, maxFailureRatio: 0 } as const;
  return {
    ...{ image: "web:1", build: null, pullPolicy: "missing", command: null, entrypoint: null, environment: {}, user: null },
    ...{ workingDir: null, hostname: null, labels: {}, mounts: [], tmpfs: [], readOnly: false, capAdd: [], capDrop: [], init: false },
    ...{
      stopSignal: null,
      stopGraceMs: 10_000,
      logging: null,
      healthcheck: null,
      networks: { default: { aliases: [] } },
      networkMode: null,
    },
    ...{ resources: { nanoCpus: 0, memoryBytes: 0, memoryReservationBytes: 0, pids: 0 }, restart: { policy: "no", maxAttempts: 0 } },
    ...{ replicas: 2, expose: [], ports: [], dependsOn: {}, rollout, rollback: rollout, strategy: "rolling", ready: null },
    ...{ readyTimeoutMs: 60_000, minReadyMs: 0, drainMs: null, holdMs: null, domains: [], domainPort: null, balance: "roundrobin" },
    timeoutMs: 3_600_000,
    ...more,
  };
}

export function stackSpec(services: Record<string, Partial<ServiceSpec>>, name = "shop"): StackSpec {
  const whole = Object.fromEntries(Object.entries(services).map(([key, more]) => [key, serviceSpec(more)]));
  const networks = { default: { name: `${name}_default`, external: false, internal: false, labels: {} } };
  return { specVersion: 1, name, services: whole, networks, volumes: {}, atomic: false };
}
