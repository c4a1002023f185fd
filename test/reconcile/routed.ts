import type { RoutedService, WantedServer } from "../../src/reconcile/table.ts";
import { type Revision, type ServiceSpec, SPEC_VERSION } from "../../src/spec/types.ts";

/** A revision of shop/`service` whose instances have this content. */
export const revision = (service: string, number: number, spec: ServiceSpec, instanceHash = `${number}`): Revision => ({
  stack: "shop",
  service,
  number,
  specVersion: SPEC_VERSION,
  spec,
  image: { reference: "shop/web:v1", shown: "shop/web:v1", digests: ["sha256:1"], runnable: "sha256:1" },
  volumeNames: {},
  networkNames: {},
  instanceHash,
  revisionHash: `${service}@${number}`,
  createdAt: 0,
  who: "me",
  why: "",
});

/** Its service, as the router carries it. */
export const routed = (revisions: readonly Revision[], more: Partial<RoutedService> = {}): RoutedService => ({
  ...{ revisions, holds: revisions[0]?.number ?? null, replicas: 1, sharedVolumes: new Set<string>(), given: new Map<string, number>() },
  withheld: new Set<number>(),
  ...more,
});

/** An instance of it that takes requests. */
export const served = ({ stack, service, number, instanceHash, spec }: Revision): WantedServer => ({
  ...{ name: `${stack}-${service}-r${number}-1-a1`, stack, service, address: `10.209.0.${number}`, state: "ready", weight: 100 },
  ...{ revision: number, instanceHash, spec },
});
