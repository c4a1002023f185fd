import { InstarError } from "../../src/errors.ts";
import type { Engine, EngineVolume } from "../../src/reconcile/ports.ts";
import type { FakeEvents } from "./fake-events.ts";

interface Network {
  readonly stack: string | null;
  readonly subnet: string;
  readonly gateway: string | null;
}

/** Attachments of every container: network → address, and whether it runs. */
export type Attached = () => readonly {
  readonly addresses: Readonly<Record<string, string>>;
  readonly alive: boolean;
  readonly volumes: readonly string[];
}[];

/** The networks and volumes of a simulated engine. */
export class FakeNetworks
  implements Pick<Engine, "networks" | "takenSubnets" | "ensureNetwork" | "removeNetwork" | "volumes" | "ensureVolume" | "removeVolume">
{
  readonly known = new Map<string, Network>();
  readonly disks = new Map<string, EngineVolume>();
  /** Subnets the host has routes to. */
  routes: string[] = [];
  private readonly events: FakeEvents;
  private readonly attached: Attached;

  constructor(events: FakeEvents, attached: Attached) {
    this.events = events;
    this.attached = attached;
  }

  addForeignNetwork(name: string, subnet: string): void {
    this.known.set(name, { stack: null, subnet, gateway: null });
  }

  addForeignVolume(name: string): void {
    this.disks.set(name, { name, stack: null, ours: false, labels: {} });
  }

  networks: Engine["networks"] = async () => {
    const attached = this.attached().flatMap(({ addresses }) => Object.entries(addresses));
    const byNetwork = Map.groupBy(attached, ([name]) => name);
    return [...this.known].map(([name, { stack, subnet, gateway }]) => ({
      ...{ name, stack, subnet, gateway },
      ours: stack !== null,
      addresses: (byNetwork.get(name) ?? []).map(([, address]) => address),
    }));
  };

  takenSubnets: Engine["takenSubnets"] = async () => [...[...this.known.values()].map((network) => network.subnet), ...this.routes];

  ensureNetwork: Engine["ensureNetwork"] = async (stack, spec, block) => {
    const found = this.known.get(spec.name);
    if (spec.external) {
      if (found === undefined) throw new InstarError("INS1008", `the external network ${spec.name} does not exist on the engine`);
      return;
    }
    if (found === undefined) {
      this.known.set(spec.name, { stack, subnet: block.subnet, gateway: block.gateway });
      this.events.emit({ action: "create", kind: "network", name: spec.name, labels: {}, exitCode: null });
    } else if (found.stack !== stack || found.subnet !== block.subnet) {
      throw new InstarError("INS3003", `the network ${spec.name} exists and is not this one`);
    }
  };

  removeNetwork: Engine["removeNetwork"] = async (name) => {
    const found = this.known.get(name);
    if (found === undefined) return;
    if (found.stack === null) throw new InstarError("INS3002", `the network ${name} is not ours`);
    if (this.attached().some(({ addresses, alive }) => alive && name in addresses)) {
      throw new InstarError("INS3005", `the engine refused: network ${name} has active endpoints`);
    }
    this.known.delete(name);
    this.events.emit({ action: "destroy", kind: "network", name, labels: {}, exitCode: null });
  };

  volumes: Engine["volumes"] = async () => [...this.disks.values()];

  ensureVolume: Engine["ensureVolume"] = async (stack, spec, owner) => {
    const found = this.disks.get(spec.name);
    if (spec.external) {
      if (found === undefined) throw new InstarError("INS1008", `the external volume ${spec.name} does not exist on the engine`);
      return;
    }
    if (found === undefined) {
      const labels = Object.entries(owner ?? {}).map(([key, value]) => [`dev.instar.${key}`, String(value)]);
      this.disks.set(spec.name, { name: spec.name, stack, ours: true, labels: { ...spec.labels, ...Object.fromEntries(labels) } });
      this.events.emit({ action: "create", kind: "volume", name: spec.name, labels: {}, exitCode: null });
    } else if (found.stack !== stack) {
      throw new InstarError("INS3003", `the volume ${spec.name} exists and is not this one`);
    }
  };

  removeVolume: Engine["removeVolume"] = async (name, adopted = false) => {
    const found = this.disks.get(name);
    if (found === undefined) return;
    if (!found.ours && !adopted) throw new InstarError("INS3002", `the volume ${name} is not ours`);
    if (this.attached().some(({ volumes }) => volumes.includes(name))) {
      throw new InstarError("INS3005", `the engine refused: volume ${name} is in use`);
    }
    this.disks.delete(name);
    this.events.emit({ action: "destroy", kind: "volume", name, labels: {}, exitCode: null });
  };
}
