import type { Inspect } from "./comparison.ts";

interface Overlay {
  readonly upper: string;
  /** Newest first; `image` is without the layer `-init`, which is the container's own: the engine writes it at create. */
  readonly lower: readonly string[];
  readonly image: readonly string[];
}

/** Where overlay2 keeps the layers on the host (docs.docker.com, overlayfs driver); null for any other driver. */
export function overlayOf(found: Pick<Inspect, "GraphDriver">): Overlay | null {
  const { Name, Data } = (found.GraphDriver ?? { Name: "", Data: null }) as { Name: string; Data: Readonly<Record<string, string>> | null };
  const upper = Data?.["UpperDir"];
  if (Name !== "overlay2" || upper === undefined) return null;
  const lower = (Data?.["LowerDir"] ?? "").split(":").filter((path) => path !== "");
  return { upper, lower, image: lower.filter((path) => !path.endsWith("-init/diff")) };
}
