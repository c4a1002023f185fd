import type Docker from "dockerode";
import type { Engine, VolumeUser } from "../../reconcile/ports.ts";
import type { DockerClient } from "./client.ts";
import { LABEL } from "./labels.ts";
import { nameOf } from "./observation.ts";
import { isVolumeWork } from "./volume-content.ts";

/** `GET /system/df`; a size of -1 is one the driver does not tell. */
interface DiskUse {
  readonly Volumes: readonly { readonly Name: string; readonly UsageData?: { readonly Size: number } | null }[] | null;
}

const ALIVE = new Set(["running", "paused", "restarting"]);

export type VolumeUse = Pick<Engine, "volumeUsers" | "volumeSizes">;

export const dockerVolumeUse = (client: DockerClient, installation: string): VolumeUse => {
  const volumeUsers: Engine["volumeUsers"] = async (name) => {
    const query = { all: true, ...(name === undefined ? {} : { filters: { volume: [name] } }) };
    const containers = await client.ask<Docker.ContainerInfo[]>("GET", "/containers/json", { query });
    return containers.flatMap((container) => {
      const labels = container.Labels ?? {};
      if (isVolumeWork(container, installation)) return [];
      const ours = labels[LABEL.installation] === installation;
      // The engine's filter also finds a volume by its path inside the container.
      const mounts = container.Mounts.filter((mount) => mount.Type === "volume" && (name === undefined || mount.Name === name));
      return mounts.map(
        (mount): VolumeUser => ({
          volume: mount.Name ?? "",
          container: nameOf(container),
          ours,
          stack: ours ? (labels[LABEL.stack] ?? null) : null,
          service: ours ? (labels[LABEL.service] ?? null) : null,
          slot: ours && labels[LABEL.slot] !== undefined ? Number(labels[LABEL.slot]) : null,
          running: ALIVE.has(container.State),
          readOnly: !mount.RW,
        }),
      );
    });
  };

  const volumeSizes: Engine["volumeSizes"] = async () => {
    const { Volumes } = await client.ask<DiskUse>("GET", "/system/df", { query: { type: "volume" } });
    return new Map((Volumes ?? []).flatMap(({ Name, UsageData }) => (UsageData && UsageData.Size >= 0 ? [[Name, UsageData.Size]] : [])));
  };

  return { volumeUsers, volumeSizes };
};
