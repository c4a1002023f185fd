import { instanceLabels } from "../../src/engine/docker/labels.ts";
import { InstarError } from "../../src/errors.ts";
import type { Blueprint, Clock, Engine, EngineInstance, StampedLine } from "../../src/reconcile/ports.ts";
import { Census } from "./census.ts";
import { type Behaviour, FakeContainer, STEADY } from "./fake-container.ts";
import type { CallName, FakeControl } from "./fake-control.ts";
import { FakeEvents } from "./fake-events.ts";
import { FakeExecution } from "./fake-execution.ts";
import { FakeForensics } from "./fake-forensics.ts";
import { fakeImageWork } from "./fake-image-work.ts";
import { FakeImages } from "./fake-images.ts";
import { FakeNetworks } from "./fake-networks.ts";
import { FakeProjects } from "./fake-projects.ts";
import { FakeVolumes } from "./fake-volumes.ts";

export type FakeEngine = Engine & { readonly control: FakeControl };

/** An engine in memory on the given clock; passes the Engine port's conformance suite. */
export const createFakeEngine = ({ clock, installation }: { readonly clock: Clock; readonly installation: string }): FakeEngine => {
  const containers = new Map<string, FakeContainer>();
  /** By name; null: to be made anew. */
  let sorted: readonly FakeContainer[] | null = null;
  const census = new Census();
  const foreign = new Set<string>();
  const behaviours = new Map<string, Behaviour>();
  const failures: { call: CallName; error: Error }[] = [];
  const takenPorts = new Set<number>();
  const events = new FakeEvents(clock);
  const images = new FakeImages();
  const projects = new FakeProjects();
  const calls: FakeControl["calls"] = [];
  let down = false;
  let ids = 0;
  let boots = 1;
  let bootedAt = clock.now();

  const addressesOf = ({ blueprint, attached }: FakeContainer): Record<string, string> =>
    Object.fromEntries(
      blueprint.networks.flatMap(({ name, address }) => (attached.includes(name) && address !== null ? [[name, address]] : [])),
    );
  const at = (address: string): FakeContainer | null =>
    census.byAddress.of(address).find((one) => one.state === "running" && Object.values(addressesOf(one)).includes(address)) ?? null;
  const networks = new FakeNetworks(events, () =>
    [...containers.values()].map((container) => ({
      addresses: addressesOf(container),
      alive: container.alive,
      volumes: [...Object.values(container.blueprint.volumeNames), ...Object.values(container.blueprint.slotVolumes)],
    })),
  );

  const volumes = new FakeVolumes(
    (name) => networks.disks.has(name),
    () =>
      [...containers.values()].flatMap(({ blueprint: { name, stack, service, slot, spec, volumeNames }, alive }) =>
        spec.mounts
          .filter((mount) => mount.kind === "volume" && mount.source !== null)
          .map(({ source, readOnly }) => ({
            volume: volumeNames[source ?? ""] ?? source ?? "",
            ...{ container: name, ours: true, stack, service, slot, running: alive, readOnly },
          })),
      ),
  );

  const execution = new FakeExecution(events, clock, (name) => {
    const container = owned(name);
    if (container === undefined) return null;
    return { running: container.state === "running", labels: instanceLabels(installation, container.blueprint, []) };
  });

  const enter = async (call: CallName, name: string): Promise<void> => {
    calls.push({ at: clock.now(), call, name });
    if (control.callMs > 0) await new Promise<void>((resolve) => clock.after(control.callMs, resolve));
    if (down) throw new InstarError("INS3001", "the engine cannot be reached: connection refused");
    const index = failures.findIndex((failure) => failure.call === call);
    const [failure] = index < 0 ? [] : failures.splice(index, 1);
    if (failure !== undefined) throw failure.error;
  };
  const forensics = new FakeForensics(events, { all: () => [...containers.values()], of: (id) => census.byId.of(id)[0] }, (container) =>
    view(container),
  );
  /** Every call of the port is written down, and may be made to fail. */
  const entered = <A extends unknown[], R>(call: CallName, act: (...args: A) => Promise<R>): ((...args: A) => Promise<R>) => {
    return async (...args) => {
      const [first] = args;
      await enter(call, typeof first === "string" ? first : "");
      return act(...args);
    };
  };

  const place = (blueprint: Blueprint, attached: readonly string[]): FakeContainer => {
    ids += 1;
    const labels = {
      ...blueprint.spec.labels,
      ...instanceLabels(
        installation,
        blueprint,
        blueprint.networks.map((network) => network.name),
      ),
    };
    const emit = (action: string, exitCode: number | null): void => {
      const [verb = "", detail] = action.split(": ");
      events.emit({
        action: verb,
        kind: "container",
        id: container.id,
        name: blueprint.name,
        labels,
        exitCode,
        ...(detail === undefined ? {} : { detail }),
      });
      if (verb === "start" || verb === "die") {
        const network = verb === "start" ? "connect" : "disconnect";
        for (const name of attached) events.emit({ action: network, kind: "network", name, labels: {}, exitCode: null });
      }
    };
    const container = new FakeContainer(`fake${ids}`, blueprint, clock, () => behaviours.get(blueprint.image.reference) ?? STEADY, emit);
    container.attached = [...attached];
    containers.set(blueprint.name, container);
    sorted = null;
    census.add(container);
    emit("create", null);
    return container;
  };

  const drop = (name: string, container: FakeContainer): void => {
    container.disarm();
    containers.delete(name);
    sorted = null;
    census.drop(container);
    const labels = instanceLabels(installation, container.blueprint, []);
    events.emit({ action: "destroy", kind: "container", id: container.id, name, labels, exitCode: null });
  };

  const view = (container: FakeContainer): EngineInstance =>
    container.view(addressesOf(container), images.idOf(container.blueprint.image) ?? container.blueprint.image.shown);

  /** The container, ownership proved; undefined when there is none. */
  const owned = (name: string): FakeContainer | undefined => {
    if (foreign.has(name)) throw new InstarError("INS3002", `the container ${name} is not ours`);
    return containers.get(name);
  };

  const create: Engine["create"] = async (blueprint) => {
    if (foreign.has(blueprint.name))
      throw new InstarError("INS3003", `the name ${blueprint.name} is taken by a container that is not ours`);
    if (images.idOf(blueprint.image) === null)
      throw new InstarError("INS3004", `the image ${blueprint.image.reference} is no longer on the engine`);
    const found = containers.get(blueprint.name);
    if (found !== undefined) {
      const { stack, service, instanceHash } = found.blueprint;
      if (stack !== blueprint.stack || service !== blueprint.service) {
        throw new InstarError("INS3003", `the name ${blueprint.name} is taken by an instance of ${stack}/${service}`);
      }
      if (found.everStarted || (found.built && instanceHash === blueprint.instanceHash)) return found.id;
      drop(blueprint.name, found);
    }
    return place(
      blueprint,
      blueprint.networks.map((network) => network.name),
    ).id;
  };

  const start: Engine["start"] = async (name) => {
    const container = owned(name);
    if (container === undefined) throw new InstarError("INS3005", `the container ${name} is gone`);
    if (container.alive) return;
    const mine = addressesOf(container);
    const ports = portsOf(container);
    const neighbours = ports.length > 0 ? [...containers.values()] : Object.values(mine).flatMap((address) => census.byAddress.of(address));
    for (const other of neighbours) {
      if (other === container || !other.alive) continue;
      const theirs = addressesOf(other);
      if (Object.entries(mine).some(([network, address]) => theirs[network] === address)) {
        throw new InstarError("INS3005", "the engine refused: Address already in use");
      }
      if (portsOf(other).some((port) => ports.includes(port)))
        throw new InstarError("INS4001", "the engine refused: port is already allocated");
    }
    if (ports.some((port) => takenPorts.has(port))) throw new InstarError("INS4001", "the engine refused: bind: address already in use");
    await container.start();
  };

  const stop: Engine["stop"] = async (name, { graceMs }) => owned(name)?.stop(graceMs);

  const remove: Engine["remove"] = async (name) => {
    const container = owned(name);
    if (container === undefined) return;
    if (container.alive) throw new InstarError("INS3005", `the engine refused: ${name} is running`);
    drop(name, container);
  };

  const instances: Engine["instances"] = async (of = {}) =>
    (of.stack === undefined || of.service === undefined ? [...containers.values()] : census.ofService.of(`${of.stack}/${of.service}`))
      .filter(
        ({ blueprint }) => (of.stack ?? blueprint.stack) === blueprint.stack && (of.service ?? blueprint.service) === blueprint.service,
      )
      .map(view)
      .sort((a, b) => (a.name < b.name ? -1 : 1));

  async function* logs(name: string, how: Parameters<Engine["logs"]>[1]): AsyncGenerator<StampedLine> {
    await enter("logs", name);
    const container = containers.get(name);
    if (container === undefined) return;
    const first = how.since === undefined ? 0 : Number(how.since);
    let next = how.tail === null ? first : Math.max(first, container.log.length - how.tail);
    while (!how.signal.aborted) {
      const line = container.log[next];
      if (line !== undefined) {
        next += 1;
        yield { ...line, stamp: String(next - 1) };
      } else if (!how.follow || !container.alive) return;
      else {
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            container.followers.delete(wake);
            how.signal.removeEventListener("abort", wake);
            resolve();
          };
          container.followers.add(wake);
          how.signal.addEventListener("abort", wake, { once: true });
        });
      }
    }
  }

  const known = (name: string): FakeContainer => {
    const container = containers.get(name);
    if (container === undefined) throw new Error(`no container ${name}`);
    return container;
  };

  const control: FakeControl = {
    images,
    networks,
    forensics,
    projects,
    volumes,
    execution,
    calls,
    callMs: 0,
    behave: (reference, behaviour) => void behaviours.set(reference, { ...STEADY, ...behaviour }),
    container: known,
    containers: () => {
      sorted ??= [...containers.values()].sort((a, b) => (a.blueprint.name < b.blueprint.name ? -1 : 1));
      return sorted;
    },
    crash: (name, exitCode = 137) => known(name).end(exitCode),
    setHealth: (name, health) => known(name).turn(health),
    setReady: (name, seen) => {
      known(name).ready = seen;
    },
    at,
    probe: (address) => {
      const there = at(address);
      return there === null ? "no route to host" : there.probe();
    },
    unread: () => events.unread,
    lostSince: () => events.lostSince,
    loseEvents: (lost) => {
      events.losing = lost;
      if (!lost) events.reconnect();
    },
    failNext: (call, error, times = 1) => {
      for (let n = 0; n < times; n += 1) failures.push({ call, error });
    },
    forgetFailures: () => void failures.splice(0),
    setDown: (isDown) => {
      down = isDown;
      if (isDown) events.cut();
      events.losing = isDown;
      if (!isDown) events.reconnect();
    },
    reboot: (cold = false) => {
      boots += 1;
      bootedAt = clock.now();
      events.cut();
      events.losing = true;
      for (const container of containers.values()) container.reboot(cold);
      events.forget();
      events.losing = down;
      events.reconnect();
    },
    addForeign: (name) => void foreign.add(name),
    hasContainer: (name) => foreign.has(name) || containers.has(name),
    takePort: (port) => void takenPorts.add(port),
    leaveHalfBuilt: (blueprint) =>
      place(
        blueprint,
        blueprint.networks.slice(0, 1).map((network) => network.name),
      ).id,
    installation,
    origins: () =>
      new Map([...containers].flatMap(([name, { blueprint }]) => (blueprint.origin == null ? [] : [[name, blueprint.origin]]))),
    vanish: (name) => drop(name, known(name)),
    touch: (name, action, more = {}) => {
      const [verb = "", detail] = action.split(": ");
      const { id, blueprint } = known(name);
      const labels = { ...instanceLabels(installation, blueprint, []), ...more };
      events.emit({ action: verb, kind: "container", id, name, labels, exitCode: null, ...(detail === undefined ? {} : { detail }) });
    },
  };

  return {
    control,
    ping: entered("ping", async () => ({
      version: "fake",
      apiVersion: "1.41",
      platform: "linux/amd64",
      lacks: ["swappiness"],
      liveRestore: true,
      id: "FAKE",
      bootId: `boot-${boots}`,
      startedAt: bootedAt,
    })),
    ...fakeImageWork(images),
    instances: entered("instances", instances),
    instance: entered("instance", async (name) => {
      const container = containers.get(name);
      return container === undefined ? null : view(container);
    }),
    create: async (blueprint) => {
      await enter("create", blueprint.name);
      return create(blueprint);
    },
    start: entered("start", start),
    stop: entered("stop", stop),
    enter: entered("enter", async (name, { command }) => {
      const container = owned(name);
      if (container === undefined || container.state !== "running") throw new InstarError("INS3024", `${name} does not run`);
      return container.enter(command);
    }),
    signal: entered("signal", async (name, signal) => {
      const container = owned(name);
      if (container === undefined) throw new InstarError("INS3005", `the container ${name} is gone`);
      container.signal(signal);
    }),
    remove: entered("remove", remove),
    tail: entered("tail", async (name, lines) =>
      lines === 0 ? [] : (containers.get(name)?.log.slice(-lines) ?? []).map((line) => line.text),
    ),
    logs,
    events: (signal, since) => events.stream(signal, since),
    watched: entered("watched", forensics.watched),
    ownContainers: entered("ownContainers", forensics.ownContainers),
    memory: entered("memory", forensics.memory),
    examine: entered("examine", forensics.examine),
    healthcheckOf: entered("healthcheckOf", forensics.healthcheckOf),
    imageChanges: entered("imageChanges", forensics.imageChanges),
    exportLayer: entered("exportLayer", forensics.exportLayer),
    networks: entered("networks", networks.networks),
    takenSubnets: entered("takenSubnets", networks.takenSubnets),
    ensureNetwork: entered("ensureNetwork", networks.ensureNetwork),
    removeNetwork: entered("removeNetwork", networks.removeNetwork),
    volumes: entered("volumes", networks.volumes),
    ensureVolume: entered("ensureVolume", networks.ensureVolume),
    removeVolume: entered("removeVolume", networks.removeVolume),
    project: entered("project", projects.project),
    runningOf: entered("runningOf", projects.runningOf),
    retire: entered("retire", projects.retire),
    revive: entered("revive", projects.revive),
    attach: entered("attach", projects.attach),
    detach: entered("detach", projects.detach),
    discard: entered("discard", projects.discard),
    execute: entered("execute", execution.execute),
    volumeUsers: entered("volumeUsers", volumes.volumeUsers),
    volumeSizes: entered("volumeSizes", volumes.volumeSizes),
    measureVolume: entered("measureVolume", volumes.measureVolume),
    readVolume: volumes.readVolume,
    writeVolume: entered("writeVolume", volumes.writeVolume),
    sweepVolumeWork: entered("sweepVolumeWork", volumes.sweepVolumeWork),
    resolveImage: entered("resolveImage", images.resolveImage.bind(images)),
    hasImage: entered("hasImage", images.hasImage.bind(images)),
    restoreImage: entered("restoreImage", images.restoreImage.bind(images)),
    build: entered("build", images.build.bind(images)),
    push: entered("push", images.push.bind(images)),
  };
};

/** Host ports the engine itself binds. */
const portsOf = ({ blueprint }: FakeContainer): number[] =>
  blueprint.spec.ports.flatMap((port) =>
    port.published !== null && (port.mode === "host" || port.protocol === "udp") ? [port.published] : [],
  );
