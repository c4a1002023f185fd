import type Docker from "dockerode";
import { connectDocker, type DockerAddress } from "./client.ts";
import { LABEL } from "./labels.ts";
import { nameOf } from "./observation.ts";

/** What an engine still has of an installation. */
export interface Remains {
  readonly installation: string;
  /** The home it was run from, as its router's label says; null without a router. */
  readonly home: string | null;
  /** Container name → what it was made from, as its label has it. */
  readonly origins: ReadonlyMap<string, string>;
}

/** Every installation that has containers here, by id. Raises INS3001, INS3007. */
export async function findRemains(address: DockerAddress): Promise<readonly Remains[]> {
  const listed = await connectDocker(address).ask<Docker.ContainerInfo[]>("GET", "/containers/json", {
    query: { all: true, filters: { label: [LABEL.installation] } },
  });
  const found = new Map<string, { home: string | null; origins: Map<string, string> }>();
  for (const container of listed) {
    const id = container.Labels[LABEL.installation] ?? "";
    const one = found.get(id) ?? { home: null, origins: new Map() };
    found.set(id, one);
    one.home = container.Labels[LABEL.home] ?? one.home;
    const origin = container.Labels[LABEL.origin];
    if (origin !== undefined) one.origins.set(nameOf(container), origin);
  }
  return [...found].map(([installation, one]) => ({ installation, ...one })).sort((a, b) => (a.installation < b.installation ? -1 : 1));
}
