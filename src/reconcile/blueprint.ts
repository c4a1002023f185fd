import type { Revision } from "../spec/types.ts";
import type { Blueprint } from "./ports.ts";

/** What a revision says of an instance, and what was chosen for this one. Pure: made once to create it, and again to compare with. */
export function blueprintOf(
  revision: Revision,
  own: Pick<Blueprint, "name" | "slot" | "attempt" | "generation">,
  chosen: Pick<Blueprint, "networks" | "slotVolumes" | "files">,
): Blueprint {
  return {
    ...own,
    stack: revision.stack,
    service: revision.service,
    revision: revision.number,
    instanceHash: revision.instanceHash,
    image: revision.image,
    spec: revision.spec,
    volumeNames: revision.volumeNames,
    ...chosen,
  };
}

/** Key and engine name; `default` first, then by name: the first is the one the router uses. */
export const networksInOrder = (revision: Revision): [string, string][] =>
  Object.keys(revision.spec.networks)
    .sort((a, b) => Number(b === "default") - Number(a === "default") || (a < b ? -1 : 1))
    .map((key) => [key, revision.networkNames[key] ?? key]);

/** The names it answers to on one of its networks. */
export const aliasesIn = (revision: Revision, key: string): string[] => [revision.service, ...(revision.spec.networks[key]?.aliases ?? [])];
