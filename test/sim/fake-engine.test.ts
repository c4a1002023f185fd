import type { Clock } from "../../src/reconcile/ports.ts";
import { engineConformance } from "../conformance/engine.ts";
import type { EngineWorld, Program } from "../conformance/engine-world.ts";
import type { Behaviour } from "./fake-container.ts";
import { createFakeEngine } from "./fake-engine.ts";

const wallClock: Clock = {
  now: () => Date.now(),
  after: (ms, wake) => {
    const timer = setTimeout(wake, ms);
    return () => clearTimeout(timer);
  },
};

const behaviourOf = (program: Program): Partial<Behaviour> => {
  switch (program.does) {
    case "steady":
      return { lines: ["up"] };
    case "deaf":
      return { lines: ["up"], stopMs: null };
    case "exits":
      return { endsAfterMs: 5, exitCode: program.status, lines: [`ending with ${program.status}`] };
    case "speaks":
      return { lines: program.lines };
  }
};

const fakeWorld = async (): Promise<EngineWorld> => {
  const engine = createFakeEngine({ clock: wallClock, installation: "conformance" });
  const { control } = engine;
  control.images.add("fake/local:1");
  const network = (n: number): string => `10.211.${n}`;
  return {
    engine,
    prefix: "fake",
    localImage: "fake/local:1",
    program: async (program) => {
      const reference = `fake/${program.does}${"status" in program ? `:${program.status}` : ""}`;
      control.behave(reference, behaviourOf(program));
      return { image: control.images.add(reference), command: null };
    },
    block: (n) => ({
      subnet: `${network(n)}.0/24`,
      ipRange: `${network(n)}.240/28`,
      gateway: `${network(n)}.1`,
      address: (host) => `${network(n)}.${host}`,
    }),
    foreignContainer: async (name) => control.addForeign(name),
    foreignInstance: async (blueprint) => control.addForeign(blueprint.name),
    foreignNetwork: async (name, subnet) => control.networks.addForeignNetwork(name, subnet),
    foreignVolume: async (name) => control.networks.addForeignVolume(name),
    exists: async (kind, name) =>
      kind === "container"
        ? control.hasContainer(name)
        : kind === "network"
          ? control.networks.known.has(name)
          : control.networks.disks.has(name),
    isRunning: async (name) => control.hasContainer(name),
    leaveHalfBuilt: async (blueprint) => control.leaveHalfBuilt(blueprint),
    crash: async (name) => control.crash(name),
    close: async () => {},
  };
};

engineConformance("in memory", fakeWorld);
