import { kill } from "node:process";
import Docker from "dockerode";
import { containerBody } from "../../src/engine/docker/body.ts";
import { socketOf } from "../../src/engine/docker/client.ts";
import { createDockerEngine } from "../../src/engine/docker/engine.ts";
import type { EngineWorld, Program } from "../conformance/engine-world.ts";

/** The engine of the tests; `script/test` gives them one of their own. */
export const SOCKET = socketOf({ dockerHost: process.env["DOCKER_HOST"] ?? "" });
export const BASE_IMAGE = "instar/base:node24";
const MARK = "dev.instar.test";

const scriptOf = (program: Program): string => {
  switch (program.does) {
    case "steady":
      return "trap 'exit 0' TERM; echo up; while :; do sleep 1000 & wait $!; done";
    case "deaf":
      return "trap '' TERM; echo up; while :; do sleep 1000; done";
    case "exits":
      return `echo "ending with ${program.status}"; exit ${program.status}`;
    case "speaks":
      return `${program.lines.map((line) => (line.startsWith("!") ? `echo ${line.slice(1)} >&2` : `echo ${line}`)).join("; ")}; exec sleep 1000`;
  }
};

/** The real engine of this machine. `third` is the third number of 10.211.x.0/24 where its four subnets begin. */
export const dockerWorld = async (prefix: string, third: number): Promise<EngineWorld> => {
  const docker = new Docker({ socketPath: SOCKET, host: "" });
  const installation = `test-${prefix}`;
  const engine = createDockerEngine({ socketPath: SOCKET, installation });
  const base = await engine.resolveImage(BASE_IMAGE, "never");
  const network = (n: number): string => `10.211.${third + n}`;
  const labels = { [MARK]: prefix };

  const close = async (): Promise<void> => {
    const marks = [`${MARK}=${prefix}`, `dev.instar.installation=${installation}`, `dev.instar.installation=${installation}-other`];
    const filters = marks.map((mark) => ({ label: [mark] }));
    for (const filter of filters) {
      const containers = await docker.listContainers({ all: true, filters: filter });
      await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
    }
    for (const filter of filters) {
      for (const { Id } of await docker.listNetworks({ filters: filter })) await docker.getNetwork(Id).remove();
      for (const { Name } of (await docker.listVolumes({ filters: filter })).Volumes) await docker.getVolume(Name).remove();
    }
  };
  // What an earlier run left that was killed.
  await close();

  const isThere = async (look: Promise<unknown>): Promise<boolean> => {
    try {
      await look;
      return true;
    } catch (error) {
      if (error instanceof Error && "statusCode" in error && error.statusCode === 404) return false;
      throw error;
    }
  };

  return {
    engine,
    prefix,
    localImage: BASE_IMAGE,
    program: async (program) => ({ image: base, command: ["sh", "-c", scriptOf(program)] }),
    block: (n) => ({
      subnet: `${network(n)}.0/24`,
      ipRange: `${network(n)}.240/28`,
      gateway: `${network(n)}.1`,
      address: (host) => `${network(n)}.${host}`,
    }),
    foreignContainer: async (name) => {
      const HostConfig = { NetworkMode: "none" };
      const made = await docker.createContainer({ name, Image: BASE_IMAGE, Cmd: ["sleep", "1000"], Labels: labels, HostConfig });
      await made.start();
    },
    foreignInstance: async (blueprint) => {
      const other = createDockerEngine({ socketPath: SOCKET, installation: `${installation}-other` });
      await other.create(blueprint);
      await other.start(blueprint.name);
    },
    foreignNetwork: async (name, subnet) => {
      await docker.createNetwork({ Name: name, Labels: labels, IPAM: { Driver: "default", Config: [{ Subnet: subnet }] } });
    },
    foreignVolume: async (name) => {
      await docker.createVolume({ Name: name, Labels: labels });
    },
    exists: (kind, name) => {
      if (kind === "container") return isThere(docker.getContainer(name).inspect());
      return isThere(kind === "network" ? docker.getNetwork(name).inspect() : docker.getVolume(name).inspect());
    },
    isRunning: async (name) => (await docker.getContainer(name).inspect()).State.Running,
    leaveHalfBuilt: async (blueprint) => {
      const body = containerBody(blueprint, installation, "1.41", blueprint.image.runnable);
      return (await docker.createContainer({ ...body, name: blueprint.name })).id;
    },
    crash: async (name) => {
      const { State } = await docker.getContainer(name).inspect();
      if (State.Pid > 1) kill(State.Pid, "SIGKILL");
    },
    close,
  };
};
