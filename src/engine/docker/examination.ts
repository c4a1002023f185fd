import type { Examination, Forensics } from "../../reconcile/drift-engine.ts";
import { containerBody } from "./body.ts";
import type { DockerClient } from "./client.ts";
import { compare, type ImageConfig, type Inspect as Plain } from "./comparison.ts";
import { orMissing } from "./failure.ts";
import { GONE, type HostFile, hostFileReader, hostFilesOf } from "./host-files.ts";
import { type Kernel, lacksOf } from "./lacks.ts";
import { below, type Layer, type LayerPlace, leadsTo, readLayer } from "./layer.ts";
import { observe } from "./observation.ts";
import { overlayOf } from "./overlay.ts";
import { Recent } from "./recent.ts";

type Inspect = Plain & { readonly HostnamePath: string };

/** Without any event an inspect holds this long: what changes without one is an edit of the engine's own files. */
const HOLDS_MS = 60_000;
/** Where the engine itself mounts something or makes a place for it. */
const ENGINE_STUBS = [
  "/sbin/docker-init",
  "/.dockerenv",
  "/dev",
  "/proc",
  "/sys",
  "/etc/hosts",
  "/etc/hostname",
  "/etc/resolv.conf",
  "/etc/mtab",
];

interface Held extends Pick<Examination, "instance" | "differences"> {
  readonly at: number;
  readonly running: boolean;
  readonly place: LayerPlace & { readonly onDisk: boolean };
  readonly hostFiles: readonly HostFile[];
}

export const dockerExamination = (client: DockerClient, installation: string): Pick<Forensics, "examine"> => {
  const held = new Recent<Held>();
  const layers = new Recent<Layer["read"]>();
  const hostFiles = hostFileReader(client);
  const images = new Recent<ImageConfig>();
  let lacks: ReturnType<typeof lacksOf> | null = null;

  const imageOf = async (id: string): Promise<ImageConfig | null> => {
    const known = images.get(id);
    if (known !== undefined) return known;
    const found = await orMissing(client.ask<{ Config?: ImageConfig | null }>("GET", `/images/${encodeURIComponent(id)}/json`));
    if (found !== null) images.set(id, found.Config ?? {});
    return found === null ? null : (found.Config ?? {});
  };

  const hold = async ({ id, scratch, made }: Parameters<Forensics["examine"]>[0]): Promise<Held | null> => {
    const inspect = await orMissing(client.ask<Inspect>("GET", `/containers/${encodeURIComponent(id)}/json`));
    const instance = inspect === null ? null : observe(inspect);
    if (inspect === null || instance === null) return null;
    const wanted = await made(instance);
    lacks ??= lacksOf(await client.ask<Kernel>("GET", "/info"));
    return {
      at: performance.now(),
      instance,
      running: inspect.State.Running,
      differences:
        wanted === null
          ? []
          : [
              ...wanted.differences,
              ...compare(
                inspect,
                containerBody(wanted.blueprint, installation, await client.apiVersion(), inspect.Config.Image),
                await imageOf(inspect.Image),
                wanted.blueprint,
                lacks,
              ),
            ],
      place: placeOf(inspect, scratch),
      hostFiles: hostFilesOf(inspect),
    };
  };

  const forget = (id: string): null => {
    hostFiles.forget(held.get(id)?.hostFiles ?? []);
    held.delete(id);
    layers.delete(id);
    return null;
  };

  const runs = async (id: string): Promise<boolean> =>
    (await orMissing(client.ask<Inspect>("GET", `/containers/${encodeURIComponent(id)}/json`)))?.State.Running === true;

  const layerOf = async (id: string, { place }: Held): Promise<Pick<Examination, "changed" | "more" | "traces" | "onDisk">> => {
    if (!place.onDisk) return told(client, id, place);
    try {
      const { read, ...layer } = await readLayer(place, layers.get(id) ?? new Map());
      layers.set(id, read);
      return { ...layer, onDisk: true };
    } catch (error) {
      if (!["ENOENT", "EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
      return told(client, id, place);
    }
  };

  const examine: Forensics["examine"] = async (what) => {
    const { id, anew } = what;
    const known = held.get(id);
    const fresh = known !== undefined && !anew && performance.now() - known.at < HOLDS_MS;
    const one = fresh ? known : await hold(what);
    if (one === null) return forget(id);
    held.set(id, one);
    const { instance, differences } = one;
    const examination = { instance, differences, ...(await layerOf(id, one)), ...(await hostFiles.read(id, one.hostFiles)) };
    // They go with their container too, and that is no edit.
    if (Object.values(examination.files).includes(GONE) && !(await runs(id))) return forget(id);
    if (!one.running) forget(id);
    return examination;
  };

  return { examine };
};

/** `upper` is empty where the engine keeps its layers otherwise than on this host's disk. */
function placeOf(inspect: Inspect, writable: readonly string[]): Held["place"] {
  const overlay = overlayOf(inspect);
  const mounted = [...inspect.Mounts.map(({ Destination }) => Destination), ...Object.keys(inspect.HostConfig.Tmpfs ?? {})];
  const stubs = new Set([...ENGINE_STUBS, ...mounted.map(plain)]);
  return { upper: overlay?.upper ?? "", lower: overlay?.lower ?? [], writable, stubs, folders: new Map(), onDisk: overlay !== null };
}

const plain = (path: string): string => path.replace(/\/+$/, "");

const KINDS = ["C", "A", "D"] as const;
const LISTED = 200;

/**
 * What the engine itself tells: paths without contents, so that a second edit of one does not show. Places where something is mounted
 * are in it from the start; parents of what changed are left out.
 */
async function told(
  client: DockerClient,
  id: string,
  { writable, stubs }: LayerPlace,
): Promise<Pick<Examination, "changed" | "more" | "traces" | "onDisk">> {
  const answer = await client.ask<{ readonly Path: string; readonly Kind: 0 | 1 | 2 }[] | null>("GET", `/containers/${id}/changes`);
  const all = (answer ?? []).filter(({ Path }) => !leadsTo(Path, stubs) && !below(Path, writable));
  const parents = new Set(all.flatMap(({ Path }) => parentsOf(Path)));
  const changed = all
    .filter(({ Path, Kind }) => Kind !== 0 || !parents.has(Path))
    .map(({ Path, Kind }) => ({ path: Path, kind: KINDS[Kind], hash: "" }));
  return { changed: changed.slice(0, LISTED), more: changed.length > LISTED, traces: [], onDisk: false };
}

const parentsOf = (path: string): string[] => {
  const parts = path.split("/").slice(1, -1);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join("/")}`);
};
