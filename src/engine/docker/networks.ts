import { readFile } from "node:fs/promises";
import type Docker from "dockerode";
import { InstarError } from "../../errors.ts";
import type { Engine, EngineNetwork } from "../../reconcile/ports.ts";
import type { NetworkSpec } from "../../spec/types.ts";
import type { DockerClient } from "./client.ts";
import { orMissing, refused } from "./failure.ts";
import { LABEL, proveOurs } from "./labels.ts";
import { routedSubnets } from "./routes.ts";

type Network = Docker.NetworkInspectInfo;
export type Networks = Pick<Engine, "networks" | "takenSubnets" | "ensureNetwork" | "removeNetwork">;

const subnetsOf = (network: Network): { readonly Subnet: string; readonly Gateway?: string }[] =>
  (network.IPAM?.Config ?? []).flatMap((config) =>
    config.Subnet?.includes(".") ? [{ Subnet: config.Subnet, ...(config.Gateway === undefined ? {} : { Gateway: config.Gateway }) }] : [],
  );

/** `routesFile` is the kernel's table, in the form of /proc/net/route. */
export const dockerNetworks = (client: DockerClient, installation: string, routesFile: string): Networks => {
  const list = (): Promise<Network[]> => client.ask<Network[]>("GET", "/networks");
  const named = async (name: string): Promise<Network[]> => (await list()).filter((network) => network.Name === name);

  const networks: Engine["networks"] = async () => {
    const [all, containers] = await Promise.all([
      list(),
      // Of every container, stopped and foreign ones too: each keeps its configured address.
      client.ask<Docker.ContainerInfo[]>("GET", "/containers/json", { query: { all: true } }),
    ]);
    return all.map((network): EngineNetwork => {
      const ipam = subnetsOf(network)[0];
      const addresses = containers.flatMap((container) => {
        const attached = container.NetworkSettings.Networks[network.Name];
        return [attached?.IPAMConfig?.IPv4Address, attached?.IPAddress].filter((address) => address !== undefined && address !== "");
      });
      return {
        name: network.Name,
        stack: network.Labels?.[LABEL.stack] ?? null,
        ours: network.Labels?.[LABEL.installation] === installation,
        subnet: ipam?.Subnet ?? null,
        gateway: ipam?.Gateway ?? null,
        addresses: [...new Set(addresses as string[])],
      };
    });
  };

  const ensureNetwork: Engine["ensureNetwork"] = async (stack, spec, block) => {
    const found = await named(spec.name);
    if (spec.external) {
      if (found.length > 0) return;
      throw new InstarError("INS1008", `the external network ${spec.name} does not exist on the engine`, {
        hint: `create it (docker network create ${spec.name}), or remove external: true`,
      });
    }
    const [first] = found;
    if (first !== undefined) return settle(stack, spec, first, block.subnet);
    try {
      await make(stack, spec, block);
    } catch (error) {
      if (!refused(error, 409)) throw error;
      // Someone was faster.
      const [other] = await named(spec.name);
      if (other === undefined) throw error;
      settle(stack, spec, other, block.subnet);
    }
  };

  const make = async (
    stack: string,
    spec: Parameters<Engine["ensureNetwork"]>[1],
    block: Parameters<Engine["ensureNetwork"]>[2],
  ): Promise<void> => {
    await client.ask("POST", "/networks/create", {
      body: {
        Name: spec.name,
        CheckDuplicate: true,
        Driver: "bridge",
        Internal: spec.internal,
        Options: { ...spec.driverOpts },
        Labels: { ...spec.labels, [LABEL.installation]: installation, [LABEL.stack]: stack },
        IPAM: { Driver: "default", Config: [{ Subnet: block.subnet, IPRange: block.ipRange, Gateway: block.gateway }] },
      },
    });
  };

  const settle = (stack: string, spec: NetworkSpec, found: Network, subnet: string): void => {
    const owner = found.Labels?.[LABEL.installation];
    if (owner !== installation) throw new InstarError("INS3003", `the network ${found.Name} exists and is not ours`);
    const ownerStack = found.Labels?.[LABEL.stack];
    if (ownerStack !== stack) {
      throw new InstarError("INS3003", `the network ${found.Name} belongs to the stack ${ownerStack}`, {
        hint: "mark it external: true to share it, or give it another name",
      });
    }
    const differs = Object.entries(spec.driverOpts ?? {}).find(([option, value]) => found.Options?.[option] !== value);
    if (differs !== undefined) {
      throw new InstarError("INS3003", `the network ${found.Name} exists without the option ${differs.join("=")}`, {
        hint: `options are set when a network is made: instar down ${stack} removes it, or give it another name`,
      });
    }
    const present = subnetsOf(found).map((config) => config.Subnet);
    if (!present.includes(subnet)) {
      throw new InstarError(
        "INS3003",
        `the network ${found.Name} exists with the subnet ${present.join(", ") || "of another driver"}, not ${subnet}`,
      );
    }
  };

  const removeNetwork: Engine["removeNetwork"] = async (name) => {
    for (const found of await named(name)) {
      proveOurs(`the network ${name}`, found.Labels, installation);
      await orMissing(client.ask("DELETE", `/networks/${found.Id}`));
    }
  };

  const takenSubnets: Engine["takenSubnets"] = async () => {
    const [all, routes] = await Promise.all([list(), readFile(routesFile, "utf8")]);
    return [...new Set([...all.flatMap((network) => subnetsOf(network).map((config) => config.Subnet)), ...routedSubnets(routes)])];
  };

  return { networks, takenSubnets, ensureNetwork, removeNetwork };
};
