import type { Attests, Inspection } from "../../reconcile/attest-engine.ts";
import { compare, type ImageConfig, type Inspect } from "./blueprint-comparison.ts";
import { containerBody } from "./body.ts";
import type { DockerClient } from "./client.ts";
import { orMissing } from "./failure.ts";
import { type Kernel, lacksOf } from "./lacks.ts";
import { changedLower, changedUpper, isWithin, mountPoints } from "./planted.ts";

const KINDS = ["C", "A", "D"] as const;
const SHOWN = 100;

type Change = Inspection["layer"][number];

export const dockerAttests = (client: DockerClient, installation: string): Attests => ({
  async inspectAgainst(blueprint) {
    const found = await orMissing(client.ask<Inspect>("GET", `/containers/${encodeURIComponent(blueprint.name)}/json`));
    if (found === null) return null;
    const image = await orMissing(client.ask<{ Config: ImageConfig | null }>("GET", `/images/${encodeURIComponent(found.Image)}/json`));
    const body = containerBody(blueprint, installation, await client.apiVersion(), found.Config.Image);
    const points = mountPoints(found, blueprint);
    const told = await changes(client, found.Id, points);
    const directories = overlay(found);
    const upper = directories === null ? null : await changedUpper(directories.upper, points);
    const known = new Set(told.map(({ path }) => path));
    const layer = [...told, ...(upper ?? []).filter(({ path }) => !known.has(path))].sort((a, b) => (a.path < b.path ? -1 : 1));
    return {
      id: found.Id,
      image: found.Image,
      differences: compare(found, body, image?.Config ?? null, blueprint, lacksOf(await client.ask<Kernel>("GET", "/info"))),
      layer: layer.slice(0, SHOWN),
      imageLayers: directories === null ? [] : (await changedLower(directories.lower, Date.parse(found.Created))).slice(0, SHOWN),
      onDisk: upper !== null,
    };
  },
});

/** The engine's own list; directories that only lead to something else that changed, or to a mount, are left out. */
async function changes(client: DockerClient, id: string, points: readonly string[]): Promise<Change[]> {
  const listed = await client.ask<{ Path: string; Kind: number }[] | null>("GET", `/containers/${id}/changes`);
  const all = (listed ?? []).map(({ Path, Kind }): Change => ({ kind: KINDS[Kind] ?? "C", path: Path }));
  const parents = new Set(all.flatMap(({ path }) => ancestors(path)));
  return all.filter(({ kind, path }) => !isWithin(path, points) && !(kind === "C" && parents.has(path)));
}

const ancestors = (path: string): string[] =>
  path
    .split("/")
    .slice(1, -1)
    .map((_, index, parts) => `/${parts.slice(0, index + 1).join("/")}`);

/** Where overlay2 keeps the layers (docs.docker.com, overlayfs driver); null for any other driver. */
function overlay(found: Inspect): { readonly upper: string; readonly lower: readonly string[] } | null {
  const { Name, Data } = found.GraphDriver as { Name: string; Data: Record<string, string> | null };
  const upper = Data?.["UpperDir"];
  if (Name !== "overlay2" || upper === undefined) return null;
  // The layer `-init` is the container's own: the engine writes it at create.
  const lower = (Data?.["LowerDir"] ?? "").split(":").filter((path) => path !== "" && !/-init\/diff$/.test(path));
  return { upper, lower };
}
