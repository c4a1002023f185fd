import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import type Docker from "dockerode";
import type { Examination, Forensics } from "../../reconcile/drift-engine.ts";
import type { Revision } from "../../spec/types.ts";
import type { DockerClient } from "./client.ts";
import { type Comparison, compare, type ImageDefaults } from "./compare.ts";
import { orMissing } from "./failure.ts";
import { type Layer, type LayerPlace, readLayer } from "./layer.ts";

type Inspect = Docker.ContainerInspectInfo & {
  readonly HostnamePath: string;
  readonly GraphDriver?: { readonly Name: string; readonly Data?: Readonly<Record<string, string>> | null };
};

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

interface Held {
  readonly at: number;
  readonly startedAt: number | null;
  readonly running: boolean;
  readonly comparison: Comparison;
  /** null: the engine keeps its layers where they cannot be read. */
  readonly place: LayerPlace | null;
  readonly hostFiles: readonly (readonly [inside: string, host: string])[];
}

export const dockerExamination = (client: DockerClient): Pick<Forensics, "examine"> => {
  const held = new Map<string, Held>();
  const layers = new Map<string, Layer["read"]>();
  const stamps = new Map<string, { readonly stamp: string; readonly hash: string }>();
  const images = new Map<string, ImageDefaults | null>();

  const imageOf = async (id: string): Promise<ImageDefaults | null> => {
    const known = images.get(id);
    if (known !== undefined) return known;
    const found = await orMissing(client.ask<{ Config?: ImageDefaults | null }>("GET", `/images/${id}/json`));
    const config = found === null ? null : (found.Config ?? {});
    images.set(id, config);
    return config;
  };

  const hold = async (id: string, name: string, revision: Revision | null): Promise<Held | null> => {
    const inspect = await orMissing(client.ask<Inspect>("GET", `/containers/${id}/json`));
    if (inspect === null) return null;
    return {
      at: performance.now(),
      startedAt: Date.parse(inspect.State.StartedAt),
      running: inspect.State.Running,
      comparison: revision === null ? { foreign: null, configuration: [] } : compare(inspect, revision, await imageOf(inspect.Image), name),
      place: placeOf(inspect, revision?.spec.scratch ?? []),
      hostFiles: [
        ["/etc/hosts", inspect.HostsPath],
        ["/etc/resolv.conf", inspect.ResolvConfPath],
        ["/etc/hostname", inspect.HostnamePath],
      ],
    };
  };

  const filesOf = async (files: Held["hostFiles"]): Promise<Record<string, string>> => {
    const found: Record<string, string> = {};
    for (const [inside, host] of files) {
      const hash = host === "" ? null : await hashOf(host);
      if (hash !== null) found[inside] = hash;
    }
    return found;
  };

  const hashOf = async (path: string): Promise<string | null> => {
    try {
      const { size, ino, ctimeNs } = await stat(path, { bigint: true });
      const stamp = `${size}:${ino}:${ctimeNs}`;
      const known = stamps.get(path);
      if (known?.stamp === stamp) return known.hash;
      const hash = createHash("sha256")
        .update(await readFile(path))
        .digest("hex")
        .slice(0, 16);
      stamps.set(path, { stamp, hash });
      return hash;
    } catch (error) {
      // Gone with its container, or not ours to read.
      if (["ENOENT", "EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) return null;
      throw error;
    }
  };

  const forget = (id: string): null => {
    for (const [, path] of held.get(id)?.hostFiles ?? []) stamps.delete(path);
    held.delete(id);
    layers.delete(id);
    return null;
  };

  const layerOf = async (id: string, held: Held, writable: readonly string[]): Promise<Pick<Layer, "changed" | "more">> => {
    if (held.place === null) return told(client, id, writable);
    try {
      const layer = await readLayer(held.place, layers.get(id) ?? new Map());
      layers.set(id, layer.read);
      return layer;
    } catch (error) {
      if (!["ENOENT", "EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
      return told(client, id, writable);
    }
  };

  const examine: Forensics["examine"] = async ({ id, name, revision, anew }) => {
    const known = held.get(id);
    const fresh = known !== undefined && !anew && performance.now() - known.at < HOLDS_MS;
    const one = fresh ? known : await hold(id, name, revision);
    if (one === null || !one.running) return forget(id);
    held.set(id, one);
    const { changed, more } = await layerOf(id, one, revision?.spec.scratch ?? []);
    const examination: Examination = {
      startedAt: one.startedAt,
      ...one.comparison,
      changed,
      more,
      files: await filesOf(one.hostFiles),
    };
    return examination;
  };

  return { examine };
};

function placeOf({ GraphDriver, Mounts, HostConfig }: Inspect, writable: readonly string[]): LayerPlace | null {
  const upper = GraphDriver?.Name === "overlay2" ? GraphDriver.Data?.["UpperDir"] : undefined;
  if (upper === undefined) return null;
  const lower = (GraphDriver?.Data?.["LowerDir"] ?? "").split(":").filter((path) => path !== "");
  const mounted = [...Mounts.map(({ Destination }) => Destination), ...Object.keys(HostConfig.Tmpfs ?? {})];
  return { upper, lower, writable, stubs: new Set([...ENGINE_STUBS, ...mounted.map(plain)]) };
}

const plain = (path: string): string => path.replace(/\/+$/, "");

const KINDS = ["C", "A", "D"] as const;
const LISTED = 200;

/** What the engine itself tells: paths without contents, so that a second edit of one does not show. Parents of what changed are left out. */
async function told(client: DockerClient, id: string, writable: readonly string[]): Promise<Pick<Layer, "changed" | "more">> {
  const answer = await client.ask<{ readonly Path: string; readonly Kind: 0 | 1 | 2 }[] | null>("GET", `/containers/${id}/changes`);
  const all = (answer ?? []).filter(
    ({ Path }) => !ENGINE_STUBS.includes(Path) && !writable.some((root) => Path === root || Path.startsWith(`${root}/`)),
  );
  const parents = new Set(all.flatMap(({ Path }) => parentsOf(Path)));
  const changed = all
    .filter(({ Path, Kind }) => Kind !== 0 || !parents.has(Path))
    .map(({ Path, Kind }) => ({ path: Path, kind: KINDS[Kind], hash: "" }));
  return { changed: changed.slice(0, LISTED), more: changed.length > LISTED };
}

const parentsOf = (path: string): string[] => {
  const parts = path.split("/").slice(1, -1);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join("/")}`);
};
