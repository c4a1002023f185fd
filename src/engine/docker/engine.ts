import { readFile } from "node:fs/promises";
import { InstarError } from "../../errors.ts";
import type { Engine } from "../../reconcile/ports.ts";
import { connectDocker, type DockerAddress, socketOf } from "./client.ts";
import { dockerContainers } from "./containers.ts";
import { dockerEvents } from "./events.ts";
import { dockerExecs } from "./execs.ts";
import { dockerExecution } from "./execution.ts";
import { dockerForensics } from "./forensics.ts";
import { dockerImageWork } from "./image-work.ts";
import { dockerImages } from "./images.ts";
import { type Kernel, lacksOf } from "./lacks.ts";
import { dockerLogs } from "./logs.ts";
import { dockerNetworks } from "./networks.ts";
import { dockerProjects } from "./projects.ts";
import { engineStartedAt } from "./started.ts";
import { dockerVolumeContent } from "./volume-content.ts";
import { dockerVolumeUse } from "./volume-use.ts";
import { dockerVolumes } from "./volumes.ts";

interface Info extends Kernel {
  readonly ID: string;
  readonly LiveRestoreEnabled: boolean;
  readonly OSType: string;
  /** The kernel's word: `x86_64`. */
  readonly Architecture: string;
  readonly OperatingSystem: string;
  readonly SecurityOptions: readonly string[] | null;
}

export type DockerOptions = DockerAddress & {
  readonly installation: string;
  /** Has GNU tar, find and du: volumes are read and written in containers of it. */
  readonly volumeImage?: string;
  /** Where registry logins are kept; `$DOCKER_CONFIG` or `~/.docker` without. */
  readonly configFolder?: string;
  /** The kernel's tables, elsewhere in tests. */
  readonly routesFile?: string;
  readonly bootIdFile?: string;
};

/** The Engine port on a Docker Engine of this machine. Raises INS3007 for an address elsewhere. */
export const createDockerEngine = (options: DockerOptions): Engine => {
  const { installation, routesFile = "/proc/net/route", bootIdFile = "/proc/sys/kernel/random/boot_id" } = options;
  const client = connectDocker(options);
  const images = dockerImages(client, installation, options.configFolder);
  const { inspects, ...containers } = dockerContainers(client, installation, images.present);

  const ping: Engine["ping"] = async () => {
    const { version, apiVersion } = await client.negotiate();
    const [info, bootId] = await Promise.all([client.ask<Info>("GET", "/info"), readFile(bootIdFile, "utf8")]);
    const refusal = unusable(info);
    if (refusal !== null) throw new InstarError("INS3007", refusal);
    const startedAt = await engineStartedAt(socketOf(options));
    const platform = `linux/${ARCHITECTURES[info.Architecture] ?? info.Architecture}`;
    return {
      version,
      apiVersion,
      platform,
      lacks: lacksOf(info),
      liveRestore: info.LiveRestoreEnabled,
      id: info.ID,
      bootId: bootId.trim(),
      startedAt,
    };
  };

  return {
    ping,
    ...dockerImageWork(client, images.present),
    ...containers,
    ...dockerLogs(client),
    events: (signal, since) => dockerEvents(client, installation, inspects, signal, since),
    ...dockerForensics(client, installation, images.find),
    ...dockerExecs(client, installation),
    ...dockerNetworks(client, installation, routesFile),
    ...dockerVolumes(client, installation),
    ...dockerProjects(client),
    ...dockerExecution(client, installation),
    ...dockerVolumeUse(client, installation),
    ...dockerVolumeContent(client, installation, options.volumeImage ?? "instar/router:3.0"),
    ...images.port,
  };
};

const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64", armv7l: "arm" };

/** Why this engine cannot be used, in words; null when it can. */
export const unusable = (info: Pick<Info, "OSType" | "OperatingSystem" | "SecurityOptions">): string | null => {
  if (info.OSType !== "linux") return `the engine runs ${info.OSType} containers; Linux is needed`;
  if (/docker desktop/i.test(info.OperatingSystem))
    return "Docker Desktop runs its containers in a virtual machine, where the router cannot reach them";
  if (info.SecurityOptions?.some((option) => option.includes("name=rootless")))
    return "the engine is rootless; the router cannot reach its containers";
  return null;
};
