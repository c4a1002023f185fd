import { InstarError } from "../../errors.ts";
import type { Engine, EngineVolume, SlotPath } from "../../reconcile/ports.ts";
import type { DockerClient } from "./client.ts";
import { orMissing } from "./failure.ts";
import { LABEL, proveOurs } from "./labels.ts";

interface Volume {
  readonly Name: string;
  readonly Labels: Readonly<Record<string, string>> | null;
}

export type Volumes = Pick<Engine, "volumes" | "ensureVolume" | "removeVolume">;

export const dockerVolumes = (client: DockerClient, installation: string): Volumes => {
  const inspect = (name: string): Promise<Volume | null> => orMissing(client.ask<Volume>("GET", `/volumes/${encodeURIComponent(name)}`));

  const volumes: Engine["volumes"] = async () => {
    const { Volumes } = await client.ask<{ Volumes: Volume[] | null }>("GET", "/volumes");
    return (Volumes ?? []).map(
      (volume): EngineVolume => ({
        name: volume.Name,
        stack: volume.Labels?.[LABEL.stack] ?? null,
        ours: volume.Labels?.[LABEL.installation] === installation,
        labels: volume.Labels ?? {},
      }),
    );
  };

  const ensureVolume: Engine["ensureVolume"] = async (stack, spec, owner) => {
    const found = await inspect(spec.name);
    if (spec.external) {
      if (found !== null) return;
      throw new InstarError("INS1008", `the external volume ${spec.name} does not exist on the engine`, {
        hint: `create it (docker volume create ${spec.name}), or remove external: true`,
      });
    }
    if (found !== null) {
      const owner = found.Labels?.[LABEL.installation] === installation ? found.Labels[LABEL.stack] : undefined;
      if (owner === stack) return;
      throw new InstarError(
        "INS3003",
        `the volume ${spec.name} exists and ${owner === undefined ? "is not ours" : `belongs to the stack ${owner}`}`,
        {
          hint: "mark it external: true to use it as it is, or give the volume another name",
        },
      );
    }
    await client.ask("POST", "/volumes/create", {
      body: {
        Name: spec.name,
        Driver: spec.driver,
        DriverOpts: { ...spec.driverOpts },
        Labels: { ...spec.labels, [LABEL.installation]: installation, [LABEL.stack]: stack, ...ownerLabels(owner) },
      },
    });
  };

  const removeVolume: Engine["removeVolume"] = async (name, adopted = false) => {
    const found = await inspect(name);
    if (found === null) return;
    if (!adopted) proveOurs(`the volume ${name}`, found.Labels, installation);
    await orMissing(client.ask("DELETE", `/volumes/${encodeURIComponent(name)}`));
  };

  return { volumes, ensureVolume, removeVolume };
};

const ownerLabels = (owner: SlotPath | undefined): Record<string, string> =>
  owner === undefined ? {} : { [LABEL.service]: owner.service, [LABEL.slot]: String(owner.slot), [LABEL.target]: owner.target };
