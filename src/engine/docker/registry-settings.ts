import type { RegistrySettings } from "../../reconcile/registry-port.ts";
import type { DockerClient } from "./client.ts";

interface Info {
  readonly RegistryConfig?: {
    readonly Mirrors?: readonly string[] | null;
    readonly InsecureRegistryCIDRs?: readonly string[] | null;
    readonly IndexConfigs?: Readonly<Record<string, { readonly Secure?: boolean }>> | null;
  } | null;
}

/** `registry-mirrors` and `insecure-registries` of dockerd, as `docker info` shows them. */
export const registrySettings = async (client: DockerClient): Promise<RegistrySettings> => {
  const { RegistryConfig: config } = await client.ask<Info>("GET", "/info");
  const hosts = Object.entries(config?.IndexConfigs ?? {}).filter(([, { Secure }]) => Secure === false);
  return { mirrors: config?.Mirrors ?? [], insecure: [...(config?.InsecureRegistryCIDRs ?? []), ...hosts.map(([host]) => host)] };
};
