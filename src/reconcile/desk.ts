import { InstarError } from "../errors.ts";
import { Turns } from "../lib/turns.ts";
import { diffSpecs } from "../spec/diff.ts";
import * as actions from "./actions.ts";
import { finishAdoption, undoAdoption } from "./adopt.ts";
import type { AutoredeployControl } from "./autoredeploy-control.ts";
import type { ContextFiles } from "./context-files.ts";
import type { Control, DeploymentView, EventView, ServiceKey } from "./control.ts";
import { viewDeployment } from "./deployment.ts";
import { doctor } from "./doctor.ts";
import { down } from "./down.ts";
import type { DriftControl } from "./drift-control.ts";
import { DriftDesk, knownOf, revisionIn } from "./drift-desk.ts";
import { DriftHeal } from "./drift-heal.ts";
import type { DriftLooks } from "./drift-looks.ts";
import type { DriftWatch } from "./drift-watch.ts";
import type { ExecControl } from "./exec-control.ts";
import { ExecDesk } from "./exec-desk.ts";
import { takeBack } from "./groups.ts";
import type { ImageControl } from "./image-control.ts";
import { planUp } from "./planning.ts";
import { deployFrom } from "./promotion.ts";
import { rollback } from "./rollback.ts";
import * as scaling from "./scaling.ts";
import type { SecretControl } from "./secret-control.ts";
import { SecretDesk } from "./secret-desk.ts";
import type { Senders } from "./senders.ts";
import type { SideControl } from "./side-control.ts";
import { SideDesk } from "./side-desk.ts";
import type { DeploymentRow, Store } from "./store.ts";
import type { TokenControl } from "./token-control.ts";
import { TokenDesk } from "./token-desk.ts";
import { TriggerDesk } from "./trigger-desk.ts";
import type { VerifyControl } from "./verify-control.ts";
import { VerifyDesk } from "./verify-desk.ts";
import { viewRevision } from "./views.ts";
import type { VolumeControl } from "./volume-control.ts";
import type { VolumeDesk } from "./volume-desk.ts";
import { type Lookout, listInstances, listServices, scenes } from "./watch.ts";

/** What the desk needs besides what the verbs and the views read. */
export interface Office extends Lookout {
  readonly subscribe: (listener: (event: EventView) => void) => () => void;
  readonly eventToStepMs: readonly number[];
  readonly volumes: VolumeDesk;
  readonly autoredeploy: AutoredeployControl;
  readonly images: ImageControl;
  readonly watch: DriftWatch;
  readonly looks: DriftLooks;
  readonly contexts: ContextFiles;
  readonly senders: Senders;
}

/** What the API may ask: each request goes to the verb or the view that answers it. */
export class Desk implements Control {
  readonly #office: Office;
  readonly #turns = new Turns();
  readonly volumes: VolumeControl;
  readonly autoredeploy: AutoredeployControl;
  readonly images: ImageControl;
  readonly sides: SideControl;

  readonly drift: DriftControl;
  /** What the policy of each service makes of its drift. */
  readonly healing: DriftHeal;
  readonly proofs: VerifyControl;
  readonly triggers: TriggerDesk;
  readonly execs: ExecControl;
  readonly secrets: SecretControl;
  readonly tokens: TokenControl;

  constructor(office: Office) {
    this.#office = office;
    this.sides = new SideDesk(office);
    this.volumes = office.volumes;
    this.autoredeploy = office.autoredeploy;
    this.images = office.images;
    this.proofs = new VerifyDesk(office);
    this.secrets = new SecretDesk(office);
    this.execs = new ExecDesk({ ...office, instances: () => this.instances() });
    const { watch, looks } = office;
    const looked = (of: Partial<ServiceKey>) => scenes(office, of);
    this.healing = new DriftHeal({
      store: office.store,
      clock: office.clock,
      scenes: looked,
      known: (instance, scene, worn) => knownOf(watch, looks.of(instance.id), instance, revisionIn(scene, instance), worn),
      changed: office.changed,
    });
    this.drift = new DriftDesk({ watch, looks, heal: this.healing, lookout: office, scenes: looked });
    this.triggers = new TriggerDesk(office);
    this.tokens = new TokenDesk(office);
    this.autoredeploy = office.autoredeploy;
  }

  /** Whoever changes a stack decides by its rows as they are, and nobody else changes them meanwhile. */
  #inTurn<T>(stack: string, work: () => Promise<T>): Promise<T> {
    return this.#turns.take(stack, work);
  }

  async timings(): ReturnType<Control["timings"]> {
    return { eventToStepMs: this.#office.eventToStepMs };
  }

  up: Control["up"] = (request) => this.#inTurn(request.spec.name, () => actions.up(this.#office, request));
  plan: Control["plan"] = (request) => planUp(this.#office, request);
  deploy: Control["deploy"] = (key, image, who, strategy) =>
    this.#inTurn(key.stack, () => actions.deploy(this.#office, key, image, who, strategy));
  deployFrom: Control["deployFrom"] = (key, from, who, strategy) =>
    this.#inTurn(key.stack, () => deployFrom(this.#office, key, from, who, strategy));
  redeploy: Control["redeploy"] = (key, who) => this.#inTurn(key.stack, () => actions.redeploy(this.#office, key, who));
  recycle: Control["recycle"] = (key, who) => this.#inTurn(key.stack, () => actions.recycle(this.#office, key, who));
  rollback: Control["rollback"] = (key, how, who) => this.#inTurn(key.stack, () => rollback(this.#office, key, how, who));
  scale: Control["scale"] = (key, replicas, who) => this.#inTurn(key.stack, () => scaling.scale(this.#office, key, replicas, who));
  stop: Control["stop"] = (key, who) => this.#inTurn(key.stack, () => scaling.stopService(this.#office, key, true, who));
  start: Control["start"] = (key, who) => this.#inTurn(key.stack, () => scaling.stopService(this.#office, key, false, who));
  down: Control["down"] = (stack, how) => this.#inTurn(stack, () => down(this.#office, stack, how));
  undoAdoption: Control["undoAdoption"] = (project, who) => this.#inTurn(project, () => undoAdoption(this.#office, project, who));
  finishAdoption: Control["finishAdoption"] = (project, who) => this.#inTurn(project, () => finishAdoption(this.#office, project, who));
  doctor: Control["doctor"] = async () => ({
    checks: [...(await doctor(this.#office)).checks, ...(await this.#office.volumes.checks())],
  });
  instances: Control["instances"] = (of) => listInstances(this.#office, of ?? {});
  services: Control["services"] = (stack) => listServices(this.#office, stack === undefined ? {} : { stack });
  events: Control["events"] = (of) => this.#office.store.events(of);

  async build(
    stack: string,
    service: string,
    context: NodeJS.ReadableStream,
    { push, ...build }: Parameters<Control["build"]>[3],
    progress: (line: string) => void,
  ): ReturnType<Control["build"]> {
    const { engine, store, clock } = this.#office;
    const image = `instar/${stack}-${service}:${clock.now()}`;
    await engine.build(context, { context: ".", ...build }, image, progress);
    await store.putPull(image, clock.now());
    if (push === undefined) return { image };
    const digest = await engine.push(image, push, progress);
    // The engine keeps it under this name too, until nothing needs it.
    await store.putPull(push, clock.now());
    await store.addEvent(clock.now(), { kind: "image.pushed", stack, service, message: `${push} is ${digest} now` });
    return { image, pushed: { reference: push, digest } };
  }

  async unpin(key: ServiceKey, who: string): Promise<Awaited<ReturnType<Control["unpin"]>>> {
    const { store, clock } = this.#office;
    await store.write(async (within) => {
      const row = await actions.rowOf(within, key);
      await within.putService({ ...row, pinned: null });
      const { stack, service } = row;
      if (row.pinned !== null)
        await within.addEvent(clock.now(), {
          kind: "service.unpinned",
          stack,
          service,
          message: `the pin of ${row.pinned} was ended by ${who}`,
        });
    });
    // What was pushed meanwhile may come in now.
    await this.#office.changed([key]);
    const view = (await listServices(this.#office, key))[0];
    if (view === undefined) throw new InstarError("INS2002", `there is no service ${key.stack}/${key.service}`);
    return view;
  }

  pause: Control["pause"] = (id, who) =>
    this.#turn(id, async (store, row) =>
      store.putDeployment({ ...row, paused: true, outcome: "paused", reason: row.reason ?? `paused by ${who}` }),
    );

  /** What is not paused goes on as it is; on its way back it keeps the reason for that. */
  resume: Control["resume"] = (id, who) =>
    this.#turn(id, async (store, row) => {
      if (!row.paused) return;
      const { stack, service } = row;
      await store.addEvent(this.#office.clock.now(), {
        ...{ kind: "deployment.resumed", stack, service, deployment: id },
        message: `${id} resumed by ${who}`,
      });
      await store.putDeployment({
        ...row,
        paused: false,
        outcome: "running",
        failures: [],
        passedOver: 0,
        reason: row.direction === "back" ? row.reason : null,
        progressAt: this.#office.clock.now(),
      });
    });

  abort: Control["abort"] = (id, who) =>
    this.#turn(id, (store, row) => takeBack(store, row, `aborted by ${who}`, "aborted", this.#office.clock.now()));

  async #turn(id: string, change: (store: Store, row: DeploymentRow) => Promise<void>): Promise<DeploymentView> {
    const { store, clock } = this.#office;
    const row = await store.write(async (within) => {
      // In the transaction: the loop may settle it at any moment, and what has ended stays as it ended.
      const found = await this.#deploymentRow(id, within);
      if (found.endedAt !== null) throw new InstarError("INS2007", `${id} ended: ${found.outcome}`);
      await actions.rowOf(within, found);
      await change(within, found);
      return found;
    });
    await this.#office.changed([row]);
    return viewDeployment(store, await this.#deploymentRow(id), clock.now());
  }

  async #deploymentRow(id: string, store = this.#office.store): Promise<DeploymentRow> {
    const row = await store.deployment(id);
    if (row === null) throw new InstarError("INS2005", `there is no deployment ${id}`);
    return row;
  }

  async project(name: string): ReturnType<Control["project"]> {
    const project = await this.#office.engine.project(name);
    if (project === null) throw new InstarError("INS2022", `no container belongs to a Compose project ${name}`);
    return project;
  }

  async deployment(id: string): Promise<DeploymentView> {
    return viewDeployment(this.#office.store, await this.#deploymentRow(id), this.#office.clock.now());
  }

  async stacks(): ReturnType<Control["stacks"]> {
    const services = await this.services();
    return (await this.#office.store.stacks())
      .filter((s) => !s.removed)
      .map((s) => {
        const own = services.filter((v) => v.stack === s.name);
        const states = new Set(own.map((v) => v.state));
        const state = ["failed", "deploying", "degraded", "running", "completed"].find((one) => states.has(one as never)) ?? "stopped";
        return { name: s.name, services: own.length, state, updatedAt: s.updatedAt };
      });
  }

  async history(key: ServiceKey): ReturnType<Control["history"]> {
    const { store, clock } = this.#office;
    const row = await store.service(key);
    if (row === null) throw new InstarError("INS2002", `there is no service ${key.stack}/${key.service}`);
    const deployments: DeploymentView[] = [];
    for (const deployment of await store.deployments(key, 100)) deployments.push(await viewDeployment(store, deployment, clock.now()));
    return { deployments, revisions: (await store.revisions(key)).map((r) => viewRevision(r, row.target)) };
  }

  async diff(key: ServiceKey, a: number, b: number): ReturnType<Control["diff"]> {
    const [from, to] = [await actions.revisionOf(this.#office.store, key, a), await actions.revisionOf(this.#office.store, key, b)];
    const digest = from.image.shown === to.image.shown ? [] : [{ path: "image digest", before: from.image.shown, after: to.image.shown }];
    return [...digest, ...diffSpecs(from.spec, to.spec).map(({ path, before, after }) => ({ path, before, after }))];
  }

  subscribe(listener: (event: EventView) => void): () => void {
    return this.#office.subscribe(listener);
  }

  async *logs(of: ServiceKey, how: Parameters<Control["logs"]>[1]): ReturnType<Control["logs"]> {
    const { mergeLogs } = await import("./logs.ts");
    yield* mergeLogs(this.#office, of, how);
  }

  async replaceRouter(who: string): Promise<void> {
    await this.#office.router.replace();
    await this.#office.store.addEvent(this.#office.clock.now(), {
      kind: "router.replaced",
      message: `the router container was replaced by ${who}`,
    });
  }

  async find(name: string): Promise<ServiceKey> {
    const [stack, service] = name.includes("/") ? name.split("/", 2) : [undefined, name];
    const found = (await this.#office.store.services(stack)).filter((row) => !row.removed && row.service === service);
    const [only] = found;
    if (only === undefined) throw new InstarError("INS2002", `there is no service ${name}`);
    if (found.length > 1) throw new InstarError("INS2003", `${name} is in ${found.map((f) => f.stack).join(" and ")}`);
    return { stack: only.stack, service: only.service };
  }
}
